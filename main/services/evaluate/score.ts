/** From rows of a results file to the figures of a report. Pure. */
import type { Arm, ArmScore, Estimate, EvaluationPrompt, PairedDifference } from '#contract';
import { frechet, kernelDistance } from './distances.ts';
import type { Features, Moments } from './distances.ts';
import { pairKey, pairsOf } from './lpips.ts';
import type { Seen } from './reader.ts';
import type { DistanceRecord } from '../store/index.ts';
import { average, differenceOf, shareOf } from './statistics.ts';
import type { Interval, Tally } from './statistics.ts';

/** A picture as it is scored. */
export interface Scored {
  readonly prompt: number;
  readonly seed: number;
  readonly arm: Arm;
  readonly seen: Seen;
  readonly features: Float32Array;
  readonly encoder: number;
  readonly seconds: number;
  readonly denoiserCalls: number;
  readonly vjpCalls: number;
  readonly unrefined: number;
}

export interface Reference {
  readonly features: Features;
  readonly moments: Moments;
}

/** Attributes that must be seen: of all stressed phrases together, a later one wins over an earlier of the same group. */
export const wantedOf = (prompt: EvaluationPrompt): Readonly<Record<string, string>> =>
  Object.assign({}, ...prompt.emphases.map((e) => e.details)) as Record<string, string>;

const shown = (details: Readonly<Record<string, string>>, seen: Seen): number =>
  Object.entries(details).filter(([group, value]) => seen[group] === value).length;

/** "101": which of the stressed details are shown, in their order. */
export const shownText = (prompt: EvaluationPrompt, seen: Seen): string =>
  Object.entries(wantedOf(prompt))
    .map(([group, value]) => (seen[group] === value ? '1' : '0'))
    .join('');

const percent = (i: Interval | null): Estimate | null =>
  i && { value: 100 * i.value, low: 100 * i.low, high: 100 * i.high };

type Count = (prompt: EvaluationPrompt, seen: Seen) => Tally;
const details: Count = (prompt, seen) => {
  const wanted = wantedOf(prompt);
  return { hits: shown(wanted, seen), of: Object.keys(wanted).length };
};
const allRight: Count = (prompt, seen) => {
  const { hits, of } = details(prompt, seen);
  return of === 0 ? { hits: 0, of: 0 } : { hits: hits === of ? 1 : 0, of: 1 };
};
const kept: Count = (prompt, seen) => ({
  hits: shown(prompt.others, seen),
  of: Object.keys(prompt.others).length,
});

/** One tally per prompt that has pictures, its seeds added up, in the prompts' order. */
function tallies(rows: readonly Scored[], prompts: readonly EvaluationPrompt[], count: Count): Tally[] {
  const sums = new Map<number, { hits: number; of: number }>();
  for (const row of rows) {
    const { hits, of } = count(prompts[row.prompt] as EvaluationPrompt, row.seen);
    const sum = sums.get(row.prompt) ?? { hits: 0, of: 0 };
    sums.set(row.prompt, { hits: sum.hits + hits, of: sum.of + of });
  }
  return [...sums].sort(([a], [b]) => a - b).map(([, tally]) => tally);
}

function joined(rows: readonly Scored[]): Features | null {
  const dims = rows[0]?.features.length ?? 0;
  if (rows.length < 2 || dims === 0) return null;
  const data = new Float32Array(rows.length * dims);
  rows.forEach((row, i) => {
    data.set(row.features, i * dims);
  });
  return { data, dims };
}

const norm = (x: Float32Array): number => Math.sqrt(x.reduce((s, v) => s + v * v, 0));
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((s, v, i) => s + v * (b[i] as number), 0) / (norm(a) * norm(b) || 1);

/** Mean cosine distance of the features over all pairs of seeds of a prompt; null without such a pair. */
function diversityOf(rows: readonly Scored[]): number | null {
  const byPrompt = Map.groupBy(rows, (row) => row.prompt);
  const gaps: number[] = [];
  for (const group of byPrompt.values())
    for (let i = 0; i < group.length; i++)
      for (let j = i + 1; j < group.length; j++)
        gaps.push(Math.max(0, 1 - cosine((group[i] as Scored).features, (group[j] as Scored).features)));
  return gaps.length === 0 ? null : average(gaps);
}

