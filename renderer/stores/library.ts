import { toAppError } from '#contract';
import type { AppError, CatalogImage, Fold, Hit, StudioClient } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { useCatalogStore } from './catalog.ts';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';

const PAGE = 200;
const FOUND = 200;
const DEBOUNCE_MS = 200;
/** How many ids one request may name. */
const AT_ONCE = 1000;

/** One picture of the library; `hit` where it was searched for. */
export interface LibraryItem {
  readonly image: CatalogImage;
  readonly hit: Hit | undefined;
}

/** A picture to search by: one of the catalog, or a file that need not be in it. */
export type Like =
  | { readonly kind: 'image'; readonly image: CatalogImage }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array };

/** The catalog's pictures as they are looked through: all, one folder's, or what a search found. */
export const useLibraryStore = defineStore('library', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const catalog = useCatalogStore();
  const rootId = ref<string | null>(null);
  const tag = ref<string | null>(null);
  /** Only images whose every file is gone. */
  const missing = ref(false);
  const words = ref('');
  /** Looks for pictures like this one instead of for words. */
  const like = shallowRef<Like>();
  /** What a search shows once. */
  const fold = ref<Fold>('bytes');
  const images = shallowRef<readonly CatalogImage[]>([]);
  const hits = shallowRef<readonly Hit[]>();
  const next = ref<string | null>(null);
  const loaded = ref(false);
  const busy = ref(false);
  const error = shallowRef<AppError>();
  const selectedId = ref<string | null>(null);
  /** A chosen picture that the list does not hold, such as a duplicate. */
  const beside = shallowRef<CatalogImage>();
  /** Marked pictures, for what is done with several at once. */
  const marked = shallowRef<ReadonlySet<string>>(new Set());
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isSearch = computed(() => words.value.trim() !== '' || like.value !== undefined);
  const items = computed((): readonly LibraryItem[] =>
    hits.value
      ? hits.value.map((hit) => ({ image: hit.image, hit }))
      : images.value.map((image) => ({ image, hit: undefined })),
  );
  const selected = computed((): LibraryItem | undefined => {
    const { value: id } = selectedId;
    const listed = items.value.find(({ image }) => image.imageId === id);
    if (listed) return listed;
    return beside.value?.imageId === id ? { image: beside.value, hit: undefined } : undefined;
  });
  /** What an action is for: the marked pictures, else the chosen one. */
  const targets = computed(() =>
    marked.value.size > 0 ? [...marked.value] : selectedId.value === null ? [] : [selectedId.value],
  );
  const filter = computed(() => ({
    ...(rootId.value === null ? {} : { rootId: rootId.value }),
    ...(tag.value === null ? {} : { tag: tag.value }),
    ...(missing.value ? { missing: true } : {}),
  }));
  /** A folder alone is no filter: its list is read in the order of time. */
  const listed = computed(() =>
    tag.value === null && !missing.value
      ? rootId.value === null
        ? {}
        : { rootId: rootId.value }
      : { filter: filter.value },
  );

  /** Runs one request at a time; an answer that was overtaken is dropped. */
  async function ask(work: (client: StudioClient, mine: () => boolean) => Promise<void>): Promise<void> {
    const own = ++turn;
    busy.value = true;
    try {
      await work(await connection.client(), () => own === turn);
      if (own === turn) error.value = undefined;
    } catch (thrown) {
      if (own === turn) error.value = toAppError(thrown);
    } finally {
      if (own === turn) busy.value = false;
    }
  }

  function query(wanted: Like | undefined) {
    if (!wanted) return { text: words.value };
    return wanted.kind === 'image' ? { imageId: wanted.image.imageId } : { picture: wanted.bytes };
  }

  /** The first page of what is chosen. */
  async function load(): Promise<void> {
    clearTimeout(timer);
    await ask(async (client, mine) => {
      const packId = packs.current?.packId;
      if (isSearch.value && packId !== undefined) {
        const found = await client.catalog.search({
          ...query(like.value),
          k: FOUND,
          packId,
          fold: fold.value,
          ...(Object.keys(filter.value).length > 0 ? { filter: filter.value } : {}),
        });
        if (mine()) hits.value = found.hits;
        return;
      }
      const page = await client.catalog.images({ limit: PAGE, ...listed.value });
      if (!mine()) return;
      images.value = page.items;
      next.value = page.next;
      hits.value = undefined;
      loaded.value = true;
      // What is counted above the list is counted when it is read.
      await catalog.load();
    });
  }

  /** The next page, when the last one comes into sight. */
  async function loadMore(): Promise<void> {
    const after = next.value;
    if (after === null || busy.value || hits.value) return;
    await ask(async (client, mine) => {
      const page = await client.catalog.images({ after, limit: PAGE, ...listed.value });
      if (!mine()) return;
      images.value = [...images.value, ...page.items];
      next.value = page.next;
    });
  }

  watch(words, () => {
    like.value = undefined;
    clearTimeout(timer);
    timer = setTimeout(() => void load(), DEBOUNCE_MS);
  });
  watch([rootId, tag, missing], () => void load());
  watch(fold, () => isSearch.value && void load());
  // New images are at the top: who has scrolled on, or looks through what was found, is not disturbed.
  watch(
    () => catalog.generation,
    () => {
      if (loaded.value && !isSearch.value && images.value.length <= PAGE) void load();
    },
  );

  /** Pictures like this one, best first. */
  function findAlike(wanted: Like): void {
    words.value = '';
    // After the watcher of `words`, which forgets what was looked for before.
    setTimeout(() => {
      like.value = wanted;
      void load();
    });
  }

  function clear(): void {
    words.value = '';
    like.value = undefined;
    void load();
  }

  /** Looks at a picture, whether the list holds it or not. */
  function choose(image: CatalogImage): void {
    beside.value = image;
    selectedId.value = image.imageId;
  }

  function toggleMarked(imageId: string): void {
    const now = new Set(marked.value);
    if (!now.delete(imageId)) now.add(imageId);
    marked.value = now;
  }

  /** Marks all from one item to another, ends included. */
  function markRange(from: number, to: number): void {
    const ids = items.value
      .slice(Math.min(from, to), Math.max(from, to) + 1)
      .map(({ image }) => image.imageId);
    marked.value = new Set([...marked.value, ...ids]);
  }

  function clearMarked(): void {
    marked.value = new Set();
  }

  /** Does something to the targets, a thousand at a time. */
  async function each(work: (client: StudioClient, imageIds: string[]) => Promise<unknown>): Promise<void> {
    const ids = [...targets.value];
    await ask(async (client) => {
      for (let at = 0; at < ids.length; at += AT_ONCE) await work(client, ids.slice(at, at + AT_ONCE));
    });
  }

  /** Tags the targets, or takes a tag off them. */
  async function tagTargets(change: { addTags?: string[]; removeTags?: string[] }): Promise<void> {
    await each((client, imageIds) => client.catalog.tagImages({ imageIds, ...change }));
    if (tag.value !== null) await load();
  }

  /** Takes the targets out of the catalog for good; their files stay. */
  async function removeTargets(): Promise<void> {
    const gone = new Set(targets.value);
    await each((client, imageIds) => client.catalog.removeImages({ imageIds }));
    if (error.value) return;
    images.value = images.value.filter(({ imageId }) => !gone.has(imageId));
    hits.value = hits.value?.filter(({ image }) => !gone.has(image.imageId));
    clearMarked();
    if (selectedId.value !== null && gone.has(selectedId.value)) selectedId.value = null;
    await catalog.load();
  }

  return {
    rootId,
    tag,
    missing,
    words,
    like,
    fold,
    items,
    next,
    loaded,
    busy,
    error,
    isSearch,
    selectedId,
    selected,
    marked,
    targets,
    load,
    loadMore,
    findAlike,
    clear,
    choose,
    toggleMarked,
    markRange,
    clearMarked,
    tagTargets,
    removeTargets,
  };
});
