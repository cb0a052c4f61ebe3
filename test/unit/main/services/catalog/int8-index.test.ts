import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exactIndex, nativeRows } from '../../../../../main/services/catalog/index.ts';
import { int8Index } from '../../../../../main/services/catalog/int8-index.ts';
import type { MakeRows } from '../../../../../main/services/catalog/index.ts';
import { wasmRows } from '../../../../../main/services/catalog/scan-wasm.ts';
import { kernel } from '../../../../native/support.ts';
import { makeScanKernel } from '../../../../../main/services/catalog/scan-kernel.ts';

const idOf = (n: number): string => createHash('sha256').update(String(n)).digest('hex');
const unit = (x: Float32Array): Float32Array => {
  const norm = Math.hypot(...x) || 1;
  return x.map((v) => v / norm);
};

/** Uniform numbers in 0 .. 1 from a seed, fast rather than good. */
function uniforms(seed: number): () => number {
  let state = seed * 7919 + 17;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** n unit vectors around `clusters` centres, the closer the smaller `spread`. */
function vectors(n: number, dims: number, clusters: number, spread: number, seed: number): Float32Array[] {
  const draw = uniforms(seed);
  const flat = () => Float32Array.from({ length: dims }, () => draw() - 0.5);
  const centres = Array.from({ length: clusters }, () => unit(flat()));
  return Array.from({ length: n }, (_, i) => {
    const noise = unit(flat());
    return unit((centres[i % clusters] as Float32Array).map((c, d) => c + spread * (noise[d] as number)));
  });
}

/** Both indexes over the same vectors. */
function both(all: readonly Float32Array[], dims: number, rows: MakeRows) {
  const kept = new Map<string, Float32Array>();
  const made = int8Index(dims, (id) => kept.get(id) as Float32Array, { rows });
  const reference = exactIndex(dims);
  const add = (n: number, v: Float32Array): void => {
    kept.set(idOf(n), v);
    made.add(idOf(n), v);
    reference.add(idOf(n), v);
  };
  all.forEach((v, n) => {
    add(n, v);
  });
  return { made, reference, add, kept };
}

describe('the scan kernel', () => {
  it.each([16, 32, 48, 512])('gives the inner products of whole numbers at width %i', (width) => {
    const { memory, scan } = makeScanKernel(2);
    const rows = 37;
    const draw = uniforms(width);
    const query = new Int16Array(memory.buffer, 0, width).map(() => Math.round((draw() - 0.5) * 65_534));
    const codes = new Int8Array(memory.buffer, 2048, rows * width).map(() =>
      Math.round((draw() - 0.5) * 254),
    );
    new Int16Array(memory.buffer, 0, width).set(query);
    new Int8Array(memory.buffer, 2048, rows * width).set(codes);
    scan(0, 2048, width, rows, 65_536);
    const expected = Array.from({ length: rows }, (_, r) =>
      query.reduce((sum, q, d) => sum + q * (codes[r * width + d] as number), 0),
    );
    expect([...new Int32Array(memory.buffer, 65_536, rows)]).toEqual(expected);
  });
});

const scans: [string, MakeRows][] = [
  ['WebAssembly', wasmRows],
  ['the native scan', nativeRows((width) => kernel().scan.rows(width))],
];

describe.each(scans)('the index of 8-bit codes over %s', (_, rows) => {
  it.each([
    [3, 500, 5, 0.4],
    [17, 1500, 40, 0.2],
    [192, 600, 20, 0.05],
    [192, 600, 1, 0.004],
  ])(
    'finds exactly what a full scan in float32 finds (%i dims, %i vectors)',
    async (dims, n, clusters, spread) => {
      const all = vectors(n, dims, clusters, spread, 1);
      const { made, reference } = both(all, dims, rows);
      const queries = [...vectors(4, dims, 3, 0.5, 2), ...all.slice(0, 2), new Float32Array(dims)];
      for (const query of queries)
        for (const k of [1, 10, 50, n + 5]) {
          expect(await made.search(query, k)).toEqual(reference.search(query, k));
        }
    },
  );

  it('breaks ties by id, skips and restricts, and settles few rows where scores differ', async () => {
    const all = vectors(2000, 64, 400, 0.6, 3);
    const { made, reference, add } = both(all, 64, rows);
    for (let n = 2000; n < 2020; n++) add(n, all[7] as Float32Array);
    const query = all[7] as Float32Array;
    expect(await made.search(query, 12)).toEqual(reference.search(query, 12));
    expect(made.rescored).toBeLessThan(300);
    const skip = new Set(reference.search(query, 10).map((h) => h.id));
    const only = new Set(all.flatMap((_, n) => (n % 3 === 0 ? [idOf(n)] : [])));
    expect(await made.search(query, 20, skip)).toEqual(reference.search(query, 20, skip));
    expect(await made.search(query, 20, skip, only)).toEqual(reference.search(query, 20, skip, only));
    expect(await made.search(query, 5, undefined, new Set())).toEqual([]);
  });

  it('stays right while vectors come, change and go', async () => {
    const all = vectors(600, 24, 6, 0.3, 4);
    const { made, reference, add } = both(all.slice(0, 100), 24, rows);
    const draw = uniforms(5);
    for (let step = 0; step < 1500; step++) {
      const n = Math.floor(draw() * 600);
      if (draw() < 0.4) {
        made.remove(idOf(n));
        reference.remove(idOf(n));
      } else add(n, all[Math.floor(draw() * 600)] as Float32Array);
      if (step % 100 > 0) continue;
      const query = all[step % 600] as Float32Array;
      expect(made.size).toBe(reference.size);
      expect(await made.search(query, 15)).toEqual(reference.search(query, 15));
    }
    expect(made.has(idOf(601))).toBe(false);
    const { ids, vectors: flat } = made.snapshot();
    expect(ids).toHaveLength(reference.size);
    expect(flat.length).toBe(ids.length * 24);
  });

  it('takes dims + 8 bytes an image beside its id, and refuses other lengths and ids', async () => {
    const { made } = both(vectors(2000, 64, 50, 0.5, 6), 64, rows);
    const { ids, blocks } = made.save();
    expect(ids.length).toBe(2000 * 32);
    expect([...blocks].reduce((sum, block) => sum + block.length, 0)).toBe(2000 * (64 + 8));
    // Room to grow in, counted in whole megabytes.
    expect(made.bytes).toBeLessThan(2000 * (64 + 8 + 32) * 2 + 8 * 2 ** 20);
    expect(() => made.add(idOf(1), new Float32Array(3))).toThrow(/64 numbers/);
    expect(() => made.add('short', new Float32Array(64))).toThrow(/64 hex/);
    await expect(made.search(new Float32Array(3), 1)).rejects.toThrow(/64 numbers/);
  });
});