/** LPIPS of pairs of seeds by their `pairKey`. */
export type Distances = ReadonlyMap<string, number>;

export const distancesOf = (records: readonly DistanceRecord[]): Distances =>
  new Map(records.map((record) => [pairKey(record), record.value]));

/**
 * Of each prompt the sum of its pairs' LPIPS and their number, in the prompts' order; null where a pair of the rows, which are
 * of one arm, has not been measured.
 */
function spreads(rows: readonly Scored[], distances: Distances): Tally[] | null {
  const sums = new Map<number, Tally>();
  for (const pair of pairsOf(rows)) {
    const value = distances.get(pairKey(pair));
    if (value === undefined) return null;
    const { hits, of } = sums.get(pair.prompt) ?? { hits: 0, of: 0 };
    sums.set(pair.prompt, { hits: hits + value, of: of + 1 });
  }
  return [...sums].sort(([a], [b]) => a - b).map(([, tally]) => tally);
}

function bump(table: Record<string, [number, number]>, key: string, hit: boolean): void {
  const [hits, of] = table[key] ?? [0, 0];
  table[key] = [hits + (hit ? 1 : 0), of + 1];
}

/** The figures of one arm; `rows` are its pictures, `distances` what has been measured between its seeds. */
export function scoreArm(
  arm: Arm,
  rows: readonly Scored[],
  prompts: readonly EvaluationPrompt[],
  reference: Reference | null,
  distances: Distances,
): ArmScore {
  const between = spreads(rows, distances);
  const features = joined(rows);
  const groups: Record<string, [number, number]> = {};
  const byEmphases: Record<string, [number, number]> = {};
  for (const row of rows) {
    const prompt = prompts[row.prompt] as EvaluationPrompt;
    for (const [group, value] of Object.entries(wantedOf(prompt))) {
      bump(groups, group, row.seen[group] === value);
      bump(byEmphases, String(prompt.emphases.length), row.seen[group] === value);
    }
  }
  const share = (count: Count): Estimate | null => percent(shareOf(tallies(rows, prompts, count)));
  return {
    arm,
    pictures: rows.length,
    detail: share(details),
    allRight: share(allRight),
    kept: share(kept),
    fd: features && reference ? frechet(features, reference.moments) : null,
    kid: features && reference ? kernelDistance(features, reference.features) : null,
    encoder: average(rows.map((r) => r.encoder)),
    diversity: diversityOf(rows),
    lpips: between && shareOf(between),
    seconds: average(rows.map((r) => r.seconds)),
    denoiserCalls: average(rows.map((r) => r.denoiserCalls)),
    vjpCalls: average(rows.map((r) => r.vjpCalls)),
    unrefinedSteps: rows.reduce((s, r) => s + r.unrefined, 0),
    groups,
    byEmphases,
  };
}

/** a - b on the prompts and seeds that both arms have. */
export function compareArms(
  a: Arm,
  b: Arm,
  rows: readonly Scored[],
  prompts: readonly EvaluationPrompt[],
  distances: Distances,
): PairedDifference {
  const place = (r: Scored): string => `${r.prompt} ${r.seed}`;
  const of = (arm: Arm, places: ReadonlySet<string>): Scored[] =>
    rows.filter((r) => r.arm === arm && places.has(place(r)));
  const has = (arm: Arm): Set<string> => new Set(rows.filter((r) => r.arm === arm).map(place));
  const other = has(b);
  const both = new Set([...has(a)].filter((p) => other.has(p)));
  const difference = (count: Count): PairedDifference['detail'] => {
    const gap = differenceOf(tallies(of(a, both), prompts, count), tallies(of(b, both), prompts, count));
    return gap && { value: 100 * gap.value, low: 100 * gap.low, high: 100 * gap.high, p: gap.p };
  };
  const [ofA, ofB] = [spreads(of(a, both), distances), spreads(of(b, both), distances)];
  return {
    a,
    b,
    detail: difference(details),
    allRight: difference(allRight),
    lpips: ofA && ofB && differenceOf(ofA, ofB),
  };
}
