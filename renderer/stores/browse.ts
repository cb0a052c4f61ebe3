/**
 * The gallery's list. More than 400 lines: what is asked for, the pages that came, the marks and what is done with them share
 * their state, and a search that is overtaken must be dropped in all of them alike.
 */
import { EXPORT_MOST, toAppError } from '#contract';
import type {
  AppError,
  Arm,
  ExportPairs,
  GalleryFacets,
  GalleryPair,
  GalleryWindow,
  StudioClient,
} from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { readQuery } from '../features/gallery/query.ts';
import { t } from '../strings/index.ts';
import { useConnectionStore } from './connection.ts';
import { useGalleryStore } from './gallery.ts';
import { usePacksStore } from './packs.ts';
import { useToastStore } from './toast.ts';

export const VIEWS = ['all', 'starred', 'bin'] as const;
export type View = (typeof VIEWS)[number];
/** Few, so that a jump waits for hardly more than what is in sight there. */
const PAGE = 12;
/** Pages that are kept around what is looked at. */
const KEPT = 200;
/** Places that are asked for at the start, before it is known how many are in sight. */
const FIRST = 60;
/** Pages that are fetched beyond what is in sight, on the way that it goes. */
const AHEAD = 5;
const FOUND = 200;
const DEBOUNCE_MS = 180;
/** How many pairs one request may name. */
const AT_ONCE = 1000;
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
  const total = ref(0);
  /** One tile for each run instead of for each pair. */
  const grouped = ref(false);
  /** The run that is looked into: the pair that stood for it. */
  const run = shallowRef<GalleryPair>();
  /** Pairs of a run, by the pair that stands for it. */
  const counts = new Map<string, number>();
  /** Pages by number, in the order in which they were last asked for. */
  const pages = shallowRef<ReadonlyMap<number, readonly GalleryPair[]>>(new Map());
  const facets = shallowRef<GalleryFacets>();
  const loaded = ref(false);
  const busy = ref(false);
  const error = shallowRef<AppError>();
  /** Marked pairs, for what is done with several at once. */
  const marked = shallowRef<ReadonlySet<string>>(new Set());
  /** Place of the pair that is looked at; -1 for none. */
  const place = ref(-1);
  let fetching = false;
  let seen: readonly [number, number] = [0, FIRST];
  /** Which way what is in sight moves, page by page; 0 after a jump. */
  let way: -1 | 0 | 1 = 0;
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const at = (index: number): GalleryPair | undefined =>
    pages.value.get(Math.floor(index / PAGE))?.[index % PAGE];
  const active = computed(() => at(place.value));
  const loadedPairs = computed(() => [...pages.value.values()].flat());
  const filter = computed(() => ({
    ...readQuery(query.value),
    ...(view.value === 'starred' ? { starred: true } : {}),
    deleted: view.value === 'bin',
  }));
  /** What an action is for: the marked pairs, else the one that is looked at. */
  const targets = computed(() =>
    marked.value.size > 0 ? [...marked.value] : active.value ? [active.value.pairId] : [],
  );

  async function attempt(work: (client: StudioClient) => Promise<void>): Promise<void> {
    try {
      await work(await connection.client());
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** What every window of this search is asked with. */
  const wanted = () => ({
    filter: filter.value,
    ...(run.value ? { run: run.value.pairId } : { grouped: grouped.value }),
  });

  function count(found: GalleryWindow): void {
    found.counts?.forEach((n, i) => {
      const item = found.items[i];
      if (item) counts.set(item.pairId, n);
    });
  }

  /** Takes in what was found from page `first` on. */
  function keep(first: number, found: GalleryWindow): void {
    count(found);
    total.value = found.total;
    const now = new Map(pages.value);
    for (let i = 0; i * PAGE < found.items.length; i++) {
      now.delete(first + i);
      now.set(first + i, found.items.slice(i * PAGE, (i + 1) * PAGE));
    }
    for (const oldest of now.keys()) {
      if (now.size <= KEPT) break;
      now.delete(oldest);
    }
    pages.value = now;
  }

  /** Pages [first, last); an answer that was overtaken by another search is dropped. */
  async function loadPages(first: number, last: number): Promise<void> {
    const mine = turn;
    await attempt(async (client) => {
      const found = await client.gallery.window({
        offset: first * PAGE,
        limit: (last - first) * PAGE,
        ...wanted(),
      });
      if (mine === turn) keep(first, found);
    });
  }

  /** The pages of [first, last) that are not there, with what is between them. */
  function missing(first: number, last: number): readonly [number, number] | undefined {
    const lacks = (page: number): boolean => !pages.value.has(page);
    const end = Math.min(last, Math.ceil(total.value / PAGE));
    const all = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i).filter(lacks);
    const [from, to] = [all[0], all.at(-1)];
    return from === undefined || to === undefined ? undefined : [from, to + 1];
  }

  /** What is to be fetched next: what is in sight, then, while it moves, what comes into sight, before it is needed. */
  function wantedPages(): readonly [number, number] | undefined {
    const [first, last] = [Math.floor(seen[0] / PAGE), Math.ceil(seen[1] / PAGE)];
    const inSight = missing(first, last);
    if (inSight || way === 0) return inSight;
    const isNear = way > 0 ? missing(last, last + 2) : missing(Math.max(0, first - 2), first);
    if (!isNear) return undefined;
    return way > 0 ? missing(last, last + AHEAD) : missing(Math.max(0, first - AHEAD), first);
  }

  /**
   * Fetches what is in sight: places [first, last), from anywhere in the gallery. While something is fetched only the newest
   * place counts, so that a scrollbar that is dragged over a million pairs asks for few of them.
   */
  async function show(first: number, last: number): Promise<void> {
    const meets = first < seen[1] && last > seen[0];
    way = !meets || first === seen[0] ? 0 : first > seen[0] ? 1 : -1;
    seen = [first, last];
    if (fetching || look.value) return;
    fetching = true;
    try {
      for (let next = wantedPages(); next && !look.value; next = wantedPages()) {
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
        const first = Math.floor(seen[0] / PAGE);
        const found = await client.gallery.window({ offset: first * PAGE, limit: FIRST, ...wanted() });
        if (mine !== turn) return;
        pages.value = new Map();
        keep(first, found);
      });
      if (mine === turn) await show(...seen);
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
      total.value = 0;
      pages.value = new Map();
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
      if (mine !== turn) return;
      total.value = pairs.length;
      pages.value = new Map(
        Array.from({ length: Math.ceil(pairs.length / PAGE) }, (_, i) => [
          i,
          pairs.slice(i * PAGE, (i + 1) * PAGE),
        ]),
      );
    });
  }

  async function loadFacets(): Promise<void> {
    await attempt(async (client) => {
      facets.value = await client.gallery.facets({});
    });
  }

  function restart(): void {
    seen = [0, FIRST];
    way = 0;
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
      pages.value = new Map(
        [...pages.value].map(([page, items]) => [
          page,
          items.map((item) => (item.pairId === pairId ? { ...item, results } : item)),
        ]),
      );
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
    grouped.value && !run.value && !look.value ? (counts.get(pairId) ?? 1) : 1;

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

  /** The targets, as many at once as one request may name. */
  function batches(ids: readonly string[], size = AT_ONCE): string[][] {
    return Array.from({ length: Math.ceil(ids.length / size) }, (_, i) =>
      ids.slice(i * size, (i + 1) * size),
    );
  }

  async function mark(change: {
    starred?: boolean;
    addTags?: string[];
    removeTags?: string[];
  }): Promise<void> {
    const ids = [...targets.value];
    await attempt(async (client) => {
      for (const pairIds of batches(ids)) {
        const changed = new Map(
          (await client.gallery.mark({ pairIds, ...change })).pairs.map((pair) => [pair.pairId, pair]),
        );
        pages.value = new Map(
          [...pages.value].map(([page, items]) => [page, items.map((p) => changed.get(p.pairId) ?? p)]),
        );
      }
    });
    await loadFacets();
  }

  /** Stars the targets, or takes their stars when all have one. */
  function toggleStar(): Promise<void> {
    const meant = new Set(targets.value);
    const all = loadedPairs.value.filter(({ pairId }) => meant.has(pairId));
    return mark({ starred: !all.every(({ starred }) => starred) });
  }

  /** Puts the targets into the bin, with a way back. */
  async function remove(): Promise<void> {
    const ids = [...targets.value];
    if (ids.length === 0) return;
    const gone: string[] = [];
    await attempt(async (client) => {
      for (const pairIds of batches(ids)) gone.push(...(await client.gallery.remove({ pairIds })).pairIds);
      toast.show({ text: t.gallery.binned(gone.length), undo: () => void restore(gone) });
    });
    const away = new Set(gone);
    gallery.forget(away);
    marked.value = new Set([...marked.value].filter((id) => !away.has(id)));
    await Promise.all([load(), gallery.load()]);
  }

  /** Puts one picture of a pair into the bin, with a way back. */
  async function removeHalf(pairId: string, arm: Arm): Promise<void> {
    await attempt(async (client) => {
      const half = await client.gallery.removeHalf({ pairId, arm });
      toast.show({ text: t.gallery.halfBinned(t.arms[arm]), undo: () => void restore([half.pairId]) });
      await gallery.addDone(pairId);
    });
    await loadFacets();
  }

  async function restore(ids: readonly string[]): Promise<void> {
    await attempt(async (client) => {
      for (const pairIds of batches(ids))
        for (const back of (await client.gallery.restore({ pairIds })).pairIds)
          // A half has gone back into a pair that is here.
          if (gallery.byId.has(back)) await gallery.addDone(back);
    });
    clearMarked();
    await Promise.all([load(), gallery.load()]);
  }

  /** Deletes for good what is in the bin; without ids all of it. */
  async function purge(ids?: readonly string[]): Promise<void> {
    await attempt(async (client) => {
      if (!ids) await client.gallery.purge({});
      else for (const pairIds of batches(ids)) await client.gallery.purge({ pairIds });
    });
    clearMarked();
    await load();
  }

  /** Hands the targets out as files: one, or archives of at most fifty pairs each. */
  async function exportTargets(
    choices: Omit<ExportPairs, 'pairIds'>,
    hand: (name: string, type: string, bytes: Uint8Array) => void,
  ): Promise<boolean> {
    const parts = batches(targets.value, EXPORT_MOST);
    await attempt(async (client) => {
      for (const [i, pairIds] of parts.entries()) {
        const made = await client.gallery.export({ pairIds, ...choices });
        const name = parts.length > 1 ? made.name.replace(/(\.\w+)$/, `-${i + 1}$1`) : made.name;
        hand(name, made.type, made.bytes);
      }
    });
    return error.value === undefined;
  }

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
    mark,
    toggleStar,
    remove,
    removeHalf,
    restore,
    purge,
    exportTargets,
  };
});
