/** Rows in memory, scanned by one thread in WebAssembly: where the native scan is not built. */
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { AppError } from '#contract';
import { makeScanKernel } from './scan-kernel.ts';
import { BLOCK_ROWS } from './row-scan.ts';
import type { Candidates, RowScan } from './row-scan.ts';

const PAGE = 65_536;
/** Candidates before those that have fallen behind are taken out. */
const TIDY = 1 << 14;

/** The k largest of a stream of numbers, as a heap with the smallest in front. */
function largest(k: number): { offer(x: number): void; worst(): number } {
  const heap = new Float64Array(k).fill(-Infinity);
  return {
    worst: () => heap[0] as number,
    offer(x) {
      if (x <= (heap[0] as number)) return;
      let at = 0;
      for (;;) {
        const left = 2 * at + 1;
        if (left >= k) break;
        const child = left + 1 < k && (heap[left + 1] as number) < (heap[left] as number) ? left + 1 : left;
        if ((heap[child] as number) >= x) break;
        heap[at] = heap[child] as number;
        at = child;
      }
      heap[at] = x;
    },
  };
}

/** Rows whose upper bound reaches what is known of the k best. */
function pool() {
  let rows: number[] = [];
  let upper: number[] = [];
  let tidyAt = TIDY;
  const keep = (least: number): void => {
    const kept = rows.flatMap((_, i) => ((upper[i] as number) >= least ? [i] : []));
    rows = kept.map((i) => rows[i] as number);
    upper = kept.map((i) => upper[i] as number);
  };
  return {
    add(row: number, bound: number): void {
      rows.push(row);
      upper.push(bound);
    },
    tidy(least: number): void {
      if (rows.length <= tidyAt) return;
      keep(least);
      tidyAt = Math.max(TIDY, 2 * rows.length);
    },
    sorted(least: number): Candidates {
      keep(least);
      const order = Uint32Array.from(rows.keys()).sort(
        (a, b) => (upper[b] as number) - (upper[a] as number) || (rows[a] as number) - (rows[b] as number),
      );
      return {
        rows: order.map((i) => rows[i] as number),
        upper: Float64Array.from(order, (i) => upper[i] as number),
      };
    },
  };
}

/** No rows yet, of `width` codes each, a multiple of 16. */
export function wasmRows(width: number): RowScan {
  const outAt = width * 2;
  const codesAt = outAt + BLOCK_ROWS * 4;
  const kernel = makeScanKernel(2 + Math.ceil(codesAt / PAGE));
  let size = 0;
  let scales = new Float32Array(1024);
  let losses = new Float32Array(1024);

  function grow(rows: number): void {
    if (rows > scales.length) {
      const room = Math.ceil(Math.max(rows, scales.length * 1.5));
      const [s, l] = [new Float32Array(room), new Float32Array(room)];
      s.set(scales);
      l.set(losses);
      [scales, losses] = [s, l];
    }
    const need = codesAt + rows * width - kernel.memory.buffer.byteLength;
    if (need > 0) kernel.memory.grow(Math.max(Math.ceil(need / PAGE), 64));
  }
  const codes = (row: number, rows: number): Uint8Array =>
    new Uint8Array(kernel.memory.buffer, codesAt + row * width, rows * width);
  const bytesOf = (x: Float32Array, from: number, rows: number): Uint8Array =>
    new Uint8Array(x.buffer, from * 4, rows * 4);
  const partsOf = (from: number, rows: number): Uint8Array[] => [
    bytesOf(scales, from, rows),
    bytesOf(losses, from, rows),
    codes(from, rows),
  ];

  return {
    name: 'WebAssembly, 1 thread',
    get size() {
      return size;
    },
    get blocks() {
      return Math.ceil(size / BLOCK_ROWS);
    },
    get bytes() {
      return kernel.memory.buffer.byteLength + scales.byteLength + losses.byteLength;
    },
    append(scale, loss, row) {
      grow(size + 1);
      scales[size] = scale;
      losses[size] = loss;
      codes(size, 1).set(new Uint8Array(row.buffer, row.byteOffset, width));
      size++;
    },
    open({ file, at, size: count, checksums }) {
      grow(count);
      let place = at;
      for (let from = 0; from < count; from += BLOCK_ROWS) {
        let crc = 0;
        for (const part of partsOf(from, Math.min(BLOCK_ROWS, count - from))) {
          for (let done = 0; done < part.length;) {
            const n = readSync(file, part, done, part.length - done, place + done);
            if (n === 0) throw new AppError('truncated', 'The index file is shorter than its rows.');
            done += n;
          }
          place += part.length;
          crc = crc32(part, crc);
        }
        if (crc !== checksums[from / BLOCK_ROWS])
          throw new AppError(
            'hash_mismatch',
            'A part of the index file is damaged: its checksum is another one.',
          );
      }
      size = count;
    },
    block: (i) => Buffer.concat(partsOf(i * BLOCK_ROWS, Math.min(BLOCK_ROWS, size - i * BLOCK_ROWS))),
    candidates(query, k, left) {
      const { step, length } = query;
      if (size === 0 || k <= 0) return { rows: new Uint32Array(0), upper: new Float64Array(0) };
      new Int16Array(kernel.memory.buffer, 0, width).set(query.codes);
      const widest = query.lost * query.widest;
      const rounding = query.rounding * (1 + length);
      const best = largest(Math.min(k, size));
      const found = pool();
      for (let from = 0; from < size; from += BLOCK_ROWS) {
        const rows = Math.min(BLOCK_ROWS, size - from);
        kernel.scan(0, codesAt + from * width, width, rows, outAt);
        const out = new Int32Array(kernel.memory.buffer, outAt, rows);
        for (let i = 0; i < rows; i++) {
          const row = from + i;
          const scale = scales[row] as number;
          // In this order: native/src/scan.cc must get the same bits.
          const guess = step * scale * (out[i] as number);
          const slack = length * (losses[row] as number) + widest * scale + rounding;
          const upper = guess + slack;
          if (!(upper >= best.worst()) || left?.[row] === 1) continue;
          found.add(row, upper);
          best.offer(guess - slack);
        }
        found.tidy(best.worst());
      }
      return found.sorted(best.worst());
    },
    close: () => undefined,
  };
}
