import { ofDomain } from '#contract';
import type { PackSummary, Root } from '#contract';
import { defineStore } from 'pinia';
import { computed } from 'vue';
import { useCatalogStore } from './catalog.ts';
import { usePacksStore } from './packs.ts';

/** The folder of sample pictures that ships with what a pack draws, where it is there. */
export function sampleOf(roots: readonly Root[], pack: PackSummary | undefined): Root | undefined {
  const name = ofDomain('sample', pack?.domain);
  return roots.find((root) => root.builtIn && root.state === 'online' && root.name === name);
}

/** The sample pictures that come with what the pack in use draws. */
export const useSamplesStore = defineStore('samples', () => {
  const catalog = useCatalogStore();
  const packs = usePacksStore();

  const folder = computed(() => sampleOf(catalog.roots, packs.current));
  const job = computed(() => folder.value && catalog.imports.get(folder.value.rootId));
  const isReading = computed(() => job.value?.running ?? false);
  /** Their folder while they are unread or being read, as long as nothing but samples was imported. */
  const offered = computed(() => {
    if (!catalog.loaded || catalog.roots.some((root) => !root.builtIn && root.imageCount > 0))
      return undefined;
    return isReading.value || folder.value?.imageCount === 0 ? folder.value : undefined;
  });
  /** How far they are read. */
  const progress = computed(() => {
    const last = job.value?.last;
    return last?.type === 'progress' ? { done: last.done, of: last.of } : null;
  });

  /** Why they could not be read. */
  const error = computed(() => job.value?.error);

  async function read(): Promise<void> {
    if (offered.value) await catalog.importRoot(offered.value.rootId);
  }

  return { folder, offered, isReading, progress, error, read };
});
