/** The queue: jobs are rows, one runs at a time, a crash leaves none of them in between. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { AppError, GenerateRequest, because, errorBody, toAppError } from '#contract';
import type { ErrorBody, JobState, PackManifest, Settings, StudioServices, TurnHolder } from '#contract';
import type { SampleEvent, SampleRequest } from '../../engine/index.ts';
import type { Catalog, CatalogResult } from '../catalog/index.ts';
import type { Gallery, Picture } from '../gallery/index.ts';
import type { PacksService } from '../packs/index.ts';
import type { JobRow, Store } from '../store/index.ts';
import { checkCompletion } from './completing.ts';
import { makeEventLog } from './events.ts';
import { prepare } from './prepare.ts';
import { makeQueue } from './queue.ts';
import type { PrepareEngine, SamplerLevels } from './prepare.ts';
import { makeRecipe, picturesOf } from './recipe.ts';
import type { ArmResult, JobFacts, SamplingChoice } from './recipe.ts';
import { interruption, lastEvent, previewOf, summary } from './rows.ts';
import { makeTurns } from './turns.ts';
import type { Turn } from './turns.ts';

export { prepare } from './prepare.ts';
export type { Turn } from './turns.ts';

export interface JobsEngine extends PrepareEngine {
  sample(request: SampleRequest, signal: AbortSignal): AsyncIterable<SampleEvent>;
}

export interface JobsOptions {
  readonly store: Store;
  readonly packs: PacksService;
  readonly catalog: Catalog;
  readonly gallery: Gallery;
  readonly engine: JobsEngine;
  /** The sampler's levels t_0 .. t_n, and those of them at which it takes a gradient. */
  readonly levelsOf: (schedule: PackManifest['schedule'], plan: SamplingChoice) => SamplerLevels;
  /** What the user chose once for all; read at the start of each job. */
  readonly settings: () => Promise<Pick<Settings, 'previews' | 'embedRecipe'>>;
  readonly appVersion: string;
  readonly now: () => number;
  /** How long the queue waits for a catalog that cannot be written before it tries again. */
  readonly retryMs?: number;
}

export interface Jobs {
  readonly service: StudioServices['jobs'];
  /**
   * Queues requests in their order, in one transaction with whatever `also` writes of their ids. Rejects before anything is
   * written when a pack is not there or a pair cannot be completed.
   */
  enqueue(requests: readonly GenerateRequest[], also: (jobIds: string[]) => void): Promise<void>;
  /** Calls `listener` after a job came in, began or ended. Returns what stops that. */
  onChange(listener: (jobId: string) => void): () => void;
  /**
   * A turn with the engine for work that is no job: it comes when the running job ends, before the jobs that wait, also while the
   * queue is paused; no job begins until it is given back.
   */
  readonly turn: (holder: TurnHolder, signal: AbortSignal) => Turn;
  /** Marks what a crash left running as interrupted, then takes up the queue. */
  start(): void;
  /** Stops the running job (it will be `interrupted`) and waits for it. */
  close(): Promise<void>;
}

/** The pictures were made and could not be kept: why, and that nothing of them is lost for good. */
function notWritten(cause: unknown): AppError {
  const { code, message } = toAppError(cause, 'io_error');
  return because('pictures_unwritten', { why: message }, { code, cause });
}

