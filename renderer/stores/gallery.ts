import { toAppError } from '#contract';
import type { AppError, Pair, Recipe } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';
import { useViewerStore } from './viewer.ts';

const PAGE = 60;
/** Pairs and recipes that the page holds after a long day; older ones are read from the host again. */
const KEPT_PAIRS = 4 * PAGE;
const KEPT_RECIPES = 200;

/** Pairs that were made, newest first, and their recipes on demand. */
export const useGalleryStore = defineStore('gallery', () => {
  const connection = useConnectionStore();
  const viewer = useViewerStore();
  const pairs = shallowRef<readonly Pair[]>([]);
  const next = ref<string | null>(null);
  const loaded = ref(false);
  const loading = ref(false);
  const error = shallowRef<AppError>();
  /** The pair that was fetched last because it has changed. */
  const renewed = shallowRef<Pair>();
  const recipes = shallowReactive(new Map<string, Recipe>());

  const byId = computed(() => new Map(pairs.value.map((pair) => [pair.pairId, pair])));

  /** The first page; what further pages brought is kept below it. */
  async function load(): Promise<void> {
    await get(async (client) => {
      const page = await client.gallery.list({ limit: PAGE });
      const first = new Set(page.items.map(({ pairId }) => pairId));
      const rest = pairs.value.filter(({ pairId }) => !first.has(pairId));
      pairs.value = [...page.items, ...rest];
      if (!loaded.value) next.value = page.next;
      loaded.value = true;
    });
  }

  async function loadMore(): Promise<void> {
    const after = next.value;
    if (after === null || loading.value) return;
    await get(async (client) => {
      const page = await client.gallery.list({ after, limit: PAGE });
      const have = byId.value;
      pairs.value = [...pairs.value, ...page.items.filter(({ pairId }) => !have.has(pairId))];
      next.value = page.next;
    });
  }

  /** Fetches a pair that has just been finished, got its other half or lost one. */
  async function addDone(pairId: string | null): Promise<void> {
    if (pairId === null) return;
    await get(async (client) => {
      const pair = await client.gallery.pair({ pairId });
      renewed.value = pair;
      if (byId.value.has(pairId)) {
        pairs.value = pairs.value.map((old) => (old.pairId === pairId ? pair : old));
        return;
      }
      pairs.value = [pair, ...pairs.value].sort((a, b) => b.createdAt - a.createdAt);
      if (pairs.value.length <= KEPT_PAIRS) return;
      const first = await client.gallery.list({ limit: PAGE });
      // What is looked at stays, however old it is.
      const looked = [viewer.pairId, viewer.beside?.pairId];
      const fresh = new Set(first.items.map((item) => item.pairId));
      const old = pairs.value.filter((item) => looked.includes(item.pairId) && !fresh.has(item.pairId));
      pairs.value = [...first.items, ...old];
      next.value = first.next;
    });
  }

  /** The recipe of one image, from here or from the host. Rejects when the host has none. */
  async function recipe(imageId: string): Promise<Recipe> {
    const known = recipes.get(imageId);
    if (known) return known;
    const client = await connection.client();
    const found = await client.gallery.recipe({ imageId });
    recipes.set(imageId, found);
    const oldest = recipes.keys().next();
    if (recipes.size > KEPT_RECIPES && !oldest.done) recipes.delete(oldest.value);
    return found;
  }

  /** Takes in pairs that another list brought, so that they can be looked at. */
  function keep(more: readonly Pair[]): void {
    const have = byId.value;
    const fresh = more.filter(({ pairId }) => !have.has(pairId));
    if (fresh.length === 0) return;
    pairs.value = [...pairs.value, ...fresh].sort((a, b) => b.createdAt - a.createdAt);
  }

  /** Forgets pairs that are not there any more. */
  function forget(ids: ReadonlySet<string>): void {
    pairs.value = pairs.value.filter(({ pairId }) => !ids.has(pairId));
  }

  async function get(
    work: (client: Awaited<ReturnType<typeof connection.client>>) => Promise<void>,
  ): Promise<void> {
    loading.value = true;
    try {
      await work(await connection.client());
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      loading.value = false;
    }
  }

  return {
    recipes,
    pairs,
    next,
    loaded,
    loading,
    error,
    byId,
    renewed,
    load,
    loadMore,
    addDone,
    recipe,
    keep,
    forget,
  };
});
