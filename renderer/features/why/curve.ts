/** Scores over the steps of a run as a line in a small box. Pure. */
import type { ExplainedPhrase, Explanation } from '#contract';

/** The lowest and the highest value that any row shows, a little apart where they are the same. */
export function rangeOf(phrases: readonly ExplainedPhrase[]): readonly [number, number] {
  const all = phrases.flatMap(({ coarse, refined, before, after }) => [...coarse, ...refined, before, after]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return high - low < 0.02 ? [low - 0.01, high + 0.01] : [low, high];
}

/** An SVG path in a box of 100 by 100: one point for each probed step, and the finished picture at the right end. */
export function curveOf(
  { at, steps }: Pick<Explanation, 'at' | 'steps'>,
  values: readonly number[],
  end: number,
  [low, high]: readonly [number, number],
): string {
  const point = (step: number, value: number): string =>
    `${((step / steps) * 100).toFixed(2)} ${(96 - ((value - low) / (high - low)) * 92).toFixed(2)}`;
  const points = [...at.map((step, i) => point(step, values[i] ?? end)), point(steps, end)];
  return `M${points.join('L')}`;
}