export function makeJobs({
  store,
  packs,
  catalog,
  gallery,
  engine,
  levelsOf,
  settings,
  appVersion,
  now,
  retryMs = 2000,
}: JobsOptions): Jobs {
  const log = makeEventLog(store, now);
  let running: { jobId: string; abort: AbortController; ended: Promise<void> } | undefined;
  let closing = false;
  const listeners = new Set<(jobId: string) => void>();
  const changed = (jobId: string): void => {
    for (const listener of listeners) listener(jobId);
  };
  /** Looks each pack up once: a lookup reads the disk. */
  const check = async (requests: readonly GenerateRequest[]): Promise<void> => {
    for (const [packId, ofPack] of Map.groupBy(requests, (request) => request.packId)) {
      const pack = await packs.get(packId);
      for (const request of ofPack) checkCompletion(store, request, pack);
    }
  };
  const queue = makeQueue({
    store,
    log,
    now,
    check: (request) => check([request]),
    changed,
    next,
    turn: () => turns.holder(),
  });
  listeners.add(queue.heard);
  const turns = makeTurns({
    free: () => !running && !closing,
    began: queue.heard,
    ended() {
      next();
      queue.heard();
    },
  });

  /**
   * State and final event together, so that a crash leaves both or neither. A job that has ended stays as it is. `pairId`: the
   * pair of what was finished before.
   */
  const end = (jobId: string, state: JobState, error: ErrorBody | null, pairId?: string): void => {
    store.transaction(() => {
      const before = store.read.jobs.one(jobId)?.state;
      if (before !== 'queued' && before !== 'running') return;
      store.write.jobs.end(
        jobId,
        state,
        now(),
        pairId ?? null,
        error === null ? null : JSON.stringify(error),
      );
      const kept = pairId === undefined ? {} : { pairId };
      if (error) log.append(jobId, { type: 'failed', error, ...kept });
      else log.append(jobId, { type: 'cancelled', ...kept });
    });
  };
  async function run(row: JobRow, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    const request = v.parse(GenerateRequest, JSON.parse(row.request));
    const pack = await packs.get(request.packId);
    const baseline = request.baselinePackId === undefined ? null : await packs.get(request.baselinePackId);
    const { previews, embedRecipe } = await settings();
    const { sampling, schedule } = pack.manifest;
    const plan: SamplingChoice = {
      steps: request.steps ?? sampling.steps,
      guidance: request.guidance ?? sampling.guidance,
      rebuild: request.rebuild ?? sampling.rebuild,
      window: request.window ?? sampling.window,
    };
    log.append(row.job_id, { type: 'started', arms: request.arms, steps: plan.steps });
    const context = { store, catalog, engine, pack, now, ...levelsOf(schedule, plan) };
    const prepared = await prepare(context, request, signal);
    const results: ArmResult[] = [];
    const sampleRequest: SampleRequest = {
      packId: request.packId,
      arms: request.arms,
      source: prepared.source,
      phrases: prepared.phrases,
      wrongPhrases: prepared.wrongPhrases,
      baselinePackId: request.baselinePackId,
      text: prepared.text,
      rivalScales: request.rivalScales,
      seed: request.seed,
      ...plan,
      sampler: request.sampler,
      upscale: request.upscale,
      previews,
    };
    /** What stopped the run after a picture was finished: that picture is kept, and its twin can be made later. */
    let stopped: { readonly by: unknown } | undefined;
    try {
      for await (const event of engine.sample(sampleRequest, signal)) {
        if (event.type === 'step') log.append(row.job_id, event);
        else if (event.type === 'preview') log.append(row.job_id, previewOf(event));
        else results.push(event);
      }
      signal.throwIfAborted();
    } catch (by) {
      // An interrupted run is submitted again as a whole.
      if (results.length === 0 || request.arms.length === 1 || closing) throw by;
      stopped = { by };
    }
    const wallSeconds = (performance.now() - began) / 1000;
    const facts: JobFacts = { request, plan, prepared, pack, baseline, appVersion, createdAt: now() };
    const pictures = results.flatMap((result) =>
      picturesOf(result).map(({ size, rgb, upscaled }): Picture => ({
        arm: result.arm,
        size,
        rgb,
        recipe: makeRecipe(facts, result, { size, rgb, upscaled }),
      })),
    );
    const writer = catalog.resultWriter(pack);
    const entered: CatalogResult[] = [];
    // Files first; then pair, results, their embeddings, the job's end and its last event in one transaction.
    const written = gallery.add(
      {
        jobId: row.job_id,
        prompt: request.prompt,
        seed: request.seed,
        completes: request.completes,
        embedRecipe,
      },
      pictures,
      (pairId, stored) => {
        // The last moment for a cancel: from here on the job is done.
        if (!stopped) signal.throwIfAborted();
        for (const r of results) {
          const own = stored.find((s) => s.arm === r.arm && s.width === r.size);
          if (!own) continue;
          const { imageId, contentHash } = own;
          const { size, rgb, embedding } = r;
          const entry = { imageId, contentHash, name: `${r.arm} ${request.seed}`, size, rgb, embedding };
          writer.write(entry);
          entered.push(entry);
        }
        if (stopped) {
          const isCancel = signal.aborted;
          end(
            row.job_id,
            isCancel ? 'cancelled' : 'failed',
            isCancel ? null : errorBody(stopped.by, 'engine_failed'),
            pairId,
          );
          return;
        }
        store.write.jobs.end(row.job_id, 'done', now(), pairId, null);
        log.append(row.job_id, { type: 'done', pairId, results: stored, wallSeconds });
      },
    );
    await written.catch((error: unknown) => {
      throw stopped ? stopped.by : notWritten(error);
    });
    for (const entry of entered) writer.follow(entry);
  }

  /** What a job came to that could not be written down yet. */
  const unwritten = new Map<string, { state: JobState; error: ErrorBody | null }>();
  let timer: NodeJS.Timeout | undefined;

  /** Ends a job whatever the disk says: what cannot be written now is told at once and written later. */
  function conclude(jobId: string, state: JobState, error: ErrorBody | null): void {
    try {
      end(jobId, state, error);
    } catch {
      unwritten.set(jobId, { state, error });
      log.hold(jobId, error ? { type: 'failed', error } : { type: 'cancelled' });
    }
    changed(jobId);
  }

  /** False when there still is something that cannot be written. */
  function writeDown(): boolean {
    try {
      for (const [jobId, { state, error }] of unwritten) {
        end(jobId, state, error);
        unwritten.delete(jobId);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Takes up the next job. While the catalog cannot be written the queue waits and tries again. */
  function next(): void {
    if (running || closing) return;
    turns.grant();
    if (turns.holder() !== null || queue.paused()) return;
    clearTimeout(timer);
    try {
      if (!writeDown()) throw new AppError('disk_full', 'A job that has ended could not be written down.');
      const row = store.read.jobs.next();
      if (!row) return;
      store.write.jobs.start(row.job_id, now());
      begin(row);
      changed(row.job_id);
    } catch {
      timer = setTimeout(next, retryMs);
      timer.unref();
    }
  }

  function begin(row: JobRow): void {
    const abort = new AbortController();
    const ended = run(row, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted)
          conclude(row.job_id, closing ? 'interrupted' : 'cancelled', closing ? interruption : null);
        else conclude(row.job_id, 'failed', errorBody(error, 'engine_failed'));
      })
      .finally(() => {
        running = undefined;
        changed(row.job_id);
        next();
      });
    running = { jobId: row.job_id, abort, ended };
  }

  /** A job's row as it stands, what could not be written down included. */
  const current = (row: JobRow): JobRow => {
    const ended = unwritten.get(row.job_id);
    return ended ? { ...row, state: ended.state, error: ended.error && JSON.stringify(ended.error) } : row;
  };

  async function enqueue(
    requests: readonly GenerateRequest[],
    also: (jobIds: string[]) => void,
  ): Promise<void> {
    await check(requests);
    const jobIds = requests.map(() => randomUUID());
    store.transaction(() => {
      requests.forEach((request, i) => {
        const jobId = jobIds[i] as string;
        const number = store.write.jobs.add(jobId, JSON.stringify(request), now());
        log.append(jobId, { type: 'queued', position: store.read.jobs.before(number) });
      });
      also(jobIds);
    });
    for (const jobId of jobIds) changed(jobId);
    next();
  }

  return {
    enqueue,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    turn: (holder, signal) => turns.take(holder, signal),
    start() {
      for (const row of store.read.jobs.running()) conclude(row.job_id, 'interrupted', interruption);
      try {
        for (const row of store.read.jobs.withoutFinal())
          log.append(
            row.job_id,
            lastEvent(row, (pairId) => gallery.results(pairId)),
          );
      } catch (error) {
        // Without room on the disk they get their last event at a later start; anything else is a fault of ours.
        if (toAppError(error).code === 'internal') throw error;
      }
      next();
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      running?.abort.abort();
      await running?.ended;
      // What still cannot be written is found as `running` at the next start, and is interrupted then.
      writeDown();
    },
    service: {
      ...queue.service,
      async submit(request) {
        let jobId = '';
        await enqueue([request], ([id = '']) => {
          jobId = id;
        });
        return { jobId };
      },
      list({ after, limit }) {
        const rows = store.read.jobs.page(
          after === undefined ? Number.MAX_SAFE_INTEGER : Number(after),
          limit + 1,
        );
        return {
          items: rows
            .slice(0, limit)
            .map(current)
            .map((row) => summary(row, row.pair_id === null ? [] : gallery.results(row.pair_id))),
          next: rows.length > limit ? String(rows[limit - 1]?.number) : null,
        };
      },
      async cancel({ jobId }) {
        const row = store.read.jobs.one(jobId);
        if (!row) throw because('job_unknown', {});
        if (row.state === 'queued') conclude(jobId, 'cancelled', null);
        else if (running?.jobId === jobId) {
          running.abort.abort();
          await running.ended;
        }
        return { state: current(store.read.jobs.one(jobId) ?? row).state as JobState };
      },
      async *watch({ jobId, after }, { signal }) {
        if (!store.read.jobs.one(jobId)) throw because('job_unknown', {});
        yield* log.watch(jobId, after, signal);
      },
    },
  };
}
