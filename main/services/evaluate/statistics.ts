/**
 * Intervals and tests over prompts. Details of one prompt succeed or fail together, so prompts are drawn again, never
 * details; two arms are compared on the same prompts, drawn together.
 */
import { mean, quantileSorted } from 'simple-statistics';

/** What one prompt gives: hits of so many chances, e.g. details shown of details wanted, over its seeds. */
export interface Tally {
  readonly hits: number;
  readonly of: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export const DRAWS = 2000;

/** Uniform numbers in [0, 1) from a seed (mulberry32), so that a report is the same again. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values of `statistic` over `draws` samples with replacement of 0 .. n-1, sorted. */
function resampled(
  n: number,
  draws: number,
  seed: number,
  statistic: (rows: Uint32Array) => number,
): number[] {
  const next = uniform(seed);
  const rows = new Uint32Array(n);
  const out: number[] = [];
  for (let d = 0; d < draws; d++) {
    for (let i = 0; i < n; i++) rows[i] = Math.floor(next() * n);
    out.push(statistic(rows));
  }
  return out.sort((a, b) => a - b);
}

const around = (value: number, sorted: number[]): Interval => ({
  value,
  low: quantileSorted(sorted, 0.025),
  high: quantileSorted(sorted, 0.975),
});

function ratio(hits: (i: number) => number, of: (i: number) => number, rows: Iterable<number>): number {
  let [a, b] = [0, 0];
  for (const i of rows) {
    a += hits(i);
    b += of(i);
  }
  return b === 0 ? 0 : a / b;
}

/** Share of hits with a 95 % percentile bootstrap over prompts; null when there is nothing to hit. */
export function shareOf(tallies: readonly Tally[], draws = DRAWS, seed = 1): Interval | null {
  if (tallies.every((t) => t.of === 0)) return null;
  const at = (rows: Iterable<number>): number =>
    ratio(
      (i) => tallies[i]?.hits ?? 0,
      (i) => tallies[i]?.of ?? 0,
      rows,
    );
  return around(at(tallies.keys()), resampled(tallies.length, draws, seed, at));
}

/**
 * Share of a minus share of b over the same prompts, with its interval and a two-sided p. Throws RangeError when the two
 * do not have the same prompts and chances; null when there is nothing to hit.
 */
export function differenceOf(
  a: readonly Tally[],
  b: readonly Tally[],
  draws = DRAWS,
  seed = 1,
): (Interval & { readonly p: number }) | null {
  if (a.length !== b.length || a.some((t, i) => t.of !== b[i]?.of))
    throw new RangeError('two arms can only be compared on the same prompts, seeds and details');
  if (a.every((t) => t.of === 0)) return null;
  const gaps = a.map((t, i) => t.hits - (b[i]?.hits ?? 0));
  const at = (rows: Iterable<number>): number =>
    ratio(
      (i) => gaps[i] ?? 0,
      (i) => a[i]?.of ?? 0,
      rows,
    );
  return {
    ...around(at(a.keys()), resampled(a.length, draws, seed, at)),
    p: signFlip(gaps, 4 * draws, seed),
  };
}

/**
 * Two-sided p of the paired differences by random sign flips: how often chance alone gives a mean as far from 0. All
 * flips are counted for up to 12 pairs that differ, else `draws` random ones (p is then at least 1 / (draws + 1)).
 */
export function signFlip(differences: readonly number[], draws = 4 * DRAWS, seed = 1): number {
  const gaps = differences.filter((d) => d !== 0);
  if (gaps.length === 0) return 1;
  const seen = Math.abs(gaps.reduce((s, d) => s + d, 0)) - 1e-9;
  const flipped = (minus: (i: number) => boolean): boolean =>
    Math.abs(gaps.reduce((s, d, i) => s + (minus(i) ? -d : d), 0)) >= seen;
  if (gaps.length <= 12) {
    const all = 2 ** gaps.length;
    let far = 0;
    for (let k = 0; k < all; k++) if (flipped((i) => ((k >> i) & 1) === 1)) far++;
    return far / all;
  }
  const next = uniform(seed + 1);
  let far = 0;
  for (let d = 0; d < draws; d++) if (flipped(() => next() < 0.5)) far++;
  return (far + 1) / (draws + 1);
}

/** Mean of numbers, 0 of none. */
export const average = (values: readonly number[]): number => (values.length === 0 ? 0 : mean([...values]));
