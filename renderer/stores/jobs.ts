import { completing, missingArm, toAppError } from '#contract';
import type {
  AppError,
  GenerateRequestInput,
  JobSummary,
  Pair,
  QueueState,
  Recipe,
  StudioClient,
} from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { mainSlot, slotsOfPair } from '../features/compare/slots.ts';
import { applyEvent, isActive, newJobView } from '../features/jobs/job-view.ts';
import { useConnectionStore } from './connection.ts';
import { useCostsStore } from './costs.ts';
import { useGalleryStore } from './gallery.ts';
import { generateRequest } from './generate-request.ts';
import { usePacksStore } from './packs.ts';
import { usePhrasesStore } from './phrases.ts';
import { usePromptStore } from './prompt.ts';
import { useReferencesStore } from './references.ts';
import { useSamplingStore } from './sampling.ts';
import { twinRequest } from './twin.ts';
import { useViewerStore } from './viewer.ts';
import type { TwinOf } from './twin.ts';
import type { ArmName, JobView } from '../features/jobs/job-view.ts';

export interface Job {
  readonly view: JobView;
  readonly prompt: string;
  readonly packId: string;
  readonly seed: number;
  /** Phrases that have an effect. */
  readonly emphasisCount: number;
  /** What was asked for, so that it can be asked again. */
  readonly request: GenerateRequestInput;
}

const RECENT = 20;
const KEPT_JOBS = 60;
const PAGE = 100;

