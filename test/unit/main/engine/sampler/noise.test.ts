import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bankNoise, normals, substream } from '../../../../../main/engine/sampler/index.ts';

interface Golden {
  readonly normals: { seed: string; values: number[] }[];
  readonly substreams: { seed: string; k: number; value: string }[];
  readonly far: { seed: string; n: number; at: number[]; values: number[]; sum: number };
}
const golden = JSON.parse(
  readFileSync(new URL('../../../../golden/noise.json', import.meta.url), 'utf8'),
) as Golden;

/** log, cos and sin of two C libraries may differ in the last place of a float64, hence one place of a float32. */
const near = (a: number, b: number): void => {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(2 ** -22 * Math.max(1, Math.abs(b)));
};

describe('noise', () => {
  it('gives the numbers that training has', () => {
    for (const { seed, values } of golden.normals) {
      const own = normals(BigInt(seed), values.length);
      values.forEach((v, i) => {
        near(own[i] as number, v);
      });
    }
    const { seed, n, at, values, sum } = golden.far;
    const own = normals(BigInt(seed), n);
    at.forEach((place, i) => {
      near(own[place] as number, values[i] as number);
    });
    expect(own.reduce((s, v) => s + v, 0)).toBeCloseTo(sum, 3);
  });

  it('gives the sub-streams that training has', () => {
    for (const { seed, k, value } of golden.substreams)
      expect(substream(BigInt(seed), k)).toBe(BigInt(value));
  });

  it('is a prefix: fewer numbers are the first of more', () => {
    expect(normals(7n, 5)).toEqual(normals(7n, 12).subarray(0, 5));
  });

  it('is standard normal', () => {
    const x = normals(42n, 40_000);
    const mean = x.reduce((s, v) => s + v, 0) / x.length;
    const variance = x.reduce((s, v) => s + v * v, 0) / x.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  it('chooses a bank image by content hash alone', () => {
    const bank = { seed: 1n, count: 8 };
    const hash = `0000000b${'f'.repeat(56)}`; // 11 mod 8 = 3
    expect(bankNoise(bank, hash, 4)).toEqual(normals(substream(1n, 3), 48));
    expect(bankNoise(bank, `00000003${'0'.repeat(56)}`, 4)).toEqual(bankNoise(bank, hash, 4));
    expect(bankNoise(bank, `00000004${'0'.repeat(56)}`, 4)).not.toEqual(bankNoise(bank, hash, 4));
  });
});
