/** A child process that may die: started on first use, started again after a loss, its calls typed by a contract. */
import { AppError, connect } from '#contract';
import type { Client, Contract, ErrorCode, Link } from '#contract';

export interface ChildHandle {
  readonly link: Link;
  /** Ends it at once (SIGKILL). */
  kill(): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** Starts one of our child processes; Electron and plain Node do it differently. */
export type Spawn = (entry: 'engine' | 'decode', lost: () => AppError) => ChildHandle;

/** One run of the child process. */
export interface Session<C extends Contract> {
  readonly client: Client<C>;
  /** Kills this very process, and never the one that was started after it. */
  readonly kill: () => void;
}

export interface Child<C extends Contract> {
  client(): Promise<Client<C>>;
  session(): Promise<Session<C>>;
  /** Kills it; the next `client()` starts a new one. */
  kill(): void;
  /** Asks it to end and waits; after `CLOSE_MS` it is killed. Later calls are refused. */
  close(): Promise<void>;
}

const CLOSE_MS = 2000;

/** `onStart` runs before the first call of each start (the engine's packs are opened again there). */
export function makeChild<C extends Contract>(
  entry: 'engine' | 'decode',
  contract: C,
  spawn: Spawn,
  lost: ErrorCode,
  onStart: (client: Client<C>) => Promise<void> = () => Promise.resolve(),
): Child<C> {
  interface Running {
    readonly handle: ChildHandle;
    readonly ready: Promise<Session<C>>;
  }
  let running: Running | undefined;
  let closed = false;
  const lostError = (): AppError =>
    new AppError(
      lost,
      `The ${entry} process ended unexpectedly. It is started again for the next request; repeat this one.`,
    );
  function kill(which: Running | undefined): void {
    which?.handle.kill();
    if (running === which) running = undefined;
  }
  function session(): Promise<Session<C>> {
    if (closed) return Promise.reject(new AppError('link_closed', `The ${entry} is shut down.`));
    if (!running) {
      const handle = spawn(entry, lostError);
      const client = connect(contract, handle.link);
      const mine: Running = {
        handle,
        ready: onStart(client).then(() => ({
          client,
          kill: () => {
            kill(mine);
          },
        })),
      };
      // A start that failed is not kept: the next request makes another.
      mine.ready.catch(() => {
        kill(mine);
      });
      handle.link.onClose(() => {
        if (running === mine) running = undefined;
      });
      running = mine;
    }
    return running.ready;
  }
  return {
    client: async () => (await session()).client,
    session,
    kill: () => {
      kill(running);
    },
    async close() {
      closed = true;
      const handle = running?.handle;
      running = undefined;
      if (!handle) return;
      handle.link.close();
      // A process in the middle of a long computation does not hear that its link has closed.
      const timer = setTimeout(() => {
        handle.kill();
      }, CLOSE_MS);
      await handle.ended;
      clearTimeout(timer);
    },
  };
}
