/** The demonstration's queue: the order of what waits, changed, paused and told as the host does it. */
import { AppError } from '#contract';
import type { GenerateRequest, QueueState, StudioServices } from '#contract';

export interface DemoQueue {
  readonly service: Pick<StudioServices['jobs'], 'queue' | 'pause' | 'move' | 'replace'>;
  add(jobId: string): void;
  drop(jobId: string): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
  readonly waiting: readonly string[];
}

export function demoQueue(
  run: (jobId: string) => Promise<void>,
  submit: (request: GenerateRequest) => string,
  cancel: (jobId: string) => void,
): DemoQueue {
  const waiting: string[] = [];
  const watchers = new Set<() => void>();
  let running: string | null = null;
  let paused = false;
  let ended = Promise.resolve();
  const state = (): QueueState => ({ paused, running, turn: null, waiting: [...waiting] });
  const changed = (): void => {
    for (const wake of [...watchers]) wake();
  };

  function next(): void {
    if (running === null && !paused) {
      const jobId = waiting.shift();
      if (jobId !== undefined) {
        running = jobId;
        ended = run(jobId).finally(() => {
          running = null;
          next();
        });
      }
    }
    changed();
  }

  function placeOf(jobId: string): number {
    const at = waiting.indexOf(jobId);
    if (at < 0) throw new AppError('conflict', 'This run does not wait any more.');
    return at;
  }

  return {
    waiting,
    add(jobId) {
      waiting.push(jobId);
      next();
    },
    drop(jobId) {
      const at = waiting.indexOf(jobId);
      if (at >= 0) waiting.splice(at, 1);
      changed();
    },
    idle: () => ended,
    service: {
      async *queue(_, { signal }) {
        while (!signal.aborted) {
          yield state();
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              watchers.delete(wake);
              resolve();
            };
            watchers.add(wake);
            signal.addEventListener('abort', wake, { once: true });
          });
        }
      },
      pause(wanted) {
        paused = wanted.paused;
        next();
        return state();
      },
      move({ jobId, before }) {
        waiting.splice(placeOf(jobId), 1);
        waiting.splice(before === null ? waiting.length : placeOf(before), 0, jobId);
        changed();
        return state();
      },
      replace({ jobId, request }) {
        const at = jobId === undefined ? 0 : placeOf(jobId);
        for (const id of jobId === undefined ? [...waiting] : [jobId]) cancel(id);
        const made = submit(request);
        const last = waiting.indexOf(made);
        if (last >= 0) waiting.splice(at, 0, ...waiting.splice(last, 1));
        changed();
        return { jobId: made };
      },
    },
  };
}
