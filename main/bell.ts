/** Something that one loop waits for and others announce. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves at the next ring, at once after one that nobody waited for, and when the signal aborts. One waits at a time. */
  readonly rung: (signal?: AbortSignal) => Promise<void>;
}

export function makeBell(): Bell {
  let wake: (() => void) | undefined;
  let missed = false;
  return {
    ring() {
      if (wake) wake();
      else missed = true;
    },
    rung(signal) {
      if (missed || signal?.aborted) {
        missed = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const done = (): void => {
          signal?.removeEventListener('abort', done);
          wake = undefined;
          resolve();
        };
        wake = done;
        signal?.addEventListener('abort', done, { once: true });
      });
    },
  };
}
