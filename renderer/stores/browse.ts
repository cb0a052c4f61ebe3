import { toAppError } from '#contract';
import type { AppError, GalleryFacets, GalleryPair, StudioClient } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { readQuery } from '../features/gallery/query.ts';
import { useConnectionStore } from './connection.ts';
import { useGalleryStore } from './gallery.ts';
import { usePacksStore } from './packs.ts';
import { makePairActions } from './pair-actions.ts';
import { FIRST, PAGE, makePairPages } from './pair-pages.ts';
import { useToastStore } from './toast.ts';

export const VIEWS = ['all', 'starred', 'bin'] as const;
export type View = (typeof VIEWS)[number];
const FOUND = 200;
const DEBOUNCE_MS = 180;
/** Pairs of one window at most. */
const AT_A_LOOK = 500;

/** What the gallery is searched by: words and filters, how a picture looks in words, or a picture of a pair. */
export type Look = { readonly kind: 'words' } | { readonly kind: 'image'; readonly imageId: string };

/** The gallery as it is looked through: what is searched for, what is marked, and what is done with it. */
export const useBrowseStore = defineStore('browse', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const gallery = useGalleryStore();
  const toast = useToastStore();

  const query = ref('');
  const view = ref<View>('all');
  /** Set: the search is by look, best first, instead of by words in the order of time. */
  const look = shallowRef<Look>();
  const pages = makePairPages();
  const { at, total, all: loadedPairs } = pages;
  /** One tile for each run instead of for each pair. */
  const grouped = ref(false);
  /** The run that is looked into: the pair that stood for it. */
  const run = shallowRef<GalleryPair>();
  const facets = shallowRef<GalleryFacets>();
  const loaded = ref(false);
  const busy = ref(false);
  const error = shallowRef<AppError>();
  /** Marked pairs, for what is done with several at once. */
  const marked = shallowRef<ReadonlySet<string>>(new Set());
  /** Place of the pair that is looked at; -1 for none. */
  const place = ref(-1);
  let fetching = false;
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const active = computed(() => at(place.value));
  const filter = computed(() => ({
    ...readQuery(query.value),
    ...(view.value === 'starred' ? { starred: true } : {}),
    deleted: view.value === 'bin',
  }));
  /** What an action is for: the marked pairs, else the one that is looked at. */
  const targets = computed(() =>
    marked.value.size > 0 ? [...marked.value] : active.value ? [active.value.pairId] : [],
  );

  /** False when it failed; `error` says why. */
  async function attempt(work: (client: StudioClient) => Promise<void>): Promise<boolean> {
    try {
      await work(await connection.client());
      error.value = undefined;
      return true;
    } catch (thrown) {
      error.value = toAppError(thrown);
      return false;
    }
  }

  /** What every window of this search is asked with. */
  const wanted = () => ({
    filter: filter.value,
    ...(run.value ? { run: run.value.pairId } : { grouped: grouped.value }),
  });

  /** Pages [first, last); an answer that was overtaken by another search is dropped. */
  async function loadPages(first: number, last: number): Promise<void> {
    const mine = turn;
    await attempt(async (client) => {
      const found = await client.gallery.window({
        offset: first * PAGE,
        limit: (last - first) * PAGE,
        ...wanted(),
      });
      if (mine === turn) pages.keep(first, found);
    });
  }

  /**
   * Fetches what is in sight: places [first, last), from anywhere in the gallery. While something is fetched only the newest
   * place counts, so that a scrollbar that is dragged over a million pairs asks for few of them.
   */
  async function show(first: number, last: number): Promise<void> {
    pages.sight(first, last);
    if (fetching || look.value) return;
    fetching = true;
    try {
      for (let next = pages.next(); next && !look.value; next = pages.next()) {
        error.value = undefined;
        await loadPages(...next);
        if (error.value) return;
      }
    } finally {
      fetching = false;
    }
  }

  /** Everything in sight again, from the host. */
  async function load(): Promise<void> {
    clearTimeout(timer);
    const mine = ++turn;
    busy.value = true;
    if (look.value) await loadLook(look.value, mine);
    else {
      await attempt(async (client) => {
        const first = Math.floor(pages.inSight()[0] / PAGE);
        const found = await client.gallery.window({ offset: first * PAGE, limit: FIRST, ...wanted() });
        if (mine !== turn) return;
        pages.empty();
        pages.keep(first, found);
      });
      if (mine === turn) await show(...pages.inSight());
    }
    if (mine === turn) {
      loaded.value = true;
      busy.value = false;
      if (place.value >= total.value) place.value = total.value - 1;
    }
    await loadFacets();
  }

  /** Finds results by look; the words are what they show, not what was asked for when they were made. */
  async function loadLook(by: Look, mine: number): Promise<void> {
    const packId = packs.current?.packId;
    const words = query.value.trim();
    if (packId === undefined || (by.kind === 'words' && words === '')) {
      pages.fill([]);
      return;
    }
    await attempt(async (client) => {
      const { hits } = await client.catalog.search({
        ...(by.kind === 'words' ? { text: words } : { imageId: by.imageId }),
        k: FOUND,
        packId,
        filter: { own: true },
      });
      const { pairs } = await client.gallery.ofImages({ imageIds: hits.map(({ image }) => image.imageId) });
      if (mine === turn) pages.fill(pairs);
    });
  }

  async function loadFacets(): Promise<void> {
    await attempt(async (client) => {
      facets.value = await client.gallery.facets({});
    });
  }

  function restart(): void {
    pages.toStart();
    place.value = -1;
  }

  watch(query, () => {
    clearTimeout(timer);
    restart();
    run.value = undefined;
    if (look.value?.kind === 'image') look.value = undefined;
    timer = setTimeout(() => void load(), DEBOUNCE_MS);
  });
  watch(view, () => {
    marked.value = new Set();
    look.value = undefined;
    run.value = undefined;
    restart();
    void load();
  });

  // A pair that is in sight got its other half.
  watch(
    () => gallery.renewed,
    (pair) => {
      if (!pair || !loadedPairs.value.some(({ pairId }) => pairId === pair.pairId)) return;
      const { pairId, results } = pair;
      pages.change((item) => (item.pairId === pairId ? { ...item, results } : item));
    },
  );

  /** Searches by look, or by words again. */
  function lookBy(by: Look | undefined): void {
    look.value = by;
    run.value = undefined;
    restart();
    void load();
  }

  /** Shows each run once, or every pair. */
  function group(on: boolean): void {
    grouped.value = on;
    run.value = undefined;
    look.value = undefined;
    restart();
    void load();
  }

  /** Looks into the run of a pair, or out of it again. */
  function showRun(pair: GalleryPair | undefined): void {
    run.value = pair;
    clearMarked();
    restart();
    void load();
  }

  /** How many pairs the tile stands for. */
  const countOf = (pairId: string): number =>
    grouped.value && !run.value && !look.value ? pages.countOf(pairId) : 1;

  /** Ids of the pairs at these places, ends included; a place that stands for a run gives all of its pairs. */
  async function idsBetween(
    first: number,
    last: number,
    areRuns = grouped.value && run.value === undefined,
  ): Promise<string[]> {
    if (look.value)
      return Array.from({ length: last - first + 1 }, (_, i) => at(first + i)?.pairId ?? '').filter(Boolean);
    const ids: string[] = [];
    await attempt(async (client) => {
      const all = async (change: { run?: string; grouped?: boolean }, from: number, to: number) => {
        const found: GalleryPair[] = [];
        const sizes: number[] = [];
        for (let offset = from; offset <= to; offset += AT_A_LOOK) {
          const limit = Math.min(AT_A_LOOK, to - offset + 1);
          const part = await client.gallery.window({ filter: filter.value, ...change, offset, limit });
          found.push(...part.items);
          sizes.push(...(part.counts ?? []));
          if (part.items.length < limit) break;
        }
        return { found, sizes };
      };
      if (!areRuns) {
        const within: { run?: string } = run.value ? { run: run.value.pairId } : {};
        for (const { pairId } of (await all(within, first, last)).found) ids.push(pairId);
        return;
      }
      const { found, sizes } = await all({ grouped: true }, first, last);
      for (const [i, { pairId }] of found.entries())
        for (const pair of (await all({ run: pairId }, 0, (sizes[i] ?? 1) - 1)).found) ids.push(pair.pairId);
    });
    return ids;
  }

  /** Marks the pair at a place, or unmarks it; with its whole run where it stands for one. */
  async function toggleMarked(index: number): Promise<void> {
    const pair = at(index);
    if (!pair) return;
    const ids = countOf(pair.pairId) > 1 ? await idsBetween(index, index) : [pair.pairId];
    const now = new Set(marked.value);
    const on = !now.has(pair.pairId);
    for (const id of ids) {
      if (on) now.add(id);
      else now.delete(id);
    }
    marked.value = now;
  }

  /** Marks all from one place to another, ends included; what is not there yet is fetched. */
  async function markRange(from: number, to: number): Promise<void> {
    const ids = await idsBetween(Math.min(from, to), Math.max(from, to));
    marked.value = new Set([...marked.value, ...ids]);
  }

  /** Marks everything that fits. Runs make no difference to that. */
  async function markAll(): Promise<void> {
    const last = look.value || !grouped.value || run.value ? total.value - 1 : Number.MAX_SAFE_INTEGER;
    marked.value = new Set(await idsBetween(0, last, false));
  }

  function clearMarked(): void {
    marked.value = new Set();
  }

  const actions = makePairActions({
    attempt,
    targets: () => [...targets.value],
    loaded: () => loadedPairs.value,
    change: pages.change,
    unmark(ids) {
      if (ids) marked.value = new Set([...marked.value].filter((id) => !ids.has(id)));
      else clearMarked();
    },
    load,
    loadFacets,
    gallery,
    toast,
  });

  return {
    query,
    view,
    look,
    total,
    grouped,
    run,
    group,
    showRun,
    countOf,
    facets,
    loaded,
    busy,
    error,
    marked,
    place,
    active,
    targets,
    loadedPairs,
    at,
    show,
    load,
    lookBy,
    toggleMarked,
    markRange,
    markAll,
    clearMarked,
    ...actions,
  };
});