/** Jobs: submit, follow, cancel. The host owns them; this store only looks, and looks again after a lost connection. */
export const useJobsStore = defineStore('jobs', () => {
  const connection = useConnectionStore();
  const costs = useCostsStore();
  const gallery = useGalleryStore();
  const viewer = useViewerStore();

  const jobs = shallowRef<ReadonlyMap<string, Job>>(new Map());
  const history = shallowRef<readonly JobSummary[]>([]);
  const submitting = ref(false);
  const error = shallowRef<AppError>();
  const following = new Set<string>();
  const fresh = new Map<string, Job>();
  let frame: number | undefined;

  const list = computed(() => [...jobs.value.values()]);
  /** The host's own order of the queue; undefined until it was told. */
  const queue = shallowRef<QueueState>();
  const paused = computed(() => queue.value?.paused ?? false);
  /** What has the engine now and is no run. */
  const turn = computed(() => queue.value?.turn ?? null);
  /** What runs, then what waits, in the order in which it will run. */
  const active = computed(() => {
    const places = new Map((queue.value?.waiting ?? []).map((id, i) => [id, i]));
    const placeOf = ({ view }: Job): number =>
      view.state === 'running' ? -1 : (places.get(view.jobId) ?? places.size);
    return list.value.filter(({ view }) => isActive(view)).sort((a, b) => placeOf(a) - placeOf(b));
  });
  /** What runs; while the queue is paused nothing that waits counts as it. */
  const running = computed(
    () =>
      active.value.find(({ view }) => view.state === 'running') ??
      (paused.value ? undefined : active.value[0]),
  );
  const waiting = computed(() => active.value.filter((job) => job !== running.value).length);

  /** The newest run that makes the other half of a pair. */
  const completionOf = (pairId: string): Job | undefined =>
    list.value.findLast(({ request }) => request.completes === pairId);

  const known = (jobId: string): Job | undefined => fresh.get(jobId) ?? jobs.value.get(jobId);

  /** Shows what has changed, once per frame however many events come. */
  function put(job: Job, now: boolean): void {
    fresh.set(job.view.jobId, job);
    if (now || document.hidden) flush();
    else frame ??= requestAnimationFrame(flush);
  }

  function flush(): void {
    if (frame !== undefined) cancelAnimationFrame(frame);
    frame = undefined;
    const now = new Map([...jobs.value, ...fresh]);
    fresh.clear();
    // Runs that are over are in the history and the gallery; the page keeps those that may still be looked at.
    for (const [jobId, { view }] of now) {
      if (now.size <= KEPT_JOBS) break;
      if (!isActive(view) && viewer.jobId !== jobId) now.delete(jobId);
    }
    jobs.value = now;
  }

  /** Follows one job to its end, over lost connections, each time after the last event that it has. */
  async function follow(jobId: string): Promise<void> {
    if (following.has(jobId)) return;
    following.add(jobId);
    try {
      for (;;) {
        const job = known(jobId);
        if (!job || !isActive(job.view)) return;
        const client = await connection.client();
        if (await watchOnce(client, jobId)) return;
      }
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      following.delete(jobId);
    }
  }

  /** True when the job is over; false when the connection was lost on the way. */
  async function watchOnce(client: StudioClient, jobId: string): Promise<boolean> {
    try {
      for await (const event of client.jobs.watch({ jobId, after: known(jobId)?.view.seq ?? 0 })) {
        const job = known(jobId);
        if (!job) return true;
        const view = applyEvent(job.view, event);
        const over = !isActive(view);
        put({ ...job, view }, over);
        if (over) ended({ ...job, view });
      }
      return true;
    } catch (thrown) {
      const reason = toAppError(thrown);
      if (reason.code !== 'link_closed' && reason.code !== 'bad_frame') throw reason;
      return false;
    }
  }

  function ended(job: Job): void {
    if (history.value.length > 0) void loadHistory();
    if (job.view.pairId === null) return;
    if (job.view.state === 'done') costs.learn(job.request, job.view);
    void gallery.addDone(job.view.pairId).then(() => {
      if (job.view.pairId !== null) viewer.finished(job.view.jobId, job.view.pairId);
    });
  }

  /** Sends the sentence as it is seen now, as often as one press makes pairs. Waits for searches that are still on their way. */
  function submit(arms: readonly ArmName[]): Promise<void> {
    const { batch, batchSeed } = useSamplingStore();
    return compose(arms, async (request) => {
      const first = await send(request);
      for (let i = 1; i < batch; i++) await send({ ...request, seed: batchSeed(i) });
      return first;
    });
  }

  /** The sentence as it is now takes the place of a waiting run, or of all of them. */
  function replaceBySentence(jobId?: string): Promise<void> {
    return compose(['coarse', 'refined'], async (request) => {
      const client = await connection.client();
      const made = await client.jobs.replace({ request, ...(jobId === undefined ? {} : { jobId }) });
      put(newJob(made.jobId, request), true);
      void follow(made.jobId);
      return made.jobId;
    });
  }

  async function compose(
    arms: readonly ArmName[],
    hand: (request: GenerateRequestInput) => Promise<string>,
  ): Promise<void> {
    const prompt = usePromptStore();
    const packs = usePacksStore();
    const references = useReferencesStore();
    const sampling = useSamplingStore();
    const pack = packs.current;
    if (submitting.value || prompt.isEmpty || !pack) return;
    submitting.value = true;
    error.value = undefined;
    try {
      usePhrasesStore().remember();
      await references.settled();
      const request = generateRequest({
        document: prompt.document,
        found: references.found,
        choices: references.choices,
        without: new Set(prompt.chips.filter(({ id }) => references.isWithout(id)).map(({ id }) => id)),
        arms: [...arms],
        packId: pack.packId,
        seed: sampling.takeSeed(),
        steps: sampling.ownSteps,
        guidance: sampling.ownGuidance,
        sampler: sampling.ownSampler,
        rebuild: sampling.ownRebuild,
        window: sampling.ownWindow,
        source: sampling.source,
        sourceImages: sampling.sourceImages,
        referencesPerEmphasis: sampling.referencesPerEmphasis,
        upscale: sampling.upscale,
      });
      viewer.showJob(await hand(request));
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      submitting.value = false;
    }
  }

  /** Queues a request and follows it; answers with the job's id. */
  async function send(request: GenerateRequestInput): Promise<string> {
    const client = await connection.client();
    const { jobId } = await client.jobs.submit(request);
    put(newJob(jobId, request), true);
    void follow(jobId);
    return jobId;
  }

  /** Asks again for what a run was asked for: same sentence, seed and references. */
  async function retry(request: GenerateRequestInput): Promise<void> {
    await attempt(async () => {
      viewer.showJob(await send(request));
    });
    await loadHistory();
  }

  /** Runs that are over, newest first, as the host knows them. */
  async function loadHistory(): Promise<void> {
    await attempt(async () => {
      const client = await connection.client();
      const { items } = await client.jobs.list({ limit: RECENT });
      history.value = items.filter(({ state }) => state !== 'queued' && state !== 'running');
    });
  }

  /** Cancels what waits before what runs, so that nothing new starts meanwhile. */
  async function cancelAll(): Promise<void> {
    for (const { view } of [...active.value].reverse()) await cancel(view.jobId);
  }

  /** Makes the picture that goes without one thing, and shows it beside the pair that is looked at. */
  async function makeTwin(recipe: Recipe, without: TwinOf): Promise<void> {
    await attempt(async () => {
      viewer.showBeside({ jobId: await send(twinRequest(recipe, without)), pairId: null });
    });
  }

  /** Makes the half that a pair lacks, by the recipe of the other one; it joins the pair. Nothing where none is lacking. */
  async function completePair({ pairId, results }: Pick<Pair, 'pairId' | 'results'>): Promise<void> {
    const arm = missingArm(results);
    const there = mainSlot(slotsOfPair({ results })).result;
    if (arm === null || !there || active.value.some(({ request }) => request.completes === pairId)) return;
    await attempt(async () => {
      await send(completing(await gallery.recipe(there.imageId), pairId, arm));
    });
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    error.value = undefined;
    try {
      await work();
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  async function cancel(jobId: string): Promise<void> {
    await attempt(async () => {
      const client = await connection.client();
      await client.jobs.cancel({ jobId });
    });
  }

  /** Finds the jobs that run without this page, or that ran on while it was away, and follows them. */
  async function resume(): Promise<void> {
    try {
      const client = await connection.client();
      const waiting: JobSummary[] = [];
      const newest: JobSummary[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await client.jobs.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        if (after === undefined) newest.push(...page.items);
        const active = page.items.filter(({ state }) => state === 'queued' || state === 'running');
        waiting.push(...active);
        // Jobs run in the order in which they came: before a whole page of finished ones nothing waits.
        if (active.length === 0 || page.next === null) break;
        after = page.next;
      }
      for (const item of waiting.reverse()) {
        if (!known(item.jobId)) put(newJob(item.jobId, item.request), true);
        if (!viewer.chosen) viewer.showJob(item.jobId);
        void follow(item.jobId);
      }
      await costs.learnFrom(client, newest);
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** Follows the queue's order; jobs that came from elsewhere are found and followed too. */
  async function followQueue(): Promise<void> {
    try {
      const client = await connection.client();
      for await (const state of client.jobs.queue({})) {
        queue.value = state;
        if ([...state.waiting, ...(state.running === null ? [] : [state.running])].some((id) => !known(id)))
          await resume();
      }
    } catch (thrown) {
      const reason = toAppError(thrown);
      if (reason.code !== 'link_closed' && reason.code !== 'bad_frame') error.value = reason;
    }
  }

  async function pause(wanted: boolean): Promise<void> {
    await attempt(async () => {
      const client = await connection.client();
      queue.value = await client.jobs.pause({ paused: wanted });
    });
  }

  /** Moves a waiting run before another one; null puts it at the end. */
  async function move(jobId: string, before: string | null): Promise<void> {
    if (jobId === before) return;
    await attempt(async () => {
      const client = await connection.client();
      queue.value = await client.jobs.move({ jobId, before });
    });
  }

  /** One place earlier or later. */
  async function step(jobId: string, by: -1 | 1): Promise<void> {
    const waiting = queue.value?.waiting ?? [];
    const at = waiting.indexOf(jobId);
    if (at < 0 || at + by < 0 || at + by >= waiting.length) return;
    await move(jobId, (by < 0 ? waiting[at - 1] : waiting[at + 2]) ?? null);
  }

  function dismissError(): void {
    error.value = undefined;
  }

  return {
    jobs,
    list,
    active,
    running,
    waiting,
    queue,
    paused,
    turn,
    followQueue,
    pause,
    move,
    step,
    replaceBySentence,
    submitting,
    error,
    submit,
    retry,
    history,
    loadHistory,
    cancelAll,
    makeTwin,
    completePair,
    completionOf,
    cancel,
    resume,
    dismissError,
  };
});

function newJob(jobId: string, request: GenerateRequestInput): Job {
  const effective = (request.emphases ?? []).filter(({ muted, weight }) => muted !== true && weight !== 0);
  return {
    view: newJobView(jobId, request.arms),
    prompt: request.prompt,
    packId: request.packId,
    seed: request.seed,
    emphasisCount: effective.length,
    request,
  };
}
