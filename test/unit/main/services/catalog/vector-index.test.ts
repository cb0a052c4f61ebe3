import { describe, expect, it } from 'vitest';
import {
  exactIndex,
  namedShare,
  nullExcess,
  nullShare,
  shownShare,
  strengthOf,
  verdictOf,
} from '../../../../../main/services/catalog/index.ts';

/** Unit vectors from a fixed sequence. */
function vectors(n: number, dims: number): Float32Array[] {
  let state = 7;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;
  return Array.from({ length: n }, () => {
    const x = Float32Array.from({ length: dims }, next);
    const norm = Math.hypot(...x);
    return x.map((v) => v / norm);
  });
}

describe('exact nearest neighbours', () => {
  it('are those of a full sort, at every k, with ties by id', () => {
    const rows = vectors(3000, 16);
    const index = exactIndex(16);
    rows.forEach((v, i) => {
      index.add(`id-${String(i).padStart(4, '0')}`, v);
    });
    index.add('id-9999', rows[5] as Float32Array);
    const query = rows[5] as Float32Array;
    const all = [...rows, query]
      .map((v, i) => ({
        id: i === 3000 ? 'id-9999' : `id-${String(i).padStart(4, '0')}`,
        score: v.reduce((s, x, d) => s + x * (query[d] as number), 0),
      }))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
    for (const k of [1, 2, 10, 200])
      expect(index.search(query, k).map((n) => n.id)).toEqual(all.slice(0, k).map((n) => n.id));
    expect(index.search(query, 2).map((n) => n.id)).toEqual(['id-0005', 'id-9999']);
    expect(index.search(query, 10_000)).toHaveLength(3001);
    expect(index.search(query, 0)).toEqual([]);
  });

  it('leave out what is skipped, and fill up with the next', () => {
    const index = exactIndex(2);
    index.add('a', Float32Array.of(1, 0));
    index.add('b', Float32Array.of(0.8, 0.6));
    index.add('c', Float32Array.of(0, 1));
    expect(index.search(Float32Array.of(1, 0), 2, new Set(['a'])).map((n) => n.id)).toEqual(['b', 'c']);
  });

  it('replaces the vector of an id, and can be taken away as a whole', () => {
    const index = exactIndex(2);
    index.add('a', Float32Array.of(1, 0));
    index.add('b', Float32Array.of(0, 1));
    index.add('a', Float32Array.of(0, -1));
    expect(index.size).toBe(2);
    expect(index.search(Float32Array.of(1, 0), 1)[0]?.score).toBe(0);
    expect(index.snapshot()).toEqual({ ids: ['a', 'b'], vectors: Float32Array.of(0, -1, 0, 1), dims: 2 });
    expect(() => {
      index.add('c', Float32Array.of(1));
    }).toThrow(/expected a vector of 2 numbers, got 1/);
  });

  it('looks through 20,000 vectors of 192 numbers in well under a second', () => {
    const index = exactIndex(192);
    const rows = vectors(500, 192);
    for (let i = 0; i < 20_000; i++) index.add(String(i), rows[i % 500] as Float32Array);
    const began = performance.now();
    index.search(rows[3] as Float32Array, 10);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('strength', () => {
  const quantiles = Array.from({ length: 101 }, (_, i) => i / 100);
  const few = { phrases: 1, images: 1, quantiles };

  it('is the share of null scores below, to the power of the number of images', () => {
    expect(nullShare(quantiles, 0.25)).toBeCloseTo(0.25, 12);
    expect(nullShare(quantiles, 0.255)).toBeCloseTo(0.255, 12);
    expect([
      nullShare(quantiles, -1),
      nullShare(quantiles, 0),
      nullShare(quantiles, 1),
      nullShare(quantiles, 2),
    ]).toEqual([0, 0, 1, 1]);
    expect(strengthOf(few, 0.99, 100, null, null)).toBeCloseTo(0.99 ** 100, 10);
    expect(strengthOf(few, 0.5, 0, null, null)).toBe(0.5);
  });

  it('rises with the score and falls with the number of images', () => {
    expect(strengthOf(few, 0.9, 10, null, null)).toBeGreaterThan(strengthOf(few, 0.8, 10, null, null));
    expect(strengthOf(few, 0.9, 10, null, null)).toBeGreaterThan(strengthOf(few, 0.9, 100, null, null));
  });

  it('falls like an exponential beyond the 99 %, to one score in all at the largest, and further', () => {
    const many = { phrases: 300, images: 2000, quantiles };
    expect(nullExcess(many, 0.5)).toBeCloseTo(0.5, 12);
    expect(nullExcess(many, 0.99)).toBeCloseTo(0.01, 12);
    expect(nullExcess(many, 1)).toBeCloseTo(1 / 600_000, 12);
    expect(nullExcess(many, 0.995)).toBeCloseTo(Math.sqrt(0.01 / 600_000), 12);
    expect(nullExcess(many, 1.01)).toBeLessThan(1 / 600_000);
    expect(strengthOf(many, 1, 600_000, null, null)).toBeCloseTo(Math.exp(-1), 4);
  });

  it('is at most the share of null phrases that lie farther from all that the pack can name', () => {
    const named = { ...few, nearest: quantiles.map((q) => q / 2) };
    expect(namedShare(named, 0.2)).toBeCloseTo(0.4, 12);
    expect(strengthOf(named, 0.99, 1, 0.2, null)).toBeCloseTo(0.4, 12);
    expect(strengthOf(named, 0.3, 1, 0.2, null)).toBeCloseTo(0.3, 12);
    expect(strengthOf(named, 0.99, 100, 0.9, null)).toBeCloseTo(0.99 ** 100, 10);
    // A pack without the list is judged by the score alone.
    expect(namedShare(few, 0.2)).toBe(1);
    expect(namedShare(named, null)).toBe(1);
  });

  it('is how surely the image shows the phrase where the pack can tell, whatever the score', () => {
    const named = { ...few, nearest: quantiles };
    expect(strengthOf(named, 0.01, 1000, 1, 0.97)).toBe(0.97);
    expect(strengthOf(named, 0.99, 1, 1, 0.02)).toBe(0.02);
    expect(strengthOf(named, 0.99, 1, 0.4, 0.97)).toBeCloseTo(0.4, 12);
  });

  it('shows a phrase as much as the weakest value of the reading that it shows best', () => {
    const weights = Float32Array.of(10, 0, 0, 20, 0, -20);
    const bias = Float32Array.of(-5, -10, -10);
    const image = Float32Array.of(0.6, 0.8);
    const odds = (x: number): number => 1 / (1 + Math.exp(-x));
    const shown = (...readings: number[][]) => shownShare({ weights, bias, readings }, image);
    expect(shown([0])).toBeCloseTo(odds(1), 6);
    expect(shown([0, 1])).toBeCloseTo(odds(1), 6);
    expect(shown([0, 1, 2])).toBeCloseTo(odds(-26), 12);
    expect(shown([0], [1], [2])).toBeCloseTo(odds(6), 6);
    expect(shown([0, 1], [2])).toBeCloseTo(odds(1), 6);
  });

  it('bears quantiles that stand still', () => {
    const flat = quantiles.map((q) => Math.min(0.5, q));
    expect(nullShare(flat, 0.49)).toBeCloseTo(0.49, 12);
    expect(nullShare(flat, 0.5)).toBe(1);
  });

  it('gives the verdict of a chip', () => {
    expect([0.96, 0.95, 0.7, 0.5, 0.49, 0].map(verdictOf)).toEqual([
      'good',
      'good',
      'weak',
      'weak',
      'none',
      'none',
    ]);
  });
});
