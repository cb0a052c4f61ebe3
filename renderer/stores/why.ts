import { toAppError } from '#contract';
import type { AppError, ExplainEvent, Explanation } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue';
import { t } from '../strings/index.ts';
import { useConnectionStore } from './connection.ts';
import { useNoticesStore } from './notices.ts';
import { useViewerStore } from './viewer.ts';

type Step = Extract<ExplainEvent, { type: 'step' }>;

/** An explanation that is on its way: waiting for the engine, starting, or at a step. */
interface Running {
  readonly imageId: string;
  readonly waits: boolean;
  readonly step: Step | null;
}

/** Explanations are a few hundred kilobytes each; older ones are asked for again. */
const KEPT = 12;

/** Why a picture looks as it does: asked for by hand, since it costs a run; kept by the host with the picture. */
export const useWhyStore = defineStore('why', () => {
  const connection = useConnectionStore();
  const notices = useNoticesStore();
  const viewer = useViewerStore();

  const open = computed(() => viewer.panel === 'why');
  /** By the picture that was asked for; null where the host has none yet. */
  const known = shallowReactive(new Map<string, Explanation | null>());
  const running = shallowRef<Running>();
  const failed = shallowRef<{ readonly imageId: string; readonly error: AppError }>();
  /** The phrase whose map lies over the picture. */
  const phraseId = ref<string>();
  /** Number of the probed step that is looked at; null: all of them together. */
  const probe = ref<number | null>(null);
  let abort: AbortController | undefined;

  watch(open, (now) => {
    if (!now) cancel();
    else if (viewer.mode === 'difference') viewer.mode = 'side';
  });

  function keep(imageId: string, explanation: Explanation | null): void {
    known.delete(imageId);
    known.set(imageId, explanation);
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  }

  /** Asks the host for what it kept. */
  async function load(imageId: string): Promise<void> {
    if (known.has(imageId)) return;
    await attempt(imageId, async () => {
      const client = await connection.client();
      const { explanation } = await client.explain.kept({ imageId });
      keep(imageId, explanation);
    });
  }

  /** Runs the picture's seed again. One at a time: another one gives way. */
  async function run(imageId: string): Promise<void> {
    abort?.abort();
    const mine = new AbortController();
    abort = mine;
    running.value = { imageId, waits: false, step: null };
    notices.announce(t.why.saidStarted);
    await attempt(imageId, async () => {
      const client = await connection.client();
      for await (const event of client.explain.run({ imageId }, { signal: mine.signal })) {
        if (abort !== mine) return;
        switch (event.type) {
          case 'waiting':
            running.value = { imageId, waits: true, step: null };
            notices.announce(t.why.waits);
            break;
          case 'started':
            running.value = { imageId, waits: false, step: null };
            break;
          case 'step':
            running.value = { imageId, waits: false, step: event };
            break;
          case 'done':
            keep(imageId, event.explanation);
            notices.announce(t.why.saidDone(event.explanation.phrases.length));
        }
      }
    });
    if (abort !== mine) return;
    abort = undefined;
    running.value = undefined;
  }

  function cancel(): void {
    abort?.abort();
    abort = undefined;
    running.value = undefined;
  }

  async function attempt(imageId: string, work: () => Promise<void>): Promise<void> {
    failed.value = undefined;
    try {
      await work();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'cancelled') failed.value = { imageId, error };
    }
  }

  return { open, known, running, failed, phraseId, probe, load, run, cancel };
});
