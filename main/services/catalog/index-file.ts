/**
 * The index of an encoder as a file, so that a start need not read every vector. It counts only while the encoder's vectors are
 * as they were when it was written; a crash before that costs a rebuild, never a wrong answer.
 *
 *     header   4096 bytes  JSON, padded with spaces
 *     ids      [size, 32], padded to 4096 bytes
 *     blocks   of 4096 rows (the last of what is left): scales [n], losses [n] (float32), codes [n, width] (int8)
 *     table    CRC-32 of each block (uint32)
 *
 * Header, ids and table are checked when it is opened, the blocks when they are first used: by the native scan, which maps
 * them, when it first scans them, by the one in WebAssembly, which reads them, at once. All numbers are little-endian.
 */
import { closeSync, constants, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Int8Index } from './int8-index.ts';
import { BLOCK_ROWS, widthOf } from './row-scan.ts';

const PAGE = 4096;
const ID_BYTES = 32;
/** Bytes of one read or write. */
const CHUNK = 64 * 2 ** 20;

interface Header {
  readonly format: 'accent-index';
  readonly schema: 2;
  readonly encoder: string;
  readonly dims: number;
  readonly size: number;
  readonly changes: number;
  /** CRC-32 of the ids, and of the table. */
  readonly ids: number;
  readonly table: number;
}

export interface IndexAbout {
  readonly encoder: string;
  readonly dims: number;
  /** How often the encoder's vectors have changed. */
  readonly changes: number;
}

/** Where the parts lie. */
function layout(size: number, dims: number) {
  const blocksAt = PAGE + Math.ceil((size * ID_BYTES) / PAGE) * PAGE;
  const tableAt = blocksAt + size * (8 + widthOf(dims));
  const blocks = Math.ceil(size / BLOCK_ROWS);
  return { blocksAt, tableAt, blocks, bytes: tableAt + blocks * 4 };
}

function write(file: number, bytes: Uint8Array, at: number): void {
  for (let from = 0; from < bytes.length;)
    from += writeSync(file, bytes, from, Math.min(CHUNK, bytes.length - from), at + from);
}

/** All bytes from a place on, or null where the file ends before. */
function read(file: number, at: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  for (let from = 0; from < length;) {
    const n = readSync(file, bytes, from, Math.min(CHUNK, length - from), at + from);
    if (n === 0) return null;
    from += n;
  }
  return bytes;
}

/** Its bytes. */
const bytesOf = (x: Uint32Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Writes the whole file under another name first: what has the name is old or new, never half. */
export function writeIndex(path: string, index: Int8Index, about: IndexAbout): void {
  const part = `${path}.part`;
  try {
    const { size, ids, blocks } = index.save();
    const { blocksAt, tableAt, blocks: count } = layout(size, about.dims);
    const table = new Uint32Array(count);
    const file = openSync(part, 'w');
    try {
      write(file, ids, PAGE);
      let [at, i] = [blocksAt, 0];
      for (const block of blocks) {
        table[i++] = crc32(block);
        write(file, block, at);
        at += block.length;
      }
      write(file, bytesOf(table), tableAt);
      const header: Header = {
        format: 'accent-index',
        schema: 2,
        ...about,
        size,
        ids: crc32(ids),
        table: crc32(bytesOf(table)),
      };
      write(file, Buffer.from(JSON.stringify(header).padEnd(PAGE)), 0);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** Fills the index from its file; false, with the index empty, where there is none that fits. */
export function readIndex(path: string, index: Int8Index, about: IndexAbout): boolean {
  let file;
  try {
    // Not blocking: a pipe of that name would be waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    const head = read(file, 0, PAGE);
    if (!head) return false;
    const h = JSON.parse(head.toString('utf8')) as Header;
    if (
      h.format !== 'accent-index' ||
      h.schema !== 2 ||
      h.encoder !== about.encoder ||
      h.dims !== about.dims ||
      h.changes !== about.changes ||
      !Number.isSafeInteger(h.size) ||
      h.size < 0
    )
      return false;
    const { blocksAt, tableAt, blocks, bytes } = layout(h.size, h.dims);
    if (fstatSync(file).size !== bytes) return false;
    const ids = read(file, PAGE, h.size * ID_BYTES);
    const table = read(file, tableAt, blocks * 4);
    if (!ids || !table || crc32(ids) !== h.ids || crc32(table) !== h.table) return false;
    const checksums = new Uint32Array(table.buffer, table.byteOffset, blocks);
    index.load({ path, file, at: blocksAt, size: h.size, checksums }, ids);
    return true;
  } catch {
    index.clear();
    return false;
  } finally {
    closeSync(file);
  }
}
