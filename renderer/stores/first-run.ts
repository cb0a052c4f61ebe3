import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { loadExample } from '../features/compose/example.ts';
import { useCatalogStore } from './catalog.ts';
import { useJobsStore } from './jobs.ts';
import { usePacksStore } from './packs.ts';
import { useSamplesStore } from './samples.ts';

/** The way from an empty studio to a finished pair: reads the sample pictures, writes the example, generates. */
export const useFirstRunStore = defineStore('firstRun', () => {
  const catalog = useCatalogStore();
  const jobs = useJobsStore();
  const packs = usePacksStore();
  const samples = useSamplesStore();
  const isReading = ref(false);

  /** Nothing was imported yet, and there is all that the first pair needs. */
  const isOffered = computed(
    () =>
      isReading.value ||
      (catalog.loaded &&
        catalog.imageCount === 0 &&
        samples.folder !== undefined &&
        packs.current !== undefined),
  );
  async function start(): Promise<void> {
    const { folder: root } = samples;
    if (!root || isReading.value) return;
    isReading.value = true;
    try {
      await catalog.importRoot(root.rootId);
    } finally {
      isReading.value = false;
    }
    // Stopped or failed: the folder's own line says why, and no pair is made of nothing.
    if (catalog.imageCount === 0) return;
    loadExample();
    await jobs.submit(['coarse', 'refined']);
  }

  return { isOffered, isReading, start };
});
