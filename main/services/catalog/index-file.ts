/**
 * The index of an encoder as a file, so that a start reads one file instead of every vector. It counts only while the
 * encoder's vectors are as they were when it was written; a crash before that costs a rebuild, never a wrong answer.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Int8Index } from './int8-index.ts';

const HEADER = 4096;
/** Bytes of one read or write. */
const CHUNK = 64 * 2 ** 20;

interface Header {
  readonly format: 'accent-index';
  readonly schema: 1;
  readonly encoder: string;
  readonly dims: number;
  readonly size: number;
  readonly changes: number;
  readonly crc: number;
}

/** Writes the whole file under another name first: what has the name is old or new, never half. */
export function writeIndex(
  path: string,
  index: Int8Index,
  about: { encoder: string; dims: number; changes: number },
): void {
  const { size, parts } = index.parts();
  const part = `${path}.part`;
  let crc = 0;
  try {
    const file = openSync(part, 'w');
    try {
      let at = HEADER;
      for (const bytes of parts) {
        crc = crc32(bytes, crc);
        for (let from = 0; from < bytes.length;)
          from += writeSync(file, bytes, from, Math.min(CHUNK, bytes.length - from), at + from);
        at += bytes.length;
      }
      const header: Header = { format: 'accent-index', schema: 1, ...about, size, crc };
      writeSync(file, Buffer.from(JSON.stringify(header).padEnd(HEADER)), 0, HEADER, 0);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** Fills the index from its file; false, with the index as it was or empty, where there is none that fits. */
export function readIndex(
  path: string,
  index: Int8Index,
  about: { encoder: string; dims: number; changes: number },
): boolean {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(HEADER);
    if (readSync(file, head, 0, HEADER, 0) !== HEADER) return false;
    const h = JSON.parse(head.toString('utf8')) as Header;
    const width = Math.ceil(about.dims / 16) * 16;
    if (
      h.format !== 'accent-index' ||
      h.encoder !== about.encoder ||
      h.dims !== about.dims ||
      h.changes !== about.changes ||
      fstatSync(file).size !== HEADER + h.size * (32 + 8 + width)
    )
      return false;
    let at = HEADER;
    let crc = 0;
    index.refill(h.size, (bytes) => {
      for (let from = 0; from < bytes.length;) {
        const n = readSync(file, bytes, from, Math.min(CHUNK, bytes.length - from), at + from);
        if (n === 0) break;
        from += n;
      }
      crc = crc32(bytes, crc);
      at += bytes.length;
    });
    if (crc === h.crc) return true;
    index.refill(0, () => undefined);
    return false;
  } catch {
    index.refill(0, () => undefined);
    return false;
  } finally {
    closeSync(file);
  }
}
