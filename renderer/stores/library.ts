import { toAppError } from '#contract';
import type { AppError, CatalogImage, Hit } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { useCatalogStore } from './catalog.ts';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';

const PAGE = 200;
const FOUND = 200;
const DEBOUNCE_MS = 200;

/** One picture of the library; `hit` where it was searched for. */
export interface LibraryItem {
  readonly image: CatalogImage;
  readonly hit: Hit | undefined;
}

/** The catalog's pictures as they are looked through: all, one folder's, or what a search found. */
export const useLibraryStore = defineStore('library', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const catalog = useCatalogStore();
  const rootId = ref<string | null>(null);
  const words = ref('');
  /** Looks for pictures like this one instead of for words. */
  const like = shallowRef<CatalogImage>();
  const images = shallowRef<readonly CatalogImage[]>([]);
  const hits = shallowRef<readonly Hit[]>();
  const next = ref<string | null>(null);
  const loaded = ref(false);
  const busy = ref(false);
  const error = shallowRef<AppError>();
  const selectedId = ref<string | null>(null);
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isSearch = computed(() => words.value.trim() !== '' || like.value !== undefined);
  const items = computed((): readonly LibraryItem[] =>
    hits.value
      ? hits.value.map((hit) => ({ image: hit.image, hit }))
      : images.value.map((image) => ({ image, hit: undefined })),
  );
  const selected = computed(() => items.value.find(({ image }) => image.imageId === selectedId.value));

  /** Runs one request at a time; an answer that was overtaken is dropped. */
  async function ask(work: (mine: () => boolean) => Promise<void>): Promise<void> {
    const own = ++turn;
    busy.value = true;
    try {
      await work(() => own === turn);
      if (own === turn) error.value = undefined;
    } catch (thrown) {
      if (own === turn) error.value = toAppError(thrown);
    } finally {
      if (own === turn) busy.value = false;
    }
  }

  /** The first page of what is chosen. */
  async function load(): Promise<void> {
    clearTimeout(timer);
    await ask(async (mine) => {
      const client = await connection.client();
      const packId = packs.current?.packId;
      if (isSearch.value && packId !== undefined) {
        const what = like.value ? { imageId: like.value.imageId } : { text: words.value };
        const found = await client.catalog.search({ ...what, k: FOUND, packId });
        if (mine()) hits.value = found.hits;
        return;
      }
      const page = await client.catalog.images({
        limit: PAGE,
        ...(rootId.value === null ? {} : { rootId: rootId.value }),
      });
      if (!mine()) return;
      images.value = page.items;
      next.value = page.next;
      hits.value = undefined;
      loaded.value = true;
    });
  }

  /** The next page, when the last one comes into sight. */
  async function loadMore(): Promise<void> {
    const after = next.value;
    if (after === null || busy.value || hits.value) return;
    await ask(async (mine) => {
      const client = await connection.client();
      const page = await client.catalog.images({
        after,
        limit: PAGE,
        ...(rootId.value === null ? {} : { rootId: rootId.value }),
      });
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
  watch(rootId, () => void load());
  // New images are at the top: who has scrolled on, or looks through what was found, is not disturbed.
  watch(
    () => catalog.generation,
    () => {
      if (loaded.value && !isSearch.value && images.value.length <= PAGE) void load();
    },
  );

  /** Pictures like this one, best first. */
  function findAlike(image: CatalogImage): void {
    words.value = '';
    // After the watcher of `words`, which forgets what was looked for before.
    setTimeout(() => {
      like.value = image;
      void load();
    });
  }

  function clear(): void {
    words.value = '';
    like.value = undefined;
    void load();
  }

  return {
    rootId,
    words,
    like,
    items,
    next,
    loaded,
    busy,
    error,
    isSearch,
    selectedId,
    selected,
    load,
    loadMore,
    findAlike,
    clear,
  };
});
