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

export interface Child<C extends Contract> {
  client(): Promise<Client<C>>;
  /** Kills it; the next `client()` starts a new one. */
  kill(): void;
  close(): Promise<void>;
}

/** `onStart` runs before the first call of each start (the engine's packs are opened again there). */
export function makeChild<C extends Contract>(
  entry: 'engine' | 'decode',
  contract: C,
  spawn: Spawn,
  lost: ErrorCode,
  onStart: (client: Client<C>) => Promise<void> = () => Promise.resolve(),
): Child<C> {
  let running: { handle: ChildHandle; ready: Promise<Client<C>> } | undefined;
  let closed = false;
  const lostError = (): AppError =>
    new AppError(
      lost,
      `The ${entry} process ended unexpectedly. It is started again for the next request; repeat this one.`,
    );
  return {
    client() {
      if (closed) return Promise.reject(new AppError('link_closed', `The ${entry} is shut down.`));
      if (!running) {
        const handle = spawn(entry, lostError);
        const client = connect(contract, handle.link);
        const mine = { handle, ready: onStart(client).then(() => client) };
        mine.ready.catch(() => undefined);
        handle.link.onClose(() => {
          if (running === mine) running = undefined;
        });
        running = mine;
      }
      return running.ready;
    },
    kill() {
      running?.handle.kill();
      running = undefined;
    },
    async close() {
      closed = true;
      const handle = running?.handle;
      running = undefined;
      handle?.link.close();
      if (handle) await handle.ended;
    },
  };
}
