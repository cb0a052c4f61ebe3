import { toAppError } from '#contract';
import type { AppError, JobSet, Recipe, SetSummary, SubmitSetInput } from '#contract';
import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import { stripRequest } from '../features/sets/axes.ts';
import { t } from '../strings/index.ts';
import { useConnectionStore } from './connection.ts';
import { useGalleryStore } from './gallery.ts';
import { useJobsStore } from './jobs.ts';
import { useNoticesStore } from './notices.ts';
import { useViewerStore } from './viewer.ts';

const LISTED = 20;

/** Grids and strips: ask for one, look at it while it grows, go on with what is missing. The host owns the runs. */
export const useSetsStore = defineStore('sets', () => {
  const connection = useConnectionStore();
  const gallery = useGalleryStore();
  const jobs = useJobsStore();
  const notices = useNoticesStore();
  const viewer = useViewerStore();

  /** The table that was opened last, kept up to date until it is closed. */
  const current = shallowRef<JobSet>();
  /** True while the table stands in the place of the pictures. */
  const shown = ref(false);
  const earlier = shallowRef<readonly SetSummary[]>([]);
  const error = shallowRef<AppError>();
  const busy = ref(false);
  /** The cell that has the table's tab stop. */
  const at = shallowRef({ column: 0, row: 0 });
  let abort: AbortController | undefined;

  /** Follows a set over lost connections until another one is opened. */
  async function follow(setId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const client = await connection.client();
        for await (const set of client.sets.watch({ setId }, { signal })) {
          if (signal.aborted) return;
          if (current.value && current.value.done < set.done && set.done === set.of) {
            notices.announce(t.sets.saidDone(set.of));
          }
          current.value = set;
          const { setId: id, done } = set;
          earlier.value = earlier.value.map((e) => (e.setId === id && e.done !== done ? { ...e, done } : e));
        }
        return;
      } catch (thrown) {
        const reason = toAppError(thrown);
        if (signal.aborted || reason.code === 'cancelled') return;
        if (reason.code !== 'link_closed' && reason.code !== 'bad_frame') {
          error.value = reason;
          return;
        }
      }
    }
  }

  // Whoever chooses another picture wants to see it.
  watch(
    () => viewer.subject,
    () => {
      shown.value = false;
    },
  );

  function open(setId: string): void {
    shown.value = true;
    error.value = undefined;
    if (current.value?.setId === setId && abort && !abort.signal.aborted) return;
    abort?.abort();
    abort = new AbortController();
    current.value = undefined;
    at.value = { column: 0, row: 0 };
    void follow(setId, abort.signal);
  }

  function close(): void {
    shown.value = false;
    abort?.abort();
    abort = undefined;
    current.value = undefined;
  }

  async function submit(request: SubmitSetInput): Promise<void> {
    await attempt(async () => {
      const client = await connection.client();
      const { setId } = await client.sets.submit(request);
      // What is looked at now is what the set is compared with: no run takes its place.
      viewer.chosen = true;
      open(setId);
      // Its runs are the queue's like any others.
      await jobs.resume();
    });
  }

  /** Adds the phrases of a picture one by one. */
  async function strip(recipe: Recipe): Promise<void> {
    await submit(stripRequest(recipe, viewer.pairId));
  }

  async function load(): Promise<void> {
    await attempt(async () => {
      const client = await connection.client();
      earlier.value = (await client.sets.list({ limit: LISTED })).items;
    });
  }

  async function change(what: 'cancel' | 'resume'): Promise<void> {
    const setId = current.value?.setId;
    if (setId === undefined) return;
    await attempt(async () => {
      const client = await connection.client();
      const set = await client.sets[what]({ setId });
      if (current.value?.setId === setId) current.value = set;
      if (what === 'resume') await jobs.resume();
    });
  }

  /** Looks at one picture of the table beside the pair that the table was made from. */
  async function compare(pairId: string): Promise<void> {
    const base = current.value?.basePairId ?? null;
    await gallery.addDone(pairId);
    if (base !== null) await gallery.addDone(base);
    viewer.showPair(pairId);
    if (base !== null && gallery.byId.has(base))
      viewer.showBeside({ jobId: null, pairId: base, isBase: true });
    shown.value = false;
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    error.value = undefined;
    busy.value = true;
    try {
      await work();
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      busy.value = false;
    }
  }

  return {
    current,
    shown,
    earlier,
    error,
    busy,
    at,
    open,
    close,
    submit,
    strip,
    load,
    cancel: () => change('cancel'),
    resume: () => change('resume'),
    compare,
  };
});
