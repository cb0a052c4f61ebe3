/** From sealed sheets and the key to figures. Pure; statistics over prompts come in as functions. */
import type { Arm, Estimate, RatingSheet, StudyAnswer, StudyResults } from '#contract';
import { bradleyTerry, krippendorff } from './agreement.ts';
import type { Contest, Metric } from './agreement.ts';
import type { KeyEntry } from './draw.ts';

type Answered = { readonly answer: StudyAnswer; readonly key: KeyEntry; readonly rater: string };

const DRAWS = 2000;

/** A value with its 95 % percentile bootstrap over prompts; null without any. */
function estimate<T extends { readonly prompt: number }>(
  rows: readonly T[],
  value: (rows: readonly T[]) => number,
  next: () => number,
): Estimate | null {
  if (rows.length === 0) return null;
  const groups = [...Map.groupBy(rows, (r) => r.prompt).values()];
  const draws: number[] = [];
  for (let d = 0; d < DRAWS; d++) {
    const drawn: T[] = [];
    for (let i = 0; i < groups.length; i++) drawn.push(...(groups[Math.floor(next() * groups.length)] ?? []));
    draws.push(value(drawn));
  }
  draws.sort((a, b) => a - b);
  const at = (share: number): number => draws[Math.round(share * (DRAWS - 1))] as number;
  return { value: value(rows), low: at(0.025), high: at(0.975) };
}

/** What was answered, as a list of one or none. */
const given = <T>(answer: T | null): T[] => (answer === null ? [] : [answer]);

const mean = (rows: readonly { readonly value: number }[]): number =>
  rows.reduce((s, r) => s + r.value, 0) / rows.length;

/** A pair's answer as a number that does not depend on the sides: 1 first arm of the alphabet, 0 the other, a half "the same". */
function preferred({ answer, key }: Answered): number | null {
  if (answer.kind !== 'pair' || key.kind !== 'pair') return null;
  if (answer.better === 'same') return 0.5;
  return key[answer.better] === [key.left, key.right].sort()[0] ? 1 : 0;
}

const scales: Readonly<
  Record<keyof StudyResults['agreement'], { metric: Metric; of: (a: Answered) => (number | null)[] }>
> = {
  photorealism: {
    metric: 'ordinal',
    of: ({ answer }) => [answer.kind === 'picture' ? answer.photorealism : null],
  },
  alignment: {
    metric: 'ordinal',
    of: ({ answer }) => [answer.kind === 'picture' ? answer.alignment : null],
  },
  detail: {
    metric: 'nominal',
    of: ({ answer }) =>
      answer.kind === 'picture' ? answer.details.map((yes) => (yes === null ? null : Number(yes))) : [],
  },
  pair: { metric: 'ordinal', of: (a) => [preferred(a)] },
};

/** Answers with their keys; repeats only where wanted. */
function answered(sheets: readonly RatingSheet[], key: readonly KeyEntry[]): Answered[] {
  const byId = new Map(key.map((k) => [k.itemId, k]));
  return sheets.flatMap((sheet) =>
    sheet.answers.flatMap((answer) => {
      const entry = byId.get(answer.itemId);
      return entry ? [{ answer, key: entry, rater: sheet.rater }] : [];
    }),
  );
}

function agreement(
  all: readonly Answered[],
  { metric, of }: (typeof scales)['pair'],
): StudyResults['agreement']['pair'] {
  const raters = [...new Set(all.map((a) => a.rater))];
  const columns = new Map<string, (number | null)[]>();
  for (const a of all.filter(({ key }) => key.of === null))
    of(a).forEach((value, k) => {
      const name = `${a.key.itemId} ${k}`;
      const column = columns.get(name) ?? raters.map(() => null);
      column[raters.indexOf(a.rater)] = value;
      columns.set(name, column);
    });
  const rows = raters.map((_, r) => [...columns.values()].map((column) => column[r] ?? null));
  const firsts = new Map(all.map((a) => [`${a.rater} ${a.key.itemId}`, a]));
  const same: boolean[] = [];
  for (const a of all) {
    const first = a.key.of === null ? undefined : firsts.get(`${a.rater} ${a.key.of}`);
    if (!first) continue;
    const [x, y] = [of(first), of(a)];
    x.forEach((value, k) => {
      if (value !== null) same.push(value === y[k]);
    });
  }
  return {
    alpha: raters.length < 2 ? null : krippendorff(rows, metric),
    selfConsistency: same.length === 0 ? null : same.filter(Boolean).length / same.length,
  };
}

