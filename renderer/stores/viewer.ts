import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';

/** What the picture area shows: a job on its way, or a pair. */
export type Subject = { readonly jobId: string } | { readonly pairId: string };
export type CompareMode = 'side' | 'slider' | 'flip';

/** What is looked at, and how. */
export const useViewerStore = defineStore('viewer', () => {
  const subject = shallowRef<Subject>();
  const mode = ref<CompareMode>('side');
  /** True while Space is held: the other picture of the pair. */
  const flipped = ref(false);
  const recipeOpen = ref(true);

  /** True when the user chose what is shown; a pair that only happens to be the newest gives way to a run. */
  const chosen = ref(false);

  const jobId = computed(() => (subject.value && 'jobId' in subject.value ? subject.value.jobId : null));
  const pairId = computed(() => (subject.value && 'pairId' in subject.value ? subject.value.pairId : null));
  function showJob(id: string): void {
    subject.value = { jobId: id };
    chosen.value = true;
  }

  function showPair(id: string, byHand = true): void {
    subject.value = { pairId: id };
    chosen.value = byHand;
  }

  /** A job that is looked at becomes its pair; whoever looks elsewhere is not disturbed. */
  function finished(job: string, pair: string): void {
    if (jobId.value === job) showPair(pair);
  }

  return { subject, mode, flipped, recipeOpen, jobId, pairId, chosen, showJob, showPair, finished };
});
