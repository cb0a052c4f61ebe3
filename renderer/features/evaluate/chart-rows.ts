/** From a report to what its charts draw. Pure. */
import type { Arm, ArmScore, Estimate, PairedDifference } from '#contract';

export interface IntervalRow {
  readonly name: string;
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
  readonly main: boolean;
}

const rowOf = (name: string, estimate: Estimate | null, main: boolean): IntervalRow => ({
  name,
  value: estimate?.value ?? null,
  low: estimate?.low ?? 0,
  high: estimate?.high ?? 0,
  main,
});

/** One row for each arm. */
export const armRows = (
  arms: readonly ArmScore[],
  figure: 'detail' | 'allRight' | 'kept',
  nameOf: (arm: Arm) => string,
): IntervalRow[] => arms.map((arm) => rowOf(nameOf(arm.arm), arm[figure], arm.arm === 'refined'));

/** One row for each difference. */
export const pairRows = (paired: readonly PairedDifference[], nameOf: (arm: Arm) => string): IntervalRow[] =>
  paired.map(({ a, b, detail }) => rowOf(`${nameOf(a)} − ${nameOf(b)}`, detail, true));

/** A CSS background that looks like a line with `dash`: lengths in px, drawn and left out in turn. */
export function dashFill(colour: string, dash: readonly number[]): string {
  if (dash.length === 0) return colour;
  let at = 0;
  const stops = dash.map((length, i) => {
    const paint = i % 2 === 0 ? colour : 'transparent';
    return `${paint} ${at}px ${(at += length)}px`;
  });
  return `repeating-linear-gradient(to right, ${stops.join(', ')})`;
}

/** Wilson's 95 % interval of a share, in per cent: `hits` of `of`, each counted by itself. `of` is above 0. */
export function wilson(hits: number, of: number): Estimate {
  const z = 1.959964;
  const p = hits / of;
  const scale = 1 + (z * z) / of;
  const middle = (p + (z * z) / (2 * of)) / scale;
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / scale;
  return { value: 100 * p, low: 100 * (middle - half), high: 100 * (middle + half) };
}

export interface Curve {
  readonly arm: Arm;
  /** One for each x; null where the arm has no such prompt. */
  readonly points: readonly (Estimate | null)[];
}

/** Details shown by the number of stressed phrases: the paper's question, how much a sentence can carry. */
export function curvesOf(arms: readonly ArmScore[]): {
  readonly x: readonly number[];
  readonly curves: Curve[];
} {
  const x = [...new Set(arms.flatMap((arm) => Object.keys(arm.byEmphases).map(Number)))].sort(
    (a, b) => a - b,
  );
  return {
    x,
    curves: arms.map(({ arm, byEmphases }) => ({
      arm,
      points: x.map((n) => {
        const [hits, of] = byEmphases[String(n)] ?? [0, 0];
        return of === 0 ? null : wilson(hits, of);
      }),
    })),
  };
}