/**
 * Figures of people's sheets; where there are none, of the synthetic ones (`raters` is then 0, and whoever prints the figures
 * says so). Repeats count for self-consistency only. `next` gives uniform numbers for the intervals.
 */
export function resultsOf(
  studyId: string,
  arms: readonly Arm[],
  sheets: readonly RatingSheet[],
  key: readonly KeyEntry[],
  next: () => number,
): StudyResults {
  const people = sheets.filter((s) => !s.synthetic);
  const all = answered(people.length > 0 ? people : sheets, key);
  const firsts = all.filter(({ key: k }) => k.of === null);
  const pictures = firsts.flatMap(({ answer, key: k }) =>
    answer.kind === 'picture' && k.kind === 'picture' ? [{ answer, key: k, prompt: k.prompt }] : [],
  );
  const contests = firsts.flatMap((a) => {
    const share = preferred(a);
    if (share === null || a.key.kind !== 'pair') return [];
    const [x, y] = [a.key.left, a.key.right].sort() as [Arm, Arm];
    return [{ prompt: a.key.prompt, a: arms.indexOf(x), b: arms.indexOf(y), share }];
  });
  const strength = (player: number) => (rows: readonly Contest[]) =>
    bradleyTerry(rows, arms.length)[player] ?? 0;
  const reader = pictures.flatMap(({ answer, key: k, prompt }) =>
    answer.details.flatMap((yes, i) => {
      const said = k.reader[i];
      return said === null || said === undefined ? [] : [{ prompt, value: said === yes ? 100 : 0 }];
    }),
  );
  return {
    studyId,
    raters: people.length,
    synthetic: sheets.length - people.length,
    arms: arms.map((arm, player) => {
      const own = pictures.filter((p) => p.key.arm === arm);
      const of = (value: (a: (typeof own)[number]['answer']) => number[]): Estimate | null =>
        estimate(
          own.flatMap((p) => value(p.answer).map((x) => ({ prompt: p.prompt, value: x }))),
          mean,
          next,
        );
      return {
        arm,
        pictures: own.length,
        photorealism: of((a) => given(a.photorealism)),
        alignment: of((a) => given(a.alignment)),
        detail: of((a) => a.details.flatMap((yes) => given(yes).map((seen) => (seen ? 100 : 0)))),
        strength: estimate(contests, strength(player), next),
      };
    }),
    agreement: {
      photorealism: agreement(all, scales.photorealism),
      alignment: agreement(all, scales.alignment),
      detail: agreement(all, scales.detail),
      pair: agreement(all, scales.pair),
    },
    readerAgreement: estimate(reader, mean, next),
  };
}

const cell = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '').replaceAll(/^""$/g, '');
  // A cell that begins like a formula is text for every table program.
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Every answer with what it was about, one row each. */
export function rowsOf(sheets: readonly RatingSheet[], key: readonly KeyEntry[]): Record<string, unknown>[] {
  const synthetic = new Map(sheets.map((s) => [s.rater, s.synthetic]));
  return answered(sheets, key).map(({ answer, key: k, rater }) => ({
    rater,
    synthetic: synthetic.get(rater) ?? false,
    itemId: k.itemId,
    repeatOf: k.of ?? '',
    prompt: k.prompt,
    kind: k.kind,
    arm: k.kind === 'picture' ? k.arm : '',
    left: k.kind === 'pair' ? k.left : '',
    right: k.kind === 'pair' ? k.right : '',
    photorealism: answer.kind === 'picture' ? answer.photorealism : '',
    alignment: answer.kind === 'picture' ? answer.alignment : '',
    details: answer.kind === 'picture' ? answer.details.map((yes) => (yes ? 'yes' : 'no')).join(' ') : '',
    better: answer.kind === 'pair' ? answer.better : '',
  }));
}

/** The same rows as CSV with a head (RFC 4180, lines end with CR LF). */
export function csvOf(rows: readonly Record<string, unknown>[]): string {
  const head = Object.keys(rows[0] ?? {});
  const lines = [head, ...rows.map((row) => head.map((column) => row[column]))];
  return lines.map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n';
}
