import { describe, expect, it } from 'vitest';
import {
  differenceOf,
  shareOf,
  signFlip,
  uniform,
} from '../../../../../main/services/evaluate/statistics.ts';

const tallies = (...rows: [number, number][]) => rows.map(([hits, of]) => ({ hits, of }));

describe('shares with their intervals', () => {
  it('weigh details, not prompts', () => {
    expect(shareOf(tallies([1, 1], [1, 4]))?.value).toBeCloseTo(2 / 5, 12);
  });
  it('have no width where all prompts agree, and are the same again', () => {
    expect(shareOf(tallies([1, 2], [1, 2], [1, 2]))).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    const mixed = tallies([1, 1], [0, 1], [1, 1], [0, 1], [1, 1]);
    expect(shareOf(mixed)).toEqual(shareOf(mixed));
  });
  it('are as wide as the normal approximation says for many prompts', () => {
    const next = uniform(3);
    const many = Array.from({ length: 400 }, () => ({ hits: next() < 0.7 ? 1 : 0, of: 1 }));
    const { value, low, high } = shareOf(many) ?? { value: 0, low: 0, high: 0 };
    const half = 1.96 * Math.sqrt((value * (1 - value)) / 400);
    expect(low).toBeCloseTo(value - half, 1);
    expect(high).toBeCloseTo(value + half, 1);
    expect(high - low).toBeGreaterThan(1.6 * half);
  });
  it('are wider where details of a prompt go together', () => {
    const next = uniform(4);
    const apart = Array.from({ length: 300 }, () => ({ hits: next() < 0.5 ? 1 : 0, of: 1 }));
    const together = Array.from({ length: 100 }, (_, i) => ({ hits: (apart[i]?.hits ?? 0) * 3, of: 3 }));
    const width = (t: typeof apart): number => {
      const { low, high } = shareOf(t) ?? { low: 0, high: 0 };
      return high - low;
    };
    expect(width(together)).toBeGreaterThan(1.3 * width(apart));
  });
  it('of nothing are nothing', () => {
    expect(shareOf(tallies([0, 0]))).toBeNull();
    expect(differenceOf(tallies([0, 0]), tallies([0, 0]))).toBeNull();
  });
});

describe('paired differences', () => {
  it('have no width where every prompt gains the same', () => {
    const { value, low, high } = differenceOf(tallies([2, 4], [3, 4]), tallies([1, 4], [2, 4])) ?? {};
    expect([value, low, high]).toEqual([0.25, 0.25, 0.25]);
  });
  it('are narrower than two intervals side by side where arms go together', () => {
    const next = uniform(5);
    const b = Array.from({ length: 200 }, () => ({ hits: next() < 0.5 ? 3 : 0, of: 4 }));
    const a = b.map((t) => ({ hits: t.hits + (next() < 0.5 ? 1 : 0), of: 4 }));
    const paired = differenceOf(a, b);
    expect((paired?.high ?? 1) - (paired?.low ?? 0)).toBeLessThan(0.04);
    expect(paired?.low).toBeGreaterThan(0);
    expect(paired?.p).toBeLessThan(0.001);
  });
  it('of different prompts are refused', () => {
    expect(() => differenceOf(tallies([1, 2]), tallies([1, 3]))).toThrow('same prompts');
    expect(() => differenceOf(tallies([1, 2]), [])).toThrow('same prompts');
  });
});

describe('the sign-flip test', () => {
  it('counts all flips of few pairs: 1 + 2 + 3 is reached by 2 of 8', () => {
    expect(signFlip([1, 2, 3])).toBe(2 / 8);
  });
  it('counts by hand with a loss: |1 + 2 - 1| is reached by 6 of 8', () => {
    // Sums of (+-1, +-2, +-1): 4 2 2 0 and their opposites; |sum| >= 2 is true for 6 of 8.
    expect(signFlip([1, 2, -1])).toBe(6 / 8);
  });
  it('leaves out pairs without difference, and is 1 for nothing', () => {
    expect(signFlip([0, 1, 2, 3, 0])).toBe(2 / 8);
    expect(signFlip([0, 0])).toBe(1);
  });
  it('of many pairs is near the normal value', () => {
    // 60 wins and 40 losses of 1: z = 2, p = 0.0455 (0.057 with its steps).
    const p = signFlip([...Array<number>(60).fill(1), ...Array<number>(40).fill(-1)]);
    expect(p).toBeGreaterThan(0.04);
    expect(p).toBeLessThan(0.07);
  });
});
