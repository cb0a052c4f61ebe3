import { describe, expect, it } from 'vitest';
import { cotangent, scaleAt, scaledGradient } from '../../../../../main/engine/gradient/semantic-gradient.ts';
import type { PhraseReferences } from '../../../../../main/engine/gradient/semantic-gradient.ts';
import type { GradientKernel } from '../../../../../main/engine/ports.ts';
import { normals } from '../../../../../main/engine/sampler/index.ts';
import { DIMS, SIZE, tinyEmbedding, tinyGradient } from '../../../../support/tiny-pack.ts';

const vector = (seed: number): Float32Array => normals(BigInt(seed), DIMS);
const phrase = (weight: number, ...references: [number, number][]): PhraseReferences => ({
  weight,
  references: references.map(([seed, w]) => ({ embedding: vector(seed), weight: w })),
});
const image = normals(99n, 3 * SIZE * SIZE);
const scale = { levels: [0, 500, 1000], rms: [0.1, 0.3, 0.2], clip: 1e9 };
const near = (a: Float32Array, b: Float32Array, most: number): void => {
  a.forEach((v, i) => {
    expect(Math.abs(v - (b[i] as number))).toBeLessThanOrEqual(most);
  });
};

/** The tiny pack's encoder by its formula, counting its calls. */
function counting(): GradientKernel & { calls: number } {
  const kernel = {
    calls: 0,
    vjp: async (x: Float32Array, c: Float32Array) => {
      kernel.calls++;
      return { gradient: tinyGradient(x, c), embedding: tinyEmbedding(x) };
    },
  };
  return kernel;
}

describe('semantic-induced gradient (Eqs. 9, 10)', () => {
  it('is the derivative of the similarity', () => {
    const c = vector(1);
    const g = tinyGradient(image, c);
    const similarity = (x: Float32Array): number =>
      tinyEmbedding(x).reduce((s, v, d) => s + v * (c[d] as number), 0);
    for (const i of [0, 77, 191]) {
      const h = 0.05;
      const up = image.slice();
      const down = image.slice();
      up[i] = (up[i] as number) + h;
      down[i] = (down[i] as number) - h;
      expect((similarity(up) - similarity(down)) / (2 * h)).toBeCloseTo(g[i] as number, 4);
    }
  });

  it('averages the references of a phrase by their weights and adds the weighted phrases', () => {
    const got = cotangent([phrase(1.5, [1, 1], [2, 3]), phrase(0.5, [3, 1])], DIMS);
    const [a, b, c] = [vector(1), vector(2), vector(3)];
    near(
      got,
      a.map((v, d) => 1.5 * (0.25 * v + 0.75 * (b[d] as number)) + 0.5 * (c[d] as number)),
      1e-6,
    );
  });

  it('takes nothing from phrases without weight or references', () => {
    const bare = cotangent([phrase(1, [1, 1])], DIMS);
    expect(cotangent([phrase(1, [1, 1]), phrase(0, [2, 1]), phrase(2), phrase(1, [3, 0])], DIMS)).toEqual(
      bare,
    );
    expect(cotangent([], DIMS)).toEqual(new Float32Array(DIMS));
  });

  it('one VJP equals the sum of one VJP per reference, however many emphases', async () => {
    const phrases = [phrase(1.4, [1, 1], [2, 1]), phrase(0.7, [3, 2], [4, 1]), phrase(1, [5, 1])];
    const kernel = counting();
    const once = await scaledGradient(kernel, image, 500, cotangent(phrases, DIMS), scale);
    expect(kernel.calls).toBe(1);
    const sum = new Float32Array(image.length);
    for (const { weight, references } of phrases) {
      const total = references.reduce((s, r) => s + r.weight, 0);
      for (const r of references)
        tinyGradient(image, r.embedding).forEach((v, i) => {
          sum[i] = (sum[i] as number) + (weight * r.weight * v) / total / 0.3;
        });
    }
    near(once, sum, 1e-6);
  });

  it('keeps strength: twice the weight is twice the gradient, never normalised by its own size', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map((w) => scaledGradient(counting(), image, 300, cotangent([phrase(w, [1, 1])], DIMS), scale)),
    );
    near(
      two as Float32Array,
      (one as Float32Array).map((v) => 2 * v),
      1e-6,
    );
  });

  it('divides by one constant per level, linear between the listed ones, held outside', () => {
    expect([0, 250, 500, 750, 1000].map((t) => scaleAt(scale, t))).toEqual([0.1, 0.2, 0.3, 0.25, 0.2]);
    expect(scaleAt({ levels: [100, 900], rms: [1, 3], clip: 1 }, 0)).toBe(1);
    expect(scaleAt({ levels: [100, 900], rms: [1, 3], clip: 1 }, 1000)).toBe(3);
  });

  it('clips what remains, but lets NaN and infinity through to the guard', async () => {
    const wild = Float32Array.of(100, -100, 0.01, Number.NaN, Number.POSITIVE_INFINITY);
    const kernel: GradientKernel = { vjp: async () => ({ gradient: wild, embedding: vector(1) }) };
    const g = await scaledGradient(kernel, image, 500, cotangent([phrase(1, [1, 1])], DIMS), {
      ...scale,
      clip: 5,
    });
    expect([...g.subarray(0, 2)]).toEqual([5, -5]);
    expect(g[2]).toBeCloseTo(0.01 / 0.3, 6);
    expect([...g.subarray(3)].some(Number.isFinite)).toBe(false);
  });
});
