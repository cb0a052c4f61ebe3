/**
 * Exact index in dims + 8 bytes an image (and 32 for its id). A scan over 8-bit codes bounds every inner product from both
 * sides (row-scan.ts), and only rows whose upper bound reaches the k-th best lower bound are scored again with their float32
 * vectors. The result is the exact one, ties by id.
 *
 * Rows never change: a vector that is replaced gets a new row, and its old one counts as gone. So a scan on other threads
 * needs no lock, and the rows of a file can be mapped into memory. Where most rows are gone, those that are left are copied.
 */
import { because } from '#contract';
import { BLOCK_ROWS, isDamage, widthOf } from './row-scan.ts';
import type { FileRows, MakeRows, RowScan, ScanQuery } from './row-scan.ts';
import { wasmRows } from './scan-wasm.ts';
import type { Neighbour, VectorIndex } from './vector-index.ts';
import { dot } from '../../vectors.ts';

/** Room for rounding in float32 and float64, far above what either loses at 8192 dims of unit vectors. */
const ROUNDING = 4e-6;
const ID_BYTES = 32;

/** All that is needed to have the index again. */
export interface Saved {
  readonly size: number;
  /** [size, 32] */
  readonly ids: Uint8Array;
  /** Blocks of 4096 rows, the last of what is left: scales and losses (float32), codes. Views that the next one ends. */
  readonly blocks: Iterable<Uint8Array>;
}

export interface Int8Index extends VectorIndex {
  has(id: string): boolean;
  search(
    query: Float32Array,
    k: number,
    skip?: ReadonlySet<string>,
    only?: ReadonlySet<string>,
  ): Promise<Neighbour[]>;
  snapshot(): { readonly ids: string[]; readonly vectors: Float32Array; readonly dims: number };
  /** To be written at once. Throws where the file that it came from is damaged. */
  save(): Saved;
  /** Takes the rows of a file, with their ids [size, 32], in the place of what is there. Throws where they are not there. */
  load(rows: FileRows, ids: Buffer): void;
  clear(): void;
  /** What scans, in words. */
  readonly scan: string;
  /** Bytes that it holds in memory; ids and scratch space included, what is mapped not. */
  readonly bytes: number;
  /** Of the last search: rows whose bounds had to be settled with the float32 vector. */
  readonly rescored: number;
}

export interface Int8Options {
  /** What scans; WebAssembly by default. */
  readonly rows?: MakeRows;
  /**
   * Every vector there is, for an index whose file turns out to be damaged when it is used: it is then made again, before
   * anything is answered. Without it such a search fails.
   */
  readonly all?: () => Iterable<{ readonly id: string; readonly vector: Float32Array }>;
}

/**
 * `exact` gives the float32 vector of an id that is in the index. Ids are content hashes: 64 lower-case hex digits.
 * Vectors [dims] of unit length, as embeddings are; the constant for rounding is made for these.
 */
