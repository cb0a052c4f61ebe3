/** How fast an import goes and when it will be done; and the switch that lets it rest. */

/** Seconds over which the rate forgets. */
const MEMORY = 20;

export interface Pace {
  /** Files so far, at a time in milliseconds. */
  at(done: number, ms: number): void;
  /** A rest begins or ends: its time counts for nothing. */
  rest(ms: number): void;
  readonly perSecond: number;
  /** Null until there is a rate. */
  secondsLeft(of: number): number | null;
}

export function makePace(startMs: number): Pace {
  let [lastDone, lastMs, rate, weight] = [0, startMs, 0, 0];
  return {
    at(done, ms) {
      const seconds = (ms - lastMs) / 1000;
      if (seconds < 0.2) return;
      const keep = Math.exp(-seconds / MEMORY);
      rate = rate * keep + ((done - lastDone) / seconds) * (1 - keep);
      weight = weight * keep + (1 - keep);
      [lastDone, lastMs] = [done, ms];
    },
    rest(ms) {
      lastMs = ms;
    },
    get perSecond() {
      return weight > 0 ? rate / weight : 0;
    },
    secondsLeft(of) {
      const perSecond = weight > 0 ? rate / weight : 0;
      return perSecond > 0 ? Math.max(0, of - lastDone) / perSecond : null;
    },
  };
}

export interface Pause {
  readonly paused: boolean;
  set(paused: boolean): void;
  /** Resolves at once while it is not paused, else when it goes on; rejects when the signal aborts. */
  passed(signal: AbortSignal): Promise<void>;
  /** Calls `then` at every change, until what this returns is called: nothing of the caller is held after that. */
  watch(then: () => void): () => void;
}

export function makePause(): Pause {
  let paused = false;
  const watchers = new Set<() => void>();
  return {
    get paused() {
      return paused;
    },
    set(next) {
      if (next === paused) return;
      paused = next;
      for (const then of [...watchers]) then();
    },
    async passed(signal) {
      while (paused) {
        signal.throwIfAborted();
        const woken = Promise.withResolvers<undefined>();
        const wake = (): void => {
          woken.resolve(undefined);
        };
        signal.addEventListener('abort', wake, { once: true });
        watchers.add(wake);
        await woken.promise;
        watchers.delete(wake);
        signal.removeEventListener('abort', wake);
      }
      signal.throwIfAborted();
    },
    watch(then) {
      watchers.add(then);
      return () => {
        watchers.delete(then);
      };
    },
  };
}
