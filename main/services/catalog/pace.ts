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
  /** Resolves at the next change. */
  changed(): Promise<void>;
}

export function makePause(): Pause {
  let paused = false;
  let change = Promise.withResolvers<undefined>();
  return {
    get paused() {
      return paused;
    },
    set(next) {
      if (next === paused) return;
      paused = next;
      const before = change;
      change = Promise.withResolvers();
      before.resolve(undefined);
    },
    async passed(signal) {
      while (paused) {
        signal.throwIfAborted();
        const aborted = Promise.withResolvers<undefined>();
        const abort = (): void => {
          aborted.resolve(undefined);
        };
        signal.addEventListener('abort', abort, { once: true });
        await Promise.race([change.promise, aborted.promise]);
        signal.removeEventListener('abort', abort);
      }
      signal.throwIfAborted();
    },
    changed: () => change.promise,
  };
}