export function int8Index(
  dims: number,
  exact: (id: string) => Float32Array,
  { rows: makeRows = wasmRows, all }: Int8Options = {},
): Int8Index {
  const width = widthOf(dims);
  let rows: RowScan = makeRows(width);
  /** Counts how often rows were given other numbers. */
  let generation = 0;
  let ids: Buffer = Buffer.alloc(1024 * ID_BYTES);
  /** 1 for rows that stand for no id any more. */
  let gone = new Uint8Array(1024);
  let left = 0;
  /** Open addressing by the first bytes of an id: row + 1, 0 for free, -1 for given up. */
  let slots = new Int32Array(4096);
  let used = 0;
  /** Whether the table is still to be made: a search that leaves nothing out needs none. */
  let unhashed = false;
  let rescored = 0;
  const encoded = new Int8Array(width);

  const idOf = (row: number): string => ids.toString('hex', row * ID_BYTES, (row + 1) * ID_BYTES);

  function slotOf(id: Buffer): number {
    if (unhashed) rehash();
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
  /** The table of all rows that are not gone, whose ids differ: nothing is compared. */
  function rehash(): void {
    const all = rows.size;
    used = all - left;
    const table = new Int32Array(2 ** Math.max(12, Math.ceil(Math.log2(used * 3 + 2))));
    const mask = table.length - 1;
    const words = new Uint32Array(ids.buffer, ids.byteOffset, ids.length / 4);
    for (let row = 0; row < all; row++) {
      if (gone[row] === 1) continue;
      let slot = (words[(row * ID_BYTES) / 4] as number) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = row + 1;
    }
    slots = table;
    unhashed = false;
  }
  function grow(count: number): void {
    if (count <= gone.length) return;
    const room = Math.ceil(Math.max(count, gone.length * 1.5));
    const [moreIds, moreGone] = [Buffer.alloc(room * ID_BYTES), new Uint8Array(room)];
    ids.copy(moreIds);
    moreGone.set(gone);
    [ids, gone] = [moreIds, moreGone];
  }
  function take(made: RowScan, madeIds: Buffer): void {
    rows.close();
    [rows, ids, gone, left] = [made, madeIds, new Uint8Array(madeIds.length / ID_BYTES), 0];
    generation++;
    unhashed = true;
  }

  function encode(v: Float32Array): { scale: number; loss: number } {
    let most = 0;
    for (const x of v) most = Math.max(most, Math.abs(x));
    const scale = Math.fround(most / 127) || 1;
    let lost = 0;
    for (let d = 0; d < dims; d++) {
      const code = Math.max(-127, Math.min(127, Math.round((v[d] as number) / scale)));
      encoded[d] = code;
      lost += ((v[d] as number) - scale * code) ** 2;
    }
    // Rounded up, so that the bound stays one.
    return { scale, loss: Math.sqrt(lost) * (1 + 1e-6) };
  }

  function encodeQuery(q: Float32Array): ScanQuery {
    const length = Math.sqrt(dot(q, q));
    let most = 0;
    for (const x of q) most = Math.max(most, Math.abs(x));
    // 32 bits hold every sum: |d.c| <= |d| |c| <= (length / step) * 127 * sqrt(width).
    const step = Math.max(most / 32_767, (length * 127 * Math.sqrt(width)) / 2 ** 30) || 1;
    const codes = new Int16Array(width);
    let lost = 0;
    for (let d = 0; d < dims; d++) {
      const code = Math.round((q[d] as number) / step);
      codes[d] = code;
      lost += ((q[d] as number) - step * code) ** 2;
    }
    // |c| is at most 127 sqrt(dims); for the usual vectors less, but f is so small that this costs nothing.
    return { codes, step, length, lost: Math.sqrt(lost), widest: 127 * Math.sqrt(dims), rounding: ROUNDING };
  }

  /** The rows to leave out of a search; undefined for none. */
  function leftOut(skip?: ReadonlySet<string>, only?: ReadonlySet<string>): Uint8Array | undefined {
    if (left === 0 && !skip?.size && !only) return undefined;
    const out = only ? new Uint8Array(rows.size).fill(1) : gone.slice(0, rows.size);
    const put = (id: string, value: number): void => {
      const row = rowOf(id);
      if (row >= 0) out[row] = value;
    };
    for (const id of only ?? []) put(id, 0);
    for (const id of skip ?? []) put(id, 1);
    return out;
  }

  /** The rows that are not gone, in blocks. */
  function* blocksLeft(): Generator<Uint8Array> {
    const count = rows.size - left;
    let block = new Uint8Array(0);
    let [filled, done, row] = [0, 0, 0];
    for (let i = 0; i < rows.blocks; i++) {
      const from = rows.block(i);
      const n = from.length / (8 + width);
      const isWhole = left === 0 || !gone.subarray(row, row + n).includes(1);
      if (filled === 0 && isWhole && (n === BLOCK_ROWS || done + n === count)) {
        yield from;
        done += n;
        row += n;
        continue;
      }
      for (let r = 0; r < n; r++, row++) {
        if (gone[row] === 1) continue;
        if (filled === 0) block = new Uint8Array(Math.min(BLOCK_ROWS, count - done) * (8 + width));
        const room = block.length / (8 + width);
        block.set(from.subarray(r * 4, r * 4 + 4), filled * 4);
        block.set(from.subarray((n + r) * 4, (n + r) * 4 + 4), (room + filled) * 4);
        block.set(from.subarray(8 * n + r * width, 8 * n + (r + 1) * width), 8 * room + filled * width);
        if (++filled < room) continue;
        yield block;
        done += filled;
        filled = 0;
      }
    }
  }
  function idsLeft(): Buffer {
    if (left === 0) return ids.subarray(0, rows.size * ID_BYTES);
    const out = Buffer.alloc((rows.size - left) * ID_BYTES);
    let at = 0;
    for (let row = 0; row < rows.size; row++)
      if (gone[row] === 0) at += ids.copy(out, at, row * ID_BYTES, (row + 1) * ID_BYTES);
    return out;
  }
  /** Copies the rows that are not gone, once they are the smaller part. */
  function compact(): void {
    if (left < BLOCK_ROWS || left * 2 < rows.size) return;
    const made = makeRows(width);
    try {
      for (const block of blocksLeft()) {
        const n = block.length / (8 + width);
        const floats = new Float32Array(block.buffer, block.byteOffset, 2 * n);
        const codes = new Int8Array(block.buffer, block.byteOffset + 8 * n, n * width);
        for (let r = 0; r < n; r++)
          made.append(
            floats[r] as number,
            floats[n + r] as number,
            codes.subarray(r * width, (r + 1) * width),
          );
      }
    } catch (error) {
      made.close();
      // The next search meets it too, and makes the index again.
      if (isDamage(error)) return;
      throw error;
    }
    take(made, Buffer.from(idsLeft()));
  }

  function clear(): void {
    take(makeRows(width), Buffer.alloc(1024 * ID_BYTES));
  }

  function add(id: string, vector: Float32Array): void {
    if (vector.length !== dims)
      throw new RangeError(`expected a vector of ${dims} numbers, got ${vector.length}`);
    const key = parse(id);
    if (unhashed || (used + 1) * 2 > slots.length) rehash();
    const slot = slotOf(key);
    const known = slots[slot] as number;
    const row = rows.size;
    grow(row + 1);
    const { scale, loss } = encode(vector);
    rows.append(scale, loss, encoded);
    key.copy(ids, row * ID_BYTES);
    slots[slot] = row + 1;
    if (known > 0) {
      gone[known - 1] = 1;
      left++;
      compact();
    } else used++;
  }

  /** The k best of the candidates, or null where one of them is gone by now. */
  function settle(found: { rows: Uint32Array; upper: Float64Array }, query: Float32Array, k: number) {
    const hits: Neighbour[] = [];
    const before = (a: Neighbour, b: Neighbour): boolean =>
      a.score > b.score || (a.score === b.score && a.id < b.id);
    for (const [i, row] of found.rows.entries()) {
      const worst = hits.length === k ? (hits[k - 1] as Neighbour) : undefined;
      if (worst && (found.upper[i] as number) < worst.score) break;
      if (gone[row] === 1) return null;
      const id = idOf(row);
      rescored++;
      const hit = { id, score: dot(exact(id), query) };
      if (worst && !before(hit, worst)) continue;
      let at = hits.length;
      while (at > 0 && before(hit, hits[at - 1] as Neighbour)) at--;
      hits.splice(at, 0, hit);
      if (hits.length > k) hits.pop();
    }
    return hits;
  }

  return {
    get size() {
      return rows.size - left;
    },
    get scan() {
      return rows.name;
    },
    get bytes() {
      return rows.bytes + ids.length + gone.length + slots.byteLength;
    },
    get rescored() {
      return rescored;
    },
    add,
    remove(id) {
      const slot = slotOf(parse(id));
      const row = (slots[slot] as number) - 1;
      if (row < 0) return;
      slots[slot] = -1;
      gone[row] = 1;
      left++;
      compact();
    },
    settled: () => Promise.resolve(),
    has: (id) => rowOf(id) >= 0,
    async search(query, k, skip, only) {
      if (query.length !== dims)
        throw new RangeError(`expected a query of ${dims} numbers, got ${query.length}`);
      const asked = encodeQuery(query);
      // Again where rows were removed or made anew while other threads scanned.
      for (;;) {
        const mine = generation;
        rescored = 0;
        try {
          const found = await rows.candidates(asked, k, leftOut(skip, only));
          const hits = mine === generation ? settle(found, query, k) : null;
          if (hits) return hits;
        } catch (error) {
          if (mine !== generation) continue;
          if (!isDamage(error)) throw error;
          if (!all) throw because('index_damaged', {}, { cause: error });
          clear();
          for (const { id, vector } of all()) add(id, vector);
        }
      }
    },
    snapshot() {
      const known = idsLeft();
      const size = rows.size - left;
      const names = Array.from({ length: size }, (_, i) =>
        known.toString('hex', i * ID_BYTES, (i + 1) * ID_BYTES),
      );
      const vectors = new Float32Array(size * dims);
      names.forEach((id, i) => {
        vectors.set(exact(id), i * dims);
      });
      return { ids: names, vectors, dims };
    },
    save: () => ({ size: rows.size - left, ids: idsLeft(), blocks: blocksLeft() }),
    load(file, fileIds) {
      const made = makeRows(width);
      made.open(file);
      take(made, fileIds);
    },
    clear,
  };
}
