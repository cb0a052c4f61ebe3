/**
 * Calibrated strength. A raw score says little: the best of many images scores high by chance. The pack carries the scores
 * of phrases that name nothing in its world against single images (quantiles of F). The best of N such scores stays below s
 * with chance F(s)^N, and that chance is the strength: 0.95 means that 5 % of empty phrases would find something as good in
 * a folder of this size. Images are treated as independent, which makes it lean to the strict side.
 *
 * That chance is right for a phrase of the pack's world that this folder lacks. A phrase from outside that world is not
 * independent of the images: where its embedding happens to lie, a whole kind of image scores high. So a second question
 * is asked of the phrase alone, whether it lies as near to something that the pack can name as null phrases never do, and a
 * reference is as good as the weaker of both answers (an intersection-union test: Berger 1982).
 */

/** F(s): share of null scores below s, linear between the pack's 101 quantiles. */
export function nullShare(quantiles: readonly number[], score: number): number {
  const last = quantiles.length - 1;
  if (score <= (quantiles[0] as number)) return 0;
  if (score >= (quantiles[last] as number)) return 1;
  let lo = 0;
  let hi = last;
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if ((quantiles[mid] as number) <= score) lo = mid;
    else hi = mid;
  }
  const a = quantiles[lo] as number;
  const b = quantiles[hi] as number;
  return (lo + (b > a ? (score - a) / (b - a) : 0)) / last;
}

export interface NullScores {
  readonly phrases: number;
  readonly images: number;
  /** Of phrases x images scores, at 0, 1, .. 100 %. */
  readonly quantiles: readonly number[];
  /** Of the phrases' largest inner products with a named value, at 0, 1, .. 100 %. */
  readonly nearest?: readonly number[] | undefined;
}

/**
 * 1 - F(s): share of null scores above s. In the last hundredth, which alone decides about a folder of hundreds of images,
 * the share falls like an exponential from 1 % at the quantile of 99 % to one score in all at the largest, and so on beyond
 * it; a straight line there would take all but the very largest scores for chance.
 */
export function nullExcess({ quantiles, phrases, images }: NullScores, score: number): number {
  const [from, to] = [quantiles[99] as number, quantiles[100] as number];
  const beyond = phrases * images * 0.01;
  if (score <= from || to <= from || beyond <= 1) return 1 - nullShare(quantiles, score);
  return 0.01 * beyond ** (-(score - from) / (to - from));
}

/** Share of null phrases that lie farther than `nearest` from all that the pack can name, 0 .. 1; 1 where it has no list. */
export const namedShare = (nulls: NullScores, nearest: number | null): number =>
  nulls.nearest && nearest !== null ? nullShare(nulls.nearest, nearest) : 1;

/**
 * Strength of a score in a folder of `images` images, 0 .. 1: (1 - excess)^images, at most the phrase's `namedShare`.
 * `nearest`: the phrase's largest inner product with a named value; null where the pack has no list of them.
 */
export const strengthOf = (
  nulls: NullScores,
  score: number,
  images: number,
  nearest: number | null,
): number =>
  Math.min(namedShare(nulls, nearest), Math.exp(Math.max(1, images) * Math.log1p(-nullExcess(nulls, score))));

export type Verdict = 'good' | 'weak' | 'none';

/** What a chip says about its best reference. */
export const verdictOf = (strength: number): Verdict =>
  strength >= 0.95 ? 'good' : strength >= 0.5 ? 'weak' : 'none';
