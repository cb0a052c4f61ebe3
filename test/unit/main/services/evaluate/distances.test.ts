import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { frechet, kernelDistance, momentsOf } from '../../../../../main/services/evaluate/distances.ts';
import type { Features } from '../../../../../main/services/evaluate/distances.ts';

interface Case {
  readonly name: string;
  readonly dims: number;
  readonly a: number[];
  readonly b: number[];
  readonly frechet: number;
  readonly kernel: number;
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../../../golden/distances.json', import.meta.url), 'utf8'),
) as { cases: Case[] };
const features = (data: number[], dims: number): Features => ({ data: Float32Array.from(data), dims });

describe('distances of features', () => {
  it.each(cases.map((c) => [c.name, c] as const))('equal those of SciPy with %s', (_, c) => {
    const [a, b] = [features(c.a, c.dims), features(c.b, c.dims)];
    expect(Math.abs(frechet(a, momentsOf(b)) - c.frechet)).toBeLessThan(1e-5 * c.frechet);
    expect(Math.abs(kernelDistance(a, b) - c.kernel)).toBeLessThan(1e-9 * Math.max(1, Math.abs(c.kernel)));
  });
  it('there are such cases', () => {
    expect(cases).toHaveLength(3);
  });

  it('of one dimension by hand: means 1 and 4, variances 2 and 8', () => {
    // 3^2 + 2 + 8 - 2 sqrt(16) = 11
    expect(frechet(features([0, 2], 1), momentsOf(features([2, 6], 1)))).toBeCloseTo(11, 10);
  });
  it('the Frechet distance of a set to itself is 0', () => {
    const a = features((cases[0] as Case).a, 6);
    expect(Math.abs(frechet(a, momentsOf(a)))).toBeLessThan(1e-9);
  });
  it('of the kernel by hand', () => {
    // Pairs within: k(0,1) = 1, k(1,3) = 64; between: k(0,1) k(0,3) k(1,1) k(1,3) = 1 1 8 64.
    expect(kernelDistance(features([0, 1], 1), features([1, 3], 1))).toBeCloseTo(1 + 64 - 2 * (74 / 4), 10);
  });
  it('refuse features that do not fit, and a single picture', () => {
    expect(() => frechet(features([1, 2, 3, 4], 2), momentsOf(features([1, 2], 1)))).toThrow('dimensions');
    expect(() => kernelDistance(features([1, 2, 3, 4], 2), features([1, 2], 1))).toThrow('dimensions');
    expect(() => momentsOf(features([1, 2], 2))).toThrow('at least 2 rows');
  });
});
