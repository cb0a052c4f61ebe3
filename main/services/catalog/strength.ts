/**
 * Calibrated strength: two questions, and a reference is as good as the weaker answer (an intersection-union test: Berger
 * 1982).
 *
 * Does the phrase name anything? A phrase from outside the pack's world scores high against a whole kind of image, where its
 * embedding happens to lie. So it has to lie nearer to something that the pack can name than null phrases do.
 *
 * Does the image show it? A pack with the odds of its named values answers that for each image (docs/decisions/0024). One
 * without can only ask whether chance would give the score: it carries the scores of phrases that name nothing in its world
 * against single images (quantiles of F), and the best of N such scores stays below s with chance F(s)^N. Images are treated
 * as independent, which makes it lean to the strict side; and one limit for all phrases is too high for many of them.
 */
import { dot } from '../../vectors.ts';

/** What an image must show to show a phrase: all values of one of the readings. */
export interface Meaning {
  /** [m * D]: value i is shown with log odds embedding . weights[i] + bias[i]. */
  readonly weights: Float32Array;
  /** [m]. */
  readonly bias: Float32Array;
  readonly readings: readonly (readonly number[])[];
}

/** Chance that an image shows the phrase, 0 .. 1: as much as the weakest value of the reading that it shows best. */
export function shownShare({ weights, bias, readings }: Meaning, image: Float32Array): number {
  const dims = image.length;
  const odds = Array.from(bias, (b, i) => b + dot(weights.subarray(i * dims, (i + 1) * dims), image));
  const best = Math.max(...readings.map((reading) => Math.min(...reading.map((i) => odds[i] as number))));
  return 1 / (1 + Math.exp(-best));
}

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
 * Strength of a score in a folder of `images` images, 0 .. 1: the image's `shownShare`, or where the pack cannot tell it
 * (null) the chance (1 - excess)^images; at most the phrase's `namedShare`. `nearest`: the phrase's largest inner product
 * with a named value; null where the pack has no list of them.
 */
export const strengthOf = (
  nulls: NullScores,
  score: number,
  images: number,
  nearest: number | null,
  shown: number | null,
): number =>
  Math.min(
    namedShare(nulls, nearest),
    shown ?? Math.exp(Math.max(1, images) * Math.log1p(-nullExcess(nulls, score))),
  );

export type Verdict = 'good' | 'weak' | 'none';

/** What a chip says about its best reference. */
export const verdictOf = (strength: number): Verdict =>
  strength >= 0.95 ? 'good' : strength >= 0.5 ? 'weak' : 'none';
