import { toAppError } from '#contract';
import type {
  AppError,
  Arm,
  EvaluationFiles,
  EvaluationList,
  EvaluationState,
  EvaluationSummary,
  PromptSets,
} from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { useConnectionStore } from './connection.ts';
import { saveFile } from './files.ts';
import { usePacksStore } from './packs.ts';

/** What is asked for when an evaluation is started. */
export interface NewEvaluation {
  readonly evaluationId: string;
  readonly promptSet: string;
  readonly count: number;
  readonly arms: readonly Arm[];
  readonly seeds: number;
  /** Null: the pack's own. */
  readonly steps: number | null;
}

/** The evaluations that are here; the host runs them, the page looks on. */
export const useEvaluationsStore = defineStore('evaluations', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const list = shallowRef<EvaluationList>();
  const sets = shallowRef<PromptSets['sets']>([]);
  const chosenId = ref<string | null>(null);
  const creating = ref(false);
  const error = shallowRef<AppError>();
  const busy = ref(false);
  const files = shallowRef<{ readonly evaluationId: string; readonly files: EvaluationFiles }>();
  const reading = ref(false);
  const states = shallowRef<ReadonlyMap<string, EvaluationState>>(new Map());
  const followed = new Set<string>();
  /** The sets are wanted from the first asking on, be the pack known by then or not. */
  let asked = false;

  const chosen = computed<EvaluationSummary | undefined>(() =>
    list.value?.evaluations.find(({ evaluationId }) => evaluationId === chosenId.value),
  );
  const report = computed(() =>
    files.value?.evaluationId === chosenId.value ? files.value?.files : undefined,
  );
  const isAnyRunning = computed(() => [...states.value.values()].some(({ type }) => type === 'progress'));

  /** The newest state of an evaluation's run. */
  const stateOf = (evaluationId: string): EvaluationState | null => states.value.get(evaluationId) ?? null;

  function tell(evaluationId: string, state: EvaluationState | null): void {
    const next = new Map(states.value);
    if (state === null) next.delete(evaluationId);
    else next.set(evaluationId, state);
    states.value = next;
  }

  /** Follows the host's run to its end, then reads list and report anew. */
  async function follow(evaluationId: string): Promise<void> {
    if (followed.has(evaluationId)) return;
    followed.add(evaluationId);
    try {
      const client = await connection.client();
      for await (const state of client.evaluation.watch({ evaluationId })) tell(evaluationId, state);
    } catch {
      // A lost connection: the next opening finds out how it stands.
      return;
    } finally {
      followed.delete(evaluationId);
    }
    await load();
    if (chosenId.value === evaluationId) await read();
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      error.value = undefined;
      await work();
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** The sets for what the chosen pack draws. */
  async function loadSets(): Promise<void> {
    const packId = packs.current?.packId;
    if (packId === undefined) return;
    const given = await (await connection.client()).evaluation.promptSets({ packId });
    if (packs.current?.packId === packId) sets.value = given.sets;
  }
  watch(
    () => packs.current?.packId,
    () => {
      if (asked) void attempt(loadSets);
    },
  );

  const load = (): Promise<void> =>
    attempt(async () => {
      asked = true;
      const client = await connection.client();
      const [found] = await Promise.all([client.evaluation.list({}), loadSets()]);
      list.value = found;
      for (const { evaluationId, run } of found.evaluations) {
        tell(evaluationId, run);
        if (run?.type === 'progress') void follow(evaluationId);
      }
    });

  /** The figures of what is there so far; takes some seconds for a large one. */
  async function read(): Promise<void> {
    const { value: summary } = chosen;
    if (!summary || summary.done === 0 || reading.value) return;
    reading.value = true;
    const { evaluationId } = summary;
    await attempt(async () => {
      const given = await (await connection.client()).evaluation.report({ evaluationId });
      files.value = { evaluationId, files: given };
    });
    reading.value = false;
    // Another one was chosen meanwhile.
    if (chosenId.value !== evaluationId && chosenId.value !== null) await read();
  }

  async function choose(evaluationId: string | null): Promise<void> {
    chosenId.value = evaluationId;
    creating.value = false;
    error.value = undefined;
    if (evaluationId !== null && !report.value) await read();
  }

  async function ask(work: () => Promise<EvaluationSummary>): Promise<void> {
    busy.value = true;
    await attempt(async () => {
      const summary = await work();
      tell(summary.evaluationId, summary.run);
      await load();
      chosenId.value = summary.evaluationId;
      creating.value = false;
      if (summary.run?.type === 'progress') void follow(summary.evaluationId);
    });
    busy.value = false;
  }

  const start = ({ evaluationId, promptSet, count, arms, seeds, steps }: NewEvaluation): Promise<void> =>
    ask(async () => {
      const client = await connection.client();
      return client.evaluation.start({
        evaluationId,
        settings: { packId: packs.current?.packId ?? '', ...(steps === null ? {} : { steps }) },
        prompts: { name: promptSet, count },
        arms: [...arms],
        seeds,
      });
    });
  const resume = (evaluationId: string): Promise<void> =>
    ask(async () => (await connection.client()).evaluation.resume({ evaluationId }));
  const stop = (evaluationId: string): Promise<void> =>
    ask(async () => (await connection.client()).evaluation.stop({ evaluationId }));

  function saveReport(kind: 'html' | 'md' | 'json'): void {
    const { value } = report;
    if (!value) return;
    const name = `${value.report.evaluationId}.${kind}`;
    if (kind === 'html') saveFile(name, 'text/html', value.html);
    else if (kind === 'md') saveFile(name, 'text/markdown', value.markdown);
    else saveFile(name, 'application/json', JSON.stringify(value.report, null, 1));
  }

  return {
    list,
    sets,
    chosenId,
    chosen,
    creating,
    error,
    busy,
    report,
    reading,
    isAnyRunning,
    stateOf,
    load,
    read,
    choose,
    start,
    resume,
    stop,
    saveReport,
  };
});
