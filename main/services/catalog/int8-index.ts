/**
 * Exact index in dims + 8 bytes an image (and 32 for its id): each vector v is kept as whole numbers c of 8 bits with a
 * scale s and the length of what is lost, r = |v - s c|. A query q is kept as whole numbers of 16 bits, q = t d + f. Then
 *
 *     | q.v - s t (d.c) |  <=  |q| r + |f| |s c|        (Cauchy-Schwarz, twice)
 *
 * so one scan over the whole numbers bounds every inner product from both sides, and only rows whose upper bound reaches
 * the k-th best lower bound are scored again with their float32 vectors. The result is the exact one, ties by id.
 */
import { makeScanKernel } from './scan-kernel.ts';
import type { LocalIndex, Neighbour } from './vector-index.ts';
import { dot } from '../../vectors.ts';

/** Room for rounding in float32 and float64, far above what either loses at 8192 dims of unit vectors. */
const ROUNDING = 4e-6;
const ID_BYTES = 32;
/** Rows of one call of the kernel. */
const CHUNK = 32_768;
const PAGE = 65_536;

/** A part of the index as it lies in memory: views that the next change may end. */
export interface IndexParts {
  readonly size: number;
  /** [size, 32], then scales and losses [size] float32, then codes int8 [size, width]. */
  readonly parts: readonly Uint8Array[];
}

export interface Int8Index extends LocalIndex {
  /** All that is needed to have this index again, to be written at once. */
  parts(): IndexParts;
  /** Takes the place of what is there: room for `size` images, to be filled in the order of `parts`. */
  refill(size: number, fill: (part: Uint8Array) => void): void;
  /** Bytes that it holds in memory; ids and scratch space included. */
  readonly bytes: number;
  /** Of the last search: rows whose bounds had to be settled with the float32 vector. */
  readonly rescored: number;
}

/**
 * `exact` gives the float32 vector of an id that is in the index. Ids are content hashes: 64 lower-case hex digits.
 * Vectors [dims] of unit length, as embeddings are; the constant for rounding is made for these.
 */
