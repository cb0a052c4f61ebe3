/** Who may have the engine beside the queue: one at a time, in the order of asking, and never while a job runs. */

/** A place in the line for the engine. */
export interface Turn {
  /** Something else has the engine now. */
  readonly waits: boolean;
  /** Resolves when it is this one's turn; rejects with the signal's reason where that is aborted before. */
  readonly come: Promise<void>;
  /** Gives the turn back, or the place in the line. To be called whatever happened; more than once does no harm. */
  end(): void;
}

export interface Turns {
  /** True while somebody has the turn: no job may begin. */
  held(): boolean;
  /** Gives the turn to the one that has waited longest, if there is one. Only to be called while no job runs. */
  grant(): void;
  take(signal: AbortSignal): Turn;
}

/** `free`: whether the engine is nobody's. `ended`: a turn was given back, so that something else may begin. */
export function makeTurns({ free, ended }: { free: () => boolean; ended: () => void }): Turns {
  interface Place {
    readonly come: () => void;
  }
  const line: Place[] = [];
  let holder: Place | undefined;

  function grant(): void {
    if (holder) return;
    holder = line.shift();
    holder?.come();
  }

  return {
    held: () => holder !== undefined,
    grant,
    take(signal) {
      const { promise: come, resolve, reject } = Promise.withResolvers<undefined>();
      // Whoever gives its place back before looking misses nothing.
      come.catch(() => undefined);
      const place: Place = {
        come() {
          signal.removeEventListener('abort', leave);
          resolve(undefined);
        },
      };
      function end(): void {
        signal.removeEventListener('abort', leave);
        const at = line.indexOf(place);
        if (at >= 0) line.splice(at, 1);
        if (holder !== place) return;
        holder = undefined;
        ended();
      }
      function leave(): void {
        end();
        reject(signal.reason as Error);
      }
      if (signal.aborted) leave();
      else {
        signal.addEventListener('abort', leave);
        line.push(place);
        if (free()) grant();
      }
      return { waits: holder !== place, come, end };
    },
  };
}
