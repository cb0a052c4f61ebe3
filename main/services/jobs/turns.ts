/** Who may have the engine beside the queue: one at a time, in the order of asking, and never while a job runs. */
import type { TurnHolder } from '#contract';

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
  /** Who has the turn, or null; while somebody has, no job may begin. */
  holder(): TurnHolder | null;
  /** Gives the turn to the one that has waited longest, if there is one. Only to be called while no job runs. */
  grant(): void;
  take(holder: TurnHolder, signal: AbortSignal): Turn;
}

/** What the turns need to know of the queue, and tell it. */
export interface TurnsOptions {
  /** Whether the engine is nobody's. */
  readonly free: () => boolean;
  /** A turn was given to somebody. */
  readonly began: () => void;
  /** A turn was given back, so that something else may begin. */
  readonly ended: () => void;
}

export function makeTurns({ free, began, ended }: TurnsOptions): Turns {
  interface Place {
    readonly name: TurnHolder;
    readonly come: () => void;
  }
  const line: Place[] = [];
  let holder: Place | undefined;

  function grant(): void {
    if (holder) return;
    holder = line.shift();
    if (!holder) return;
    holder.come();
    began();
  }

  return {
    holder: () => holder?.name ?? null,
    grant,
    take(name, signal) {
      const { promise: come, resolve, reject } = Promise.withResolvers<undefined>();
      // Whoever gives its place back before looking misses nothing.
      come.catch(() => undefined);
      const place: Place = {
        name,
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
