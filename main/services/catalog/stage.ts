/** Stages of the import that run beside each other, each no further ahead than its buffer holds (back-pressure). */
import { makeBell } from '../../bell.ts';

export interface StageOptions {
  /** How many works run at once. */
  readonly atOnce: number;
  /** How many results may wait, those that are being made included. */
  readonly ahead: number;
}

/**
 * Works on the items of `source` beside whoever reads the results, which come in the source's order. The first error of
 * the source or of a work is thrown in its place. Leaving early stops the source; works that run are waited for.
 */
export async function* stage<T, R>(
  source: AsyncIterable<T>,
  { atOnce, ahead }: StageOptions,
  work: (item: T) => R | Promise<R>,
): AsyncGenerator<R> {
  const results: Promise<R>[] = [];
  const arrived = makeBell();
  const freed = makeBell();
  let running = 0;
  let waiting = 0;
  let left = false;
  let ended = false;

  const pump = (async () => {
    try {
      for await (const item of source) {
        while (!left && (running >= atOnce || waiting >= ahead)) await freed.rung();
        if (left) return;
        running++;
        waiting++;
        const result = (async () => work(item))();
        const done = (): void => {
          running--;
          freed.ring();
        };
        result.then(done, done);
        results.push(result);
        arrived.ring();
      }
    } catch (error) {
      const failed = Promise.reject<R>(error instanceof Error ? error : new Error(String(error)));
      failed.catch(() => undefined);
      results.push(failed);
    } finally {
      ended = true;
      arrived.ring();
    }
  })();

  try {
    for (;;) {
      const next = results.shift();
      if (next) {
        const result = await next;
        waiting--;
        freed.ring();
        yield result;
      } else if (ended) return;
      else await arrived.rung();
    }
  } finally {
    left = true;
    freed.ring();
    await pump;
    await Promise.allSettled(results);
  }
}

/** Lists of at most `most` items; a list is given on early when `full` says that it is heavy enough. */
export async function* batches<T>(
  source: AsyncIterable<T>,
  most: number,
  full: (batch: readonly T[]) => boolean = () => false,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < most && !full(batch)) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A purse of units (bytes in memory): `take` waits until so many are left, one who wants more than all gets it alone. */
export function purse(all: number): { take(n: number): Promise<void>; give(n: number): void } {
  let left = all;
  const queue: { n: number; go: () => void }[] = [];
  const serve = (): void => {
    for (let first = queue[0]; first && first.n <= left; first = queue[0]) {
      left -= first.n;
      queue.shift();
      first.go();
    }
  };
  return {
    take: (n) =>
      new Promise((resolve) => {
        queue.push({ n: Math.min(n, all), go: resolve });
        serve();
      }),
    give(n) {
      left += Math.min(n, all);
      serve();
    },
  };
}
