/**
 * Files that end the decoder. One that does it twice is not given to it again: each time costs every picture beside it a
 * second try, and an import seconds. Known by content, so that a copy under another name is known too.
 */
import { createHash } from 'node:crypto';
import { AppError } from '#contract';
import type { Decoder } from './decoder.ts';

/** What is remembered, and where: the host passes its store in. */
export interface QuarantineMemory {
  /** Whether a file of this length is remembered: only then is it worth hashing. */
  hasLength(bytes: number): boolean;
  strikes(contentHash: string): number;
  /** One more. */
  strike(contentHash: string, bytes: number, reason: string): void;
}

/** So many ends of a process, and the file stays out. */
export const MOST_STRIKES = 2;

/** The process died under the file, or was killed because the file took too long. */
const ENDS: ReadonlySet<string> = new Set(['decode_lost', 'decode_timeout']);

/** The same decoder; throws `quarantined` for a file that has ended it twice, without handing it over. */
export function withQuarantine(decode: Decoder, memory: QuarantineMemory): Decoder {
  return async (file, size) => {
    let hash: string | undefined;
    const hashOf = (): string => (hash ??= createHash('sha256').update(file).digest('hex'));
    if (memory.hasLength(file.length) && memory.strikes(hashOf()) >= MOST_STRIKES)
      throw new AppError(
        'quarantined',
        'This picture has ended the decoder twice, so it is not tried again. Make a fresh copy of it in another program.',
      );
    try {
      return await decode(file, size);
    } catch (error) {
      if (error instanceof AppError && ENDS.has(error.code)) memory.strike(hashOf(), file.length, error.code);
      throw error;
    }
  };
}
