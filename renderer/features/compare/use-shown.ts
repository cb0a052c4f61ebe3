import { computed, watch } from 'vue';
import { useGalleryStore } from '../../stores/gallery.ts';
import { useJobsStore } from '../../stores/jobs.ts';
import { useViewerStore } from '../../stores/viewer.ts';
import { slotsOfJob, slotsOfPair } from './slots.ts';

/** What the viewer shows now: the pair or job, its two slots, prompt and seed. The newest pair when nothing was chosen. */
export function useShown() {
  const viewer = useViewerStore();
  const jobs = useJobsStore();
  const gallery = useGalleryStore();

  watch(
    () => [viewer.subject === undefined, gallery.pairs[0]?.pairId] as const,
    ([nothing, newest]) => {
      if (nothing && newest !== undefined) viewer.showPair(newest, false);
    },
    { immediate: true },
  );

  const job = computed(() => (viewer.jobId === null ? undefined : jobs.jobs.get(viewer.jobId)));
  const pair = computed(() => (viewer.pairId === null ? undefined : gallery.byId.get(viewer.pairId)));
  const slots = computed(() => {
    if (pair.value) return slotsOfPair(pair.value);
    return job.value ? slotsOfJob(job.value.view) : undefined;
  });
  const prompt = computed(() => pair.value?.prompt ?? job.value?.prompt ?? '');
  const seed = computed(() => pair.value?.seed ?? job.value?.seed);
  /** The picture whose recipe is shown: the refined one, else whichever is there. */
  const mainResult = computed(() => slots.value?.[1].result ?? slots.value?.[0].result ?? null);
  return { job, pair, slots, prompt, seed, mainResult };
}
