import { describe, expect, it } from 'vitest';
import { bradleyTerry, krippendorff } from '../../../../../main/services/study/agreement.ts';

// Four observers, twelve units: the worked example of Krippendorff (2011), page 8, with its published values.
const rows = [
  '1 2 3 3 2 1 4 1 2 . . .',
  '1 2 3 3 2 2 4 1 2 5 . 3',
  '. 3 3 3 2 3 4 2 2 5 1 .',
  '1 2 3 3 2 4 4 1 2 5 1 .',
].map((line) => line.split(' ').map((x) => (x === '.' ? null : Number(x))));

describe("Krippendorff's alpha", () => {
  it.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
  ] as const)('has the published value on the %s scale', (metric, wanted) => {
    expect(krippendorff(rows, metric)).toBeCloseTo(wanted, 3);
  });
  it('is 1 for full agreement, below 0 for opposite answers', () => {
    expect(
      krippendorff(
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
        'ordinal',
      ),
    ).toBe(1);
    expect(
      krippendorff(
        [
          [0, 1],
          [1, 0],
        ],
        'nominal',
      ),
    ).toBeLessThan(0);
  });
  it('is nothing with one rater, without variation, without items', () => {
    expect(krippendorff([[1, 2, 3]], 'nominal')).toBeNull();
    expect(
      krippendorff(
        [
          [1, 1],
          [1, 1],
        ],
        'nominal',
      ),
    ).toBeNull();
    expect(krippendorff([], 'nominal')).toBeNull();
  });
});

describe('Bradley-Terry', () => {
  const contests = (a: number, b: number, won: number, lost: number) => [
    ...Array.from({ length: won }, () => ({ a, b, share: 1 })),
    ...Array.from({ length: lost }, () => ({ a, b, share: 0 })),
  ];
  it('of two players is the log odds of the wins, with half a win more for each', () => {
    const [zero, one] = bradleyTerry(contests(1, 0, 7, 2), 2);
    expect(zero).toBe(0);
    expect(one).toBeCloseTo(Math.log(7.5 / 2.5), 6);
  });
  it('solves its equations for three players', () => {
    const all = [...contests(0, 1, 6, 4), ...contests(1, 2, 7, 3), ...contests(0, 2, 8, 2)];
    const s = bradleyTerry(all, 3).map(Math.exp) as [number, number, number];
    // Each player's wins (with the extra halves) equal what the strengths expect of 11 contests with each other one.
    const expected = (i: number): number =>
      [0, 1, 2]
        .filter((j) => j !== i)
        .reduce((sum, j) => sum + (11 * (s[i] ?? 0)) / ((s[i] ?? 0) + (s[j] ?? 0)), 0);
    [6 + 8 + 1, 4 + 7 + 1, 3 + 2 + 1].forEach((wins, i) => {
      expect(expected(i)).toBeCloseTo(wins, 5);
    });
  });
  it('stays finite for who won all, and at 0 for who never met anybody', () => {
    const s = bradleyTerry(contests(1, 0, 5, 0), 3);
    expect(s[1]).toBeCloseTo(Math.log(5.5 / 0.5), 6);
    expect(Number.isFinite(s[2])).toBe(true);
  });
  it('takes "the same" as half a win for both', () => {
    expect(bradleyTerry([{ a: 0, b: 1, share: 0.5 }], 2)).toEqual([0, 0]);
  });
});
