/**
 * The first half of an exact search, behind which the native scan (scan-native.ts) or WebAssembly (scan-wasm.ts) stands: which
 * rows can be among the k best. A row is a vector v as whole numbers c of 8 bits with a scale s and the length
 * r = |v - s c| of what is lost; a query q is kept as whole numbers d of 16 bits, q = t d + f. By Cauchy-Schwarz, twice,
 *
 *     | q.v - s t (d.c) |  <=  |q| r + |f| |s c|
 *
 * so that each row has a lower and an upper bound, and only rows whose upper bound reaches the k-th largest lower bound can
 * be among the k best.
 */
import type { Soon } from './vector-index.ts';

/** Rows of a block: what one checksum of the file stands for, and one thread scans at a time. */
export const BLOCK_ROWS = 4096;

/** Numbers of a row's codes for vectors [dims]: what every loop takes in whole turns. */
export const widthOf = (dims: number): number => Math.ceil(dims / 16) * 16;

/** A query as whole numbers: q = step * codes + f. */
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

/** Rows of an index file, [size] in blocks of `BLOCK_ROWS`. */
export interface FileRows {
  readonly path: string;
  /** The open file; it is the caller's. */
  readonly file: number;
  /** Byte of the first block. */
  readonly at: number;
  readonly size: number;
  /** CRC-32 of each block. */
  readonly checksums: Uint32Array;
}

/** What is thrown, or rejected with, where a file is no longer what was written: `code` tells it. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'hash_mismatch' || error.code === 'truncated');

export interface RowScan {
  /** What scans, in words. */
  readonly name: string;
  readonly size: number;
  readonly blocks: number;
  /** Bytes in memory. */
  readonly bytes: number;
  /** Adds a row, which never changes from then on; codes [width]. */
  append(scale: number, loss: number, codes: Int8Array): void;
  /** Takes the rows of a file in the place of none; throws where they are not there. Damage may show only when they are used. */
  open(rows: FileRows): void;
  /** Block i as it lies in a file: scales and losses (float32), codes. The next change may end the view. */
  block(i: number): Uint8Array;
  /** `left` has 1 for rows to leave out; rows beyond its end are not left out. */
  candidates(query: ScanQuery, k: number, left: Uint8Array | undefined): Soon<Candidates>;
  close(): void;
}

/** No rows yet, of `width` codes each. */
export type MakeRows = (width: number) => RowScan;
