/**
 * The host's side of the decoder: a file that does not come back in time costs its process its life, not the import, and
 * not the other files that were in that process.
 */
import { AppError } from '#contract';
import type { Client } from '#contract';
import type { Child } from '../link/index.ts';
import type { decodeContract } from './contract.ts';

export interface DecoderOptions {
  readonly child: Pick<Child<typeof decodeContract>, 'session'>;
  /** How long one picture may take, from the moment that it is handed to a process that is ready. */
  readonly ms: number;
  readonly thumbnail: number;
}

type Decoded = Awaited<ReturnType<Client<typeof decodeContract>['decode']['image']>>;

/** Whole file to RGB [size, size, 3] with its thumbnail. Throws a skip reason; `decode_timeout` after `ms`. */
export type Decoder = (file: Uint8Array, size: number) => Promise<Decoded>;

/** As many as sharp works on at once in one process (libuv's threads); a file that only waits is not late. */
const AT_ONCE = 4;

/** The time is counted in so many parts, each of which must pass while this process runs. */
const PARTS = 20;

/**
 * Calls `over` after `ms` in which this process was awake; returns how to stop it. A machine that sleeps, or a host that does
 * something else for seconds, loses one part of the time, and hears the answers that came meanwhile before the next one.
 */
function awakeTimer(ms: number, over: () => void): () => void {
  let left = PARTS;
  const next = (): NodeJS.Timeout =>
    setTimeout(() => {
      if (--left === 0) over();
      else timer = next();
    }, ms / PARTS);
  let timer = next();
  return () => {
    clearTimeout(timer);
  };
}

/** Runs at most `most` works at once, in order of arrival. */
function gate(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

export function makeDecoder({ child, ms, thumbnail }: DecoderOptions): Decoder {
  const together = gate(AT_ONCE);
  const oneByOne = gate(1);

  async function attempt(file: Uint8Array, size: number): Promise<Decoded> {
    const { client, kill } = await child.session();
    let stop = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      stop = awakeTimer(ms, () => {
        reject(new AppError('decode_timeout', `The picture took longer than ${ms / 1000} s to decode.`));
        kill();
      });
    });
    try {
      return await Promise.race([client.decode.image({ file, size, thumbnail }), late]);
    } finally {
      stop();
    }
  }

  return (file, size) =>
    together(async () => {
      try {
        return await attempt(file, size);
      } catch (error) {
        const lost =
          error instanceof AppError && (error.code === 'decode_lost' || error.code === 'link_closed');
        if (!lost) throw error;
        // Its process died, perhaps of another file. A second try, not beside other second tries, tells.
        return oneByOne(() => attempt(file, size));
      }
    });
}
