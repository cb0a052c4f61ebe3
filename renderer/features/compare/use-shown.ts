import { computed, watch } from 'vue';
import { useGalleryStore } from '../../stores/gallery.ts';
import { useJobsStore } from '../../stores/jobs.ts';
import { useViewerStore } from '../../stores/viewer.ts';
import { completed, mainSlot, slotsOfJob, slotsOfPair } from './slots.ts';
import type { Slot } from './slots.ts';

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
  /** The run beside the pair, while it is on its way or when it failed. */
  const besideJob = computed(() => {
    const id = viewer.beside?.jobId ?? null;
    return id === null ? undefined : jobs.jobs.get(id);
  });
  const besideSlot = computed((): Slot | undefined => {
    const id = viewer.beside?.pairId ?? null;
    const other = id === null ? undefined : gallery.byId.get(id);
    if (other) return mainSlot(slotsOfPair(other));
    return besideJob.value ? slotsOfJob(besideJob.value.view).find(isAsked) : undefined;
  });
  /** The run that made the pair, where this page saw it. */
  const ownJob = computed(() => (pair.value ? jobs.jobs.get(pair.value.jobId) : undefined));
  /** The run that makes the half that the pair lacks, or has just made it. */
  const completion = computed(() => (pair.value ? jobs.completionOf(pair.value.pairId) : undefined));
  const slots = computed((): [Slot, Slot] | undefined => {
    if (pair.value) {
      const own = completed(slotsOfPair(pair.value), completion.value?.view);
      return besideSlot.value ? [besideSlot.value, mainSlot(own)] : own;
    }
    return job.value ? slotsOfJob(job.value.view) : undefined;
  });
  const prompt = computed(() => pair.value?.prompt ?? job.value?.prompt ?? '');
  const seed = computed(() => pair.value?.seed ?? job.value?.seed);
  /** The picture whose recipe is shown: the refined one, else whichever is there. */
  const mainResult = computed(() => slots.value?.[1].result ?? slots.value?.[0].result ?? null);
  return { job, pair, ownJob, completion, besideJob, besideSlot, slots, prompt, seed, mainResult };
}

/** A twin is asked for with one arm; the other place of its job is empty. */
const isAsked = (slot: Slot): boolean => slot.state !== 'missing' || slot.preview !== null;