export function int8Index(dims: number, exact: (id: string) => Float32Array): Int8Index {
  const width = Math.ceil(dims / 16) * 16;
  const kernel = makeScanKernel(2 + Math.ceil((width * 2 + CHUNK * 4) / PAGE));
  const queryAt = 0;
  const outAt = width * 2;
  const codesAt = outAt + CHUNK * 4;
  let size = 0;
  let room = 1024;
  let ids = Buffer.alloc(room * ID_BYTES);
  let scales = new Float32Array(room);
  let losses = new Float32Array(room);
  /** Open addressing by the first bytes of an id: row + 1, 0 for free, -1 for given up. */
  let slots = new Int32Array(4096);
  let used = 0;
  let upper = new Float32Array(0);
  let rescored = 0;

  const idOf = (row: number): string => ids.toString('hex', row * ID_BYTES, (row + 1) * ID_BYTES);
  const codes = (row: number, rows = 1): Int8Array =>
    new Int8Array(kernel.memory.buffer, codesAt + row * width, rows * width);

  function slotOf(id: Buffer): number {
    let slot = id.readUInt32LE(0) & (slots.length - 1);
    for (;;) {
      const at = slots[slot] as number;
      if (at === 0) return slot;
      if (at > 0 && ids.compare(id, 0, ID_BYTES, (at - 1) * ID_BYTES, at * ID_BYTES) === 0) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  }
  function parse(id: string): Buffer {
    const bytes = Buffer.from(id, 'hex');
    if (bytes.length !== ID_BYTES)
      throw new RangeError(`expected an id of 64 hex digits, got ${JSON.stringify(id)}`);
    return bytes;
  }
  function rowOf(id: string): number {
    const at = slots[slotOf(parse(id))] as number;
    return at > 0 ? at - 1 : -1;
  }
  function rehash(length: number): void {
    slots = new Int32Array(length);
    for (let row = 0; row < size; row++)
      slots[slotOf(ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES))] = row + 1;
    used = size;
  }
  function grow(rows: number): void {
    if (rows > room) {
      room = Math.ceil(Math.max(rows, room * 1.5));
      const [moreIds, moreScales, moreLosses] = [
        Buffer.alloc(room * ID_BYTES),
        new Float32Array(room),
        new Float32Array(room),
      ];
      ids.copy(moreIds);
      moreScales.set(scales);
      moreLosses.set(losses);
      [ids, scales, losses] = [moreIds, moreScales, moreLosses];
    }
    const need = codesAt + rows * width - kernel.memory.buffer.byteLength;
    if (need > 0) kernel.memory.grow(Math.max(Math.ceil(need / PAGE), 64));
  }

  function encode(row: number, v: Float32Array): void {
    let most = 0;
    for (const x of v) most = Math.max(most, Math.abs(x));
    const scale = Math.fround(most / 127) || 1;
    const out = codes(row).fill(0);
    let lost = 0;
    for (let d = 0; d < dims; d++) {
      const code = Math.max(-127, Math.min(127, Math.round((v[d] as number) / scale)));
      out[d] = code;
      lost += ((v[d] as number) - scale * code) ** 2;
    }
    scales[row] = scale;
    // Rounded up, so that the bound stays one.
    losses[row] = Math.sqrt(lost) * (1 + 1e-6);
  }

  /** Query as whole numbers in the kernel's memory; its step t, the length of q, and of what is lost of it. */
  function encodeQuery(q: Float32Array): { step: number; length: number; lost: number } {
    const length = Math.sqrt(dot(q, q));
    let most = 0;
    for (const x of q) most = Math.max(most, Math.abs(x));
    // 32 bits hold every sum: |d.c| <= |d| |c| <= (length / step) * 127 * sqrt(width).
    const step = Math.max(most / 32_767, (length * 127 * Math.sqrt(width)) / 2 ** 30) || 1;
    const out = new Int16Array(kernel.memory.buffer, queryAt, width).fill(0);
    let lost = 0;
    for (let d = 0; d < dims; d++) {
      const code = Math.round((q[d] as number) / step);
      out[d] = code;
      lost += ((q[d] as number) - step * code) ** 2;
    }
    return { step, length, lost: Math.sqrt(lost) };
  }

  /** The k-th largest of a stream of numbers, by a heap of k. */
  function best(k: number): { offer(x: number): void; worst(): number } {
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

  const bytesOf = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer, 0, size * 4);
  const parts = (): Uint8Array[] => {
    const all = codes(0, size);
    return [
      ids.subarray(0, size * ID_BYTES),
      bytesOf(scales),
      bytesOf(losses),
      new Uint8Array(all.buffer, all.byteOffset, all.length),
    ];
  };

  return {
    parts: () => ({ size, parts: parts() }),
    refill(count, fill) {
      grow(count);
      size = count;
      parts().forEach(fill);
      rehash(2 ** Math.max(12, Math.ceil(Math.log2(count * 2 + 1))));
    },
    get size() {
      return size;
    },
    get bytes() {
      return (
        kernel.memory.buffer.byteLength +
        ids.length +
        (scales.length + losses.length + upper.length + slots.length) * 4
      );
    },
    get rescored() {
      return rescored;
    },
    add(id, vector) {
      if (vector.length !== dims)
        throw new RangeError(`expected a vector of ${dims} numbers, got ${vector.length}`);
      const key = parse(id);
      const known = slots[slotOf(key)] as number;
      let row = known - 1;
      if (known <= 0) {
        if ((used + 1) * 2 > slots.length) rehash(slots.length * 2);
        row = size;
        grow(size + 1);
        key.copy(ids, row * ID_BYTES);
        slots[slotOf(key)] = row + 1;
        used++;
        size++;
      }
      encode(row, vector);
    },
    remove(id) {
      const row = rowOf(id);
      if (row < 0) return;
      slots[slotOf(parse(id))] = -1;
      const last = size - 1;
      if (row !== last) {
        const moved = Buffer.from(ids.subarray(last * ID_BYTES, (last + 1) * ID_BYTES));
        slots[slotOf(moved)] = row + 1;
        moved.copy(ids, row * ID_BYTES);
        codes(row).set(codes(last));
        scales[row] = scales[last] as number;
        losses[row] = losses[last] as number;
      }
      size = last;
    },
    settled: () => Promise.resolve(),
    has: (id) => rowOf(id) >= 0,
    search(query, k, skip, only) {
      if (query.length !== dims)
        throw new RangeError(`expected a query of ${dims} numbers, got ${query.length}`);
      rescored = 0;
      if (size === 0 || k <= 0) return [];
      const { step, length, lost } = encodeQuery(query);
      if (upper.length < size) upper = new Float32Array(Math.ceil(size * 1.25));
      let left: Uint8Array | undefined;
      if (skip || only) {
        left = new Uint8Array(size).fill(only ? 1 : 0);
        const put = (id: string, value: number): void => {
          const row = rowOf(id);
          if (row >= 0) (left as Uint8Array)[row] = value;
        };
        for (const id of only ?? []) put(id, 0);
        for (const id of skip ?? []) put(id, 1);
      }
      // |c| is at most 127 sqrt(dims); for the usual vectors less, but f is so small that this costs nothing.
      const widest = 127 * Math.sqrt(dims);
      const lower = best(Math.min(k, size));
      for (let from = 0; from < size; from += CHUNK) {
        const rows = Math.min(CHUNK, size - from);
        kernel.scan(queryAt, codesAt + from * width, width, rows, outAt);
        const out = new Int32Array(kernel.memory.buffer, outAt, rows);
        for (let i = 0; i < rows; i++) {
          const row = from + i;
          if (left?.[row] === 1) {
            upper[row] = -Infinity;
            continue;
          }
          const guess = step * (scales[row] as number) * (out[i] as number);
          const r = losses[row] as number;
          const slack = length * r + lost * ((scales[row] as number) * widest) + ROUNDING * (1 + length);
          upper[row] = guess + slack;
          lower.offer(guess - slack);
        }
      }
      const least = lower.worst();
      const candidates: number[] = [];
      for (let row = 0; row < size; row++)
        if ((upper[row] as number) >= least && upper[row] !== -Infinity) candidates.push(row);
      candidates.sort((a, b) => (upper[b] as number) - (upper[a] as number));
      const found: Neighbour[] = [];
      const before = (a: Neighbour, b: Neighbour): boolean =>
        a.score > b.score || (a.score === b.score && a.id < b.id);
      for (const row of candidates) {
        const worst = found.length === k ? (found[k - 1] as Neighbour) : undefined;
        if (worst && (upper[row] as number) < worst.score) break;
        const id = idOf(row);
        rescored++;
        const hit = { id, score: dot(exact(id), query) };
        if (worst && !before(hit, worst)) continue;
        let at = found.length;
        while (at > 0 && before(hit, found[at - 1] as Neighbour)) at--;
        found.splice(at, 0, hit);
        if (found.length > k) found.pop();
      }
      return found;
    },
    snapshot() {
      const all = Array.from({ length: size }, (_, row) => idOf(row));
      const vectors = new Float32Array(size * dims);
      all.forEach((id, i) => {
        vectors.set(exact(id), i * dims);
      });
      return { ids: all, vectors, dims };
    },
  };
}
