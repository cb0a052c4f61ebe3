import { toAppError } from '#contract';
import type { AppError, GalleryFacets, GalleryPair, StudioClient } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { readQuery } from '../features/gallery/query.ts';
import { t } from '../strings/index.ts';
import { useConnectionStore } from './connection.ts';
import { useGalleryStore } from './gallery.ts';
import { useToastStore } from './toast.ts';

export const VIEWS = ['all', 'starred', 'bin'] as const;
export type View = (typeof VIEWS)[number];
const PAGE = 200;
const DEBOUNCE_MS = 180;

/** The gallery as it is looked through: what is searched for, what is marked, and what is done with it. */
export const useBrowseStore = defineStore('browse', () => {
  const connection = useConnectionStore();
  const gallery = useGalleryStore();
  const toast = useToastStore();

  const query = ref('');
  const view = ref<View>('all');
  const pairs = shallowRef<readonly GalleryPair[]>([]);
  const next = ref<string | null>(null);
  const facets = shallowRef<GalleryFacets>();
  const loaded = ref(false);
  const busy = ref(false);
  const error = shallowRef<AppError>();
  /** Marked pairs, for what is done with several at once. */
  const marked = shallowRef<ReadonlySet<string>>(new Set());
  const activeId = ref<string | null>(null);
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const active = computed(() => pairs.value.find(({ pairId }) => pairId === activeId.value));
  const filter = computed(() => ({
    ...readQuery(query.value),
    ...(view.value === 'starred' ? { starred: true } : {}),
    deleted: view.value === 'bin',
  }));
  /** What an action is for: the marked pairs, else the one that is looked at. */
  const targets = computed(() =>
    marked.value.size > 0 ? [...marked.value] : activeId.value === null ? [] : [activeId.value],
  );

  async function attempt(work: (client: StudioClient) => Promise<void>): Promise<void> {
    try {
      await work(await connection.client());
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** The first page of what is asked for; an answer that was overtaken is dropped. */
  async function load(): Promise<void> {
    clearTimeout(timer);
    const mine = ++turn;
    busy.value = true;
    await attempt(async (client) => {
      const page = await client.gallery.browse({ limit: PAGE, filter: filter.value });
      if (mine !== turn) return;
      pairs.value = page.items;
      next.value = page.next;
      loaded.value = true;
      const there = new Set(page.items.map(({ pairId }) => pairId));
      marked.value = new Set([...marked.value].filter((id) => there.has(id)));
    });
    if (mine === turn) busy.value = false;
    await loadFacets();
  }

  async function loadMore(): Promise<void> {
    const after = next.value;
    if (after === null || busy.value) return;
    const mine = turn;
    busy.value = true;
    await attempt(async (client) => {
      const page = await client.gallery.browse({ after, limit: PAGE, filter: filter.value });
      if (mine !== turn) return;
      pairs.value = [...pairs.value, ...page.items];
      next.value = page.next;
    });
    if (mine === turn) busy.value = false;
  }

  async function loadFacets(): Promise<void> {
    await attempt(async (client) => {
      facets.value = await client.gallery.facets({});
    });
  }

  watch(query, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void load(), DEBOUNCE_MS);
  });
  watch(view, () => {
    marked.value = new Set();
    void load();
  });

  function toggleMarked(pairId: string): void {
    const now = new Set(marked.value);
    if (!now.delete(pairId)) now.add(pairId);
    marked.value = now;
  }

  /** Marks all from one item to another, ends included. */
  function markRange(from: number, to: number): void {
    const ids = pairs.value.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ pairId }) => pairId);
    marked.value = new Set([...marked.value, ...ids]);
  }

  function clearMarked(): void {
    marked.value = new Set();
  }

  async function mark(change: {
    starred?: boolean;
    addTags?: string[];
    removeTags?: string[];
  }): Promise<void> {
    const pairIds = [...targets.value];
    if (pairIds.length === 0) return;
    await attempt(async (client) => {
      const changed = new Map(
        (await client.gallery.mark({ pairIds, ...change })).pairs.map((pair) => [pair.pairId, pair]),
      );
      pairs.value = pairs.value.map((pair) => changed.get(pair.pairId) ?? pair);
    });
    await loadFacets();
  }

  /** Stars the targets, or takes their stars when all have one. */
  function toggleStar(): Promise<void> {
    const wanted = new Set(targets.value);
    const all = pairs.value.filter(({ pairId }) => wanted.has(pairId));
    return mark({ starred: !all.every(({ starred }) => starred) });
  }

  /** Puts the targets into the bin, with a way back. */
  async function remove(): Promise<void> {
    const pairIds = [...targets.value];
    if (pairIds.length === 0) return;
    const at = pairs.value.findIndex(({ pairId }) => pairId === activeId.value);
    await attempt(async (client) => {
      const gone = (await client.gallery.remove({ pairIds })).pairIds;
      drop(gone, at);
      await gallery.load();
      toast.show({ text: t.gallery.binned(gone.length), undo: () => void restore(gone) });
    });
    await loadFacets();
  }

  async function restore(pairIds: readonly string[]): Promise<void> {
    await attempt(async (client) => {
      await client.gallery.restore({ pairIds: [...pairIds] });
    });
    await Promise.all([load(), gallery.load()]);
  }

  /** Deletes for good what is in the bin; without ids all of it. */
  async function purge(pairIds?: readonly string[]): Promise<void> {
    await attempt(async (client) => {
      await client.gallery.purge(pairIds ? { pairIds: [...pairIds] } : {});
    });
    await load();
  }

  /** Takes pairs out of the list; the next one becomes the active one. */
  function drop(ids: readonly string[], at: number): void {
    const gone = new Set(ids);
    pairs.value = pairs.value.filter(({ pairId }) => !gone.has(pairId));
    gallery.forget(gone);
    marked.value = new Set([...marked.value].filter((id) => !gone.has(id)));
    if (activeId.value !== null && gone.has(activeId.value)) {
      activeId.value = pairs.value[Math.min(Math.max(0, at), pairs.value.length - 1)]?.pairId ?? null;
    }
  }

  return {
    query,
    view,
    pairs,
    next,
    facets,
    loaded,
    busy,
    error,
    marked,
    activeId,
    active,
    targets,
    load,
    loadMore,
    toggleMarked,
    markRange,
    clearMarked,
    mark,
    toggleStar,
    remove,
    restore,
    purge,
  };
});
