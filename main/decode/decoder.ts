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
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new AppError('decode_timeout', `The picture took longer than ${ms / 1000} s to decode.`));
        kill();
      }, ms);
    });
    try {
      return await Promise.race([client.decode.image({ file, size, thumbnail }), late]);
    } finally {
      clearTimeout(timer);
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
