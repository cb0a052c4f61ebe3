import { toAppError } from '#contract';
import type { AppError, Duplicates, ImageDetail } from '#contract';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';
import { useCatalogStore } from './catalog.ts';
import { useConnectionStore } from './connection.ts';
import { useLibraryStore } from './library.ts';
import { usePacksStore } from './packs.ts';

/** All that the catalog knows of the chosen picture: tags, files, results, and its duplicates by level. */
export const useImageDetailStore = defineStore('image-detail', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const library = useLibraryStore();
  const catalog = useCatalogStore();
  const detail = shallowRef<ImageDetail>();
  const duplicates = shallowRef<Duplicates>();
  const error = shallowRef<AppError>();

  async function load(): Promise<void> {
    const id = library.selectedId;
    const mine = (): boolean => library.selectedId === id;
    error.value = undefined;
    if (id === null) return;
    try {
      const client = await connection.client();
      const found = await client.catalog.detail({ imageId: id });
      if (mine()) detail.value = found;
      const packId = packs.current?.packId;
      if (packId === undefined) return;
      const alike = await client.catalog.duplicates({ imageId: id, packId });
      if (mine()) duplicates.value = alike;
    } catch (thrown) {
      if (mine()) error.value = toAppError(thrown);
    }
  }

  watch(
    () => library.selectedId,
    () => {
      detail.value = undefined;
      duplicates.value = undefined;
      void load();
    },
    { immediate: true },
  );
  watch(
    () => catalog.generation,
    () => void load(),
  );

  /** Tags the chosen picture alone, whatever is marked. */
  async function tag(change: { addTags?: string[]; removeTags?: string[] }): Promise<void> {
    const imageId = library.selectedId;
    if (imageId === null) return;
    try {
      const client = await connection.client();
      await client.catalog.tagImages({ imageIds: [imageId], ...change });
      await load();
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  return { detail, duplicates, error, load, tag };
});
