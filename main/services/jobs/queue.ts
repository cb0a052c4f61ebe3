/** The order of what waits: told to whoever watches, changed and paused by the user. Rows are the only truth. */
import { randomUUID } from 'node:crypto';
import { because } from '#contract';
import type { GenerateRequest, QueueState, StudioServices, TurnHolder } from '#contract';
import { makeBell } from '../../bell.ts';
import type { Store } from '../store/index.ts';
import type { EventLog } from './events.ts';

export interface QueueOptions {
  readonly store: Store;
  readonly log: EventLog;
  readonly now: () => number;
  /** Throws when the request cannot be run here. */
  readonly check: (request: GenerateRequest) => Promise<unknown>;
  /** Tells whoever listens to jobs that one came in or ended. */
  readonly changed: (jobId: string) => void;
  /** Takes up the next job. */
  readonly next: () => void;
  /** What has the engine beside the queue. */
  readonly turn: () => TurnHolder | null;
}

export interface Queue {
  readonly service: Pick<StudioServices['jobs'], 'queue' | 'pause' | 'move' | 'replace'>;
  paused(): boolean;
  /** Tells who watches the queue that something came in, began or ended. */
  readonly heard: () => void;
}

export function makeQueue({ store, log, now, check, changed, next, turn }: QueueOptions): Queue {
  const { read, write } = store;
  const watchers = new Set<() => void>();

  const state = (): QueueState => ({
    paused: read.jobs.paused(),
    running: read.jobs.running()[0]?.job_id ?? null,
    turn: turn(),
    waiting: read.jobs.waiting(),
  });

  const heard = (): void => {
    for (const wake of watchers) wake();
  };

  /** A waiting job's place. Throws `not_found`, or `conflict` when it does not wait any more. */
  function placeOf(waiting: readonly string[], jobId: string): number {
    const at = waiting.indexOf(jobId);
    if (at >= 0) return at;
    if (!read.jobs.one(jobId)) throw because('job_unknown', {});
    throw because('job_not_waiting', {});
  }

  return {
    heard,
    paused: () => read.jobs.paused(),
    service: {
      async *queue(_, { signal }) {
        const news = makeBell();
        watchers.add(news.ring);
        try {
          // The state as it is, then every change.
          for (; !signal.aborted; await news.rung(signal)) yield state();
        } finally {
          watchers.delete(news.ring);
        }
      },
      pause({ paused }) {
        write.jobs.pause(paused);
        heard();
        if (!paused) next();
        return state();
      },
      move({ jobId, before }) {
        store.transaction(() => {
          const waiting = read.jobs.waiting();
          waiting.splice(placeOf(waiting, jobId), 1);
          waiting.splice(before === null ? waiting.length : placeOf(waiting, before), 0, jobId);
          write.jobs.reorder(waiting);
        });
        heard();
        return state();
      },
      async replace({ jobId, request }) {
        await check(request);
        const made = randomUUID();
        let replaced: string[] = [];
        store.transaction(() => {
          const waiting = read.jobs.waiting();
          const at = jobId === undefined ? 0 : placeOf(waiting, jobId);
          replaced = jobId === undefined ? [...waiting] : [jobId];
          for (const id of replaced) {
            write.jobs.end(id, 'cancelled', now(), null, null);
            log.append(id, { type: 'cancelled' });
          }
          write.jobs.add(made, JSON.stringify(request), now());
          const rest = jobId === undefined ? [] : waiting.filter((id) => id !== jobId);
          rest.splice(at, 0, made);
          write.jobs.reorder(rest);
          log.append(made, { type: 'queued', position: at + read.jobs.running().length });
        });
        for (const id of [...replaced, made]) changed(id);
        next();
        return { jobId: made };
      },
    },
  };
}
