/** How far raters agree, and who is preferred: Krippendorff's alpha and Bradley-Terry. Pure. */

/** One row a rater, one column an item; null where the rater gave no answer. */
export type Answers = readonly (readonly (number | null)[])[];
export type Metric = 'nominal' | 'ordinal' | 'interval';

/**
 * Krippendorff's alpha (2011, "Computing Krippendorff's Alpha-Reliability"): 1 is agreement, 0 chance. Items with fewer
 * than two answers say nothing. Null where there is nothing to compare, or all answers are the same.
 */
export function krippendorff(answers: Answers, metric: Metric): number | null {
  const items = answers[0]?.length ?? 0;
  const units = Array.from({ length: items }, (_, i) =>
    answers.flatMap((row) => (row[i] === null || row[i] === undefined ? [] : [row[i]])),
  ).filter((unit) => unit.length > 1);
  const values = [...new Set(units.flat())].sort((a, b) => a - b);
  if (values.length < 2) return null;
  const at = new Map(values.map((value, k) => [value, k]));
  const n = values.map(() => 0);
  const coincidence = values.map(() => values.map(() => 0));
  for (const unit of units)
    unit.forEach((a, i) => {
      const k = at.get(a) as number;
      n[k] = (n[k] as number) + 1;
      unit.forEach((b, j) => {
        const row = coincidence[k] as number[];
        const l = at.get(b) as number;
        if (i !== j) row[l] = (row[l] as number) + 1 / (unit.length - 1);
      });
    });
  const total = n.reduce((s, x) => s + x, 0);
  const distance = (k: number, l: number): number => {
    if (metric === 'nominal') return k === l ? 0 : 1;
    if (metric === 'interval') return ((values[k] as number) - (values[l] as number)) ** 2;
    const [low, high] = [Math.min(k, l), Math.max(k, l)];
    const between = n.slice(low, high + 1).reduce((s, x) => s + x, 0);
    return (between - ((n[low] as number) + (n[high] as number)) / 2) ** 2;
  };
  let [observed, expected] = [0, 0];
  for (let k = 0; k < values.length; k++)
    for (let l = 0; l < values.length; l++) {
      observed += (coincidence[k]?.[l] ?? 0) * distance(k, l);
      expected += (n[k] as number) * (n[l] as number) * distance(k, l);
    }
  return expected === 0 ? null : 1 - ((total - 1) * observed) / expected;
}

/** One side-by-side answer: `a` and `b` by number, share 1 where a is better, 0 where b is, a half for "the same". */
export interface Contest {
  readonly a: number;
  readonly b: number;
  readonly share: number;
}

/**
 * Bradley-Terry log strengths against player 0 by Hunter's MM steps (2004). Every two players that met get one more
 * contest without a winner, so that a player who won all has a finite strength. Players that never met anybody stay at 0.
 */
export function bradleyTerry(contests: readonly Contest[], players: number): number[] {
  const wins = Array.from({ length: players }, () => 0);
  const met = Array.from({ length: players }, () => Array.from({ length: players }, () => 0));
  const add = (a: number, b: number, share: number): void => {
    wins[a] = (wins[a] as number) + share;
    wins[b] = (wins[b] as number) + 1 - share;
    for (const [i, j] of [
      [a, b],
      [b, a],
    ] as const) {
      const row = met[i] as number[];
      row[j] = (row[j] as number) + 1;
    }
  };
  for (const { a, b, share } of contests) add(a, b, share);
  for (let a = 0; a < players; a++)
    for (let b = a + 1; b < players; b++) if ((met[a]?.[b] ?? 0) > 0) add(a, b, 0.5);
  let strength = wins.map(() => 1);
  for (let step = 0; step < 2000; step++) {
    const next = strength.map((own, i) => {
      const sum = (met[i] as number[]).reduce((s, n, j) => s + n / (own + (strength[j] as number)), 0);
      return sum === 0 ? 1 : (wins[i] as number) / sum;
    });
    const mean = Math.exp(next.reduce((s, x) => s + Math.log(x), 0) / players);
    const scaled = next.map((x) => x / mean);
    const moved = Math.max(...scaled.map((x, i) => Math.abs(Math.log(x / (strength[i] as number)))));
    strength = scaled;
    if (moved < 1e-10) break;
  }
  return strength.map((x) => Math.log(x / (strength[0] as number)));
}
