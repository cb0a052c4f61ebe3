import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { FIT } from '../features/compare/lens.ts';
import type { Lens } from '../features/compare/lens.ts';

/** What the picture area shows: a job on its way, or a pair. */
export type Subject = { readonly jobId: string } | { readonly pairId: string };
/** Another run beside the pair that is looked at: the left half is its picture. */
export interface Beside {
  readonly jobId: string | null;
  readonly pairId: string | null;
  /** It is what the picture on the right was made from, not a twin that was made of that. */
  readonly isBase?: boolean;
}
export const COMPARE_MODES = ['side', 'slider', 'flip', 'difference'] as const;
export type CompareMode = (typeof COMPARE_MODES)[number];
/** What stands below the pictures. */
export type Panel = 'recipe' | 'why' | 'vary';

/** What is looked at, and how. */
export const useViewerStore = defineStore('viewer', () => {
  const subject = shallowRef<Subject>();
  const mode = ref<CompareMode>('side');
  /** True while Space is held: the other picture of the pair. */
  const flipped = ref(false);
  /** Refined left, coarse right, until swapped back. */
  const swapped = ref(false);
  const panel = ref<Panel | null>('recipe');
  /** What the room below the pictures goes back to when a panel that came for a while is closed. */
  let before: Panel | null = 'recipe';
  const recipeOpen = computed({
    get: () => panel.value === 'recipe',
    set: (open) => {
      panel.value = open ? 'recipe' : null;
    },
  });
  /** A magnified circle at the pointer, in both pictures at once. */
  const loupe = ref(false);
  /** Zoom and pan, the same for both pictures. */
  const lens = shallowRef<Lens>(FIT);

  const beside = shallowRef<Beside | null>(null);

  /** True when the user chose what is shown; a pair that only happens to be the newest gives way to a run. */
  const chosen = ref(false);

  const jobId = computed(() => (subject.value && 'jobId' in subject.value ? subject.value.jobId : null));
  const pairId = computed(() => (subject.value && 'pairId' in subject.value ? subject.value.pairId : null));
  function showJob(id: string): void {
    subject.value = { jobId: id };
    beside.value = null;
    chosen.value = true;
  }

  function showPair(id: string, byHand = true): void {
    subject.value = { pairId: id };
    beside.value = null;
    chosen.value = byHand;
  }

  /** Puts another run, or the pair that it became, to the left of the pair that is looked at. */
  function showBeside(next: Beside): void {
    beside.value = next;
    chosen.value = true;
  }

  /** A job that is looked at becomes its pair; whoever looks elsewhere is not disturbed. */
  function finished(job: string, pair: string): void {
    if (jobId.value === job) showPair(pair);
    else if (beside.value?.jobId === job) beside.value = { jobId: null, pairId: pair };
  }

  function show(next: CompareMode): void {
    mode.value = next;
  }

  /** Opens a panel in the place of what is there; closing it gives the place back. */
  function togglePanel(next: Panel): void {
    if (panel.value === next) panel.value = next === 'recipe' ? null : before;
    else {
      if (panel.value === 'recipe' || panel.value === null) before = panel.value;
      panel.value = next;
    }
  }

  function fit(): void {
    lens.value = FIT;
  }

  return {
    subject,
    mode,
    flipped,
    swapped,
    panel,
    togglePanel,
    recipeOpen,
    loupe,
    lens,
    jobId,
    pairId,
    chosen,
    showJob,
    showPair,
    beside,
    showBeside,
    finished,
    show,
    fit,
  };
});
