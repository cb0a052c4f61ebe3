/**
 * The vector scan's public face: rows of 8-bit codes, those of a file mapped into memory, and searches over them off the main
 * thread (src/scan.h has the bounds). Arguments are checked in C++. Errors are KernelErrors with a code.
 */
import { KernelError } from './errors.ts';

/** What scan_addon.cc exports. */
export interface ScanBinding {
  rows(width: number): NativeRows;
  scanPaths(): string[];
  measureRead(threads: number): Promise<number>;
}

interface NativeRows {
  open(path: string, at: number, rows: number, checksums: Uint32Array): void;
  append(scale: number, loss: number, codes: Int8Array): void;
  block(i: number): Uint8Array;
  search(
    query: Int16Array,
    step: number,
    length: number,
    lost: number,
    widest: number,
    rounding: number,
    k: number,
    left: Uint8Array | undefined,
    path: string,
    threads: number,
  ): Promise<Candidates>;
  about(): { rows: number; blocks: number; bytes: number };
  close(): void;
}

/** A query q = step * codes + f. */
export interface ScanQuery {
  /** [width], zero beyond the query's numbers. */
  readonly codes: Int16Array;
  readonly step: number;
  /** |q| */
  readonly length: number;
  /** |f| */
  readonly lost: number;
  /** At least the length of every row's codes. */
  readonly widest: number;
  /** Room for rounding in each bound: rounding * (1 + |q|). */
  readonly rounding: number;
}

/** The rows that can be among the k best, with their upper bounds: the largest first, then by row. */
export interface Candidates {
  readonly rows: Uint32Array;
  readonly upper: Float64Array;
}

export interface ScanOptions {
  /** Loops to run; the fastest that this processor has by default. */
  readonly path?: string;
  /** Threads; all that the pool has by default. The candidates have the same bits for any number. */
  readonly threads?: number;
}

/** Rows of codes in blocks of 4096. A row never changes once it is there. */
export interface ScanRows {
  readonly path: string;
  readonly rows: number;
  readonly blocks: number;
  /** Bytes in memory, without what is mapped. */
  readonly bytes: number;
  /**
   * Takes the rows of a file in the place of what is there: blocks of 4096 (the last may have fewer) from byte `at` (a multiple of
   * 4) on, each its scales and losses (float32) and codes, with one CRC-32 a block. The size is looked at now
   * ("truncated"), the checksums when a block is first used. Throws KernelError.
   */
  open(path: string, at: number, rows: number, checksums: Uint32Array): void;
  /** Adds a row; codes [width]. */
  append(scale: number, loss: number, codes: Int8Array): void;
  /** Block i as it lies in a file: scales, losses, codes. Throws KernelError "truncated" or "hash_mismatch". */
  block(i: number): Uint8Array;
  /**
   * The rows that can be among the k best, of those that are there now; `left` [rows] has 1 for rows to leave out. Rejects with
   * "truncated" or "hash_mismatch" where the file is no longer what was written.
   */
  search(query: ScanQuery, k: number, left?: Uint8Array): Promise<Candidates>;
  /** Lets go of the rows; a search that runs ends in its own time. */
  close(): void;
}

export interface Scan {
  /** Usable loops, the fastest first, "reference" last. */
  readonly paths: readonly string[];
  /** No rows yet, of `width` codes each, a multiple of 16. Throws KernelError. */
  rows(width: number, options?: ScanOptions): ScanRows;
  /**
   * Bytes per second that `threads` threads, at most those of the pool, read of memory in the order of addresses: what a scan
   * that waits for memory can be held against. Takes 256 MiB and some tenths of a second. Rejects with a KernelError.
   */
  measureRead(threads?: number): Promise<number>;
}

function toKernelError(error: unknown): KernelError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  return new KernelError(code, error instanceof Error ? error.message : String(error), { cause: error });
}

function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toKernelError(error);
  }
}

/** More than any pool has. */
const ALL_THREADS = 1024;

/** The scan over a loaded native module. Throws KernelError where that was built before it had one. */
export function createScan({ rows: makeRows, scanPaths, measureRead }: Partial<ScanBinding>): Scan {
  if (!makeRows || !scanPaths || !measureRead)
    throw new KernelError(
      'backend_unavailable',
      'the native module is older than the scan; build it again with "npm run postinstall"',
    );
  const paths = scanPaths();
  return {
    paths,
    measureRead: (threads = ALL_THREADS) =>
      measureRead(threads).catch((error: unknown) => {
        throw toKernelError(error);
      }),
    rows(width, { path = paths[0] ?? '', threads = ALL_THREADS } = {}) {
      if (!paths.includes(path)) {
        throw new KernelError(
          'backend_unavailable',
          `This processor has no path "${path}"; it has ${paths.join(', ')}.`,
        );
      }
      const native = checked(() => makeRows(width));
      // One search at a time: a second one would only share its cores, and hold a thread of Node's pool meanwhile.
      let tail: Promise<unknown> = Promise.resolve();
      // Counted here too: who walks over the rows asks for each.
      let count = 0;
      return {
        path,
        get rows() {
          return count;
        },
        get blocks() {
          return checked(() => native.about().blocks);
        },
        get bytes() {
          return checked(() => native.about().bytes);
        },
        open: (file, at, rows, checksums) => {
          checked(() => {
            native.open(file, at, rows, checksums);
          });
          count = rows;
        },
        append: (scale, loss, codes) => {
          checked(() => {
            native.append(scale, loss, codes);
          });
          count++;
        },
        block: (i) => checked(() => native.block(i)),
        search(query, k, left) {
          const { codes, step, length, lost, widest, rounding } = query;
          const run = tail.then(() =>
            native.search(codes, step, length, lost, widest, rounding, k, left, path, threads),
          );
          tail = run.catch(() => undefined);
          return run.catch((error: unknown) => {
            throw toKernelError(error);
          });
        },
        close: () => {
          native.close();
        },
      };
    },
  };
}
