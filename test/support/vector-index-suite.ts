/** What every vector index must do: the same ids in the same order as a full scan, wherever the vectors lie. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exactIndex } from '../../main/services/catalog/index.ts';
import type { LocalIndex, VectorIndex } from '../../main/services/catalog/index.ts';

export const idOf = (n: number): string => createHash('sha256').update(String(n)).digest('hex');

const unit = (x: Float32Array): Float32Array => {
  const norm = Math.hypot(...x) || 1;
  return x.map((v) => v / norm);
};

/** Uniform numbers in 0 .. 1 from a seed, fast rather than good. */
export function uniforms(seed: number): () => number {
  let state = seed * 7919 + 17;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** n unit vectors around `clusters` centres, the closer the smaller `spread`. */
export function unitVectors(
  n: number,
  dims: number,
  clusters: number,
  spread: number,
  seed: number,
): Float32Array[] {
  const draw = uniforms(seed);
  const flat = () => Float32Array.from({ length: dims }, () => draw() - 0.5);
  const centres = Array.from({ length: clusters }, () => unit(flat()));
  return Array.from({ length: n }, (_, i) => {
    const noise = unit(flat());
    return unit((centres[i % clusters] as Float32Array).map((c, d) => c + spread * (noise[d] as number)));
  });
}

/** An index to be tested, with `kept` as the place where it may look up float32 vectors. */
export type MakeIndex = (dims: number, kept: ReadonlyMap<string, Float32Array>) => Promise<VectorIndex>;

export function indexSuite(name: string, make: MakeIndex): void {
  /** The index beside a full scan over the same vectors. */
  async function both(all: readonly Float32Array[], dims: number) {
    const kept = new Map<string, Float32Array>();
    const made = await make(dims, kept);
    const scan: LocalIndex = exactIndex(dims);
    const add = (n: number, v: Float32Array): void => {
      kept.set(idOf(n), v);
      made.add(idOf(n), v);
      scan.add(idOf(n), v);
    };
    all.forEach((v, n) => {
      add(n, v);
    });
    return { made, scan, add };
  }

  describe(`${name} as a vector index`, () => {
    it.each([
      [3, 300, 5, 0.4],
      [17, 400, 40, 0.2],
      [192, 300, 20, 0.05],
      // Scores that float32 cannot tell apart.
      [192, 300, 1, 0.0004],
    ])(
      'finds what a full scan finds, in its order (%i dims, %i vectors)',
      async (dims, n, clusters, spread) => {
        const all = unitVectors(n, dims, clusters, spread, 1);
        const { made, scan } = await both(all, dims);
        for (const query of [
          ...unitVectors(2, dims, 3, 0.5, 2),
          all[0] as Float32Array,
          new Float32Array(dims),
        ])
          for (const k of [1, 10, 50, n + 5])
            expect(await made.search(query, k)).toEqual(scan.search(query, k));
      },
    );

    it('breaks ties by id, leaves out what is skipped, and keeps to what is asked for', async () => {
      const all = unitVectors(300, 64, 60, 0.6, 3);
      const { made, scan, add } = await both(all, 64);
      for (let n = 300; n < 380; n++) add(n, all[7] as Float32Array);
      const query = all[7] as Float32Array;
      expect(await made.search(query, 12)).toEqual(scan.search(query, 12));
      const skip = new Set(scan.search(query, 10).map((h) => h.id));
      const only = new Set(all.flatMap((_, n) => (n % 3 === 0 ? [idOf(n)] : [])));
      expect(await made.search(query, 20, skip)).toEqual(scan.search(query, 20, skip));
      expect(await made.search(query, 20, skip, only)).toEqual(scan.search(query, 20, skip, only));
      expect(await made.search(query, 500, undefined, only)).toHaveLength(only.size);
      expect(await made.search(query, 5, undefined, new Set())).toEqual([]);
      expect(await made.search(query, 0)).toEqual([]);
    });

    it('stays right while vectors come, change and go', async () => {
      const all = unitVectors(200, 24, 6, 0.3, 4);
      const { made, scan, add } = await both(all.slice(0, 100), 24);
      const draw = uniforms(5);
      for (let step = 0; step < 400; step++) {
        const n = Math.floor(draw() * 200);
        if (draw() < 0.4) {
          made.remove(idOf(n));
          scan.remove(idOf(n));
        } else add(n, all[Math.floor(draw() * 200)] as Float32Array);
        if (step % 80 > 0) continue;
        const query = all[step % 200] as Float32Array;
        expect(await made.search(query, 15)).toEqual(scan.search(query, 15));
        expect(made.size).toBe(scan.size);
        const id = idOf(step % 200);
        expect(await made.has(id)).toBe(scan.has(id));
      }
      expect(await made.has(idOf(601))).toBe(false);
    });

    it('gives all it holds, to be kept', async () => {
      const all = unitVectors(40, 8, 4, 0.5, 6);
      const { made } = await both(all, 8);
      await made.settled();
      const { ids, vectors, dims } = await made.snapshot();
      expect([...ids].sort()).toEqual(all.map((_, n) => idOf(n)).sort());
      expect(dims).toBe(8);
      all.forEach((v, n) => {
        const at = ids.indexOf(idOf(n));
        expect(vectors.slice(at * 8, (at + 1) * 8)).toEqual(v);
      });
    });

    it('refuses vectors and queries of another length', async () => {
      const { made } = await both([], 8);
      expect(() => {
        made.add(idOf(1), new Float32Array(3));
      }).toThrow(/expected a vector of 8 numbers, got 3/);
      await expect((async () => made.search(new Float32Array(3), 1))()).rejects.toThrow(/8 numbers, got 3/);
    });
  });
}
