/**
 * A report of the demonstration studio, by the real scoring over rows that a seeded generator made up: its figures are of
 * nothing, and its set of prompts is named "made-up" so that no picture of the page can pass for a measurement.
 */
import type {
  Arm,
  EvaluationFiles,
  EvaluationPrompt,
  EvaluationReport,
  StartEvaluation,
} from '../../contract/index.ts';
import { pairsOf } from '../../main/services/evaluate/lpips.ts';
import { html } from '../../main/services/evaluate/report-html.ts';
import { markdown } from '../../main/services/evaluate/report-markdown.ts';
import { compareArms, distancesOf, scoreArm, shownText } from '../../main/services/evaluate/score.ts';
import type { Scored } from '../../main/services/evaluate/score.ts';
import { sheetOf } from '../../main/services/evaluate/sheet.ts';
import { random } from '../../training/data/random.ts';

const VALUES = ['beard', 'shades', 'beanie', 'freckles', 'buns', 'smile'];
const HASH = '0'.repeat(64);
/** How likely an arm shows a stressed detail, and what a picture takes. */
const ARMS: Partial<Record<Arm, readonly [number, number]>> = {
  sentence: [0.62, 5.1],
  coarse: [0.78, 5.2],
  coarse2: [0.79, 10.2],
  wrong: [0.66, 14.8],
  refined: [0.91, 14.9],
};

const promptOf = (i: number): EvaluationPrompt => ({
  text: `made-up sentence ${i + 1}`,
  emphases: Array.from({ length: 1 + (i % 6) }, (_, k) => ({
    phrase: `detail ${k + 1}`,
    weight: 1,
    details: { [VALUES[k] ?? 'beard']: 'yes' },
  })),
  others: { background: 'pale blue' },
});

/** Report, texts and sheet of the first `done` rows. `picture` draws a prompt in an arm as RGB of this size. */
export async function demoReport(
  {
    evaluationId,
    settings,
    arms,
    seeds,
  }: Pick<StartEvaluation, 'evaluationId' | 'settings' | 'arms' | 'seeds'>,
  total: number,
  done: number,
  picture: (prompt: number, arm: Arm) => { size: number; rgb: Uint8Array },
): Promise<EvaluationFiles> {
  const prompts = Array.from({ length: total }, (_, i) => promptOf(i));
  const rows: Scored[] = Array.from({ length: seeds }, (_, seed) => seed)
    .flatMap((seed) => prompts.flatMap((prompt, i) => arms.map((arm) => ({ prompt, i, arm, seed }))))
    .slice(0, done)
    .map(({ prompt, i, arm, seed }) => {
      const [chance, seconds] = ARMS[arm] ?? [0.7, 6];
      const r = random(`${evaluationId} ${arm}`, seed * total + i);
      const seen: Record<string, string | null> = {};
      for (const k of prompt.emphases.keys())
        seen[VALUES[k] ?? 'beard'] = r.next() < chance - 0.02 * k ? 'yes' : null;
      return {
        prompt: i,
        seed,
        arm,
        seen: { ...seen, background: r.next() < 0.87 ? 'pale blue' : null },
        features: Float32Array.from({ length: 4 }, () => r.next()),
        encoder: 0.3 + 0.1 * chance,
        seconds: seconds + r.next(),
        denoiserCalls: arm === 'coarse' || arm === 'sentence' ? 50 : 100,
        vjpCalls: arm === 'refined' || arm === 'wrong' ? 50 : 0,
        unrefined: 0,
      };
    });
  const present = [...new Set(rows.map((row) => row.prompt))];
  // With one seed there is nothing between seeds.
  const distances = distancesOf(
    pairsOf(rows).map((pair, i) => ({
      ...pair,
      value: 0.2 + 0.2 * random(`${evaluationId} apart`, i).next(),
    })),
  );
  const there = arms.filter((arm) => rows.some((row) => row.arm === arm));
  const report: EvaluationReport = {
    format: 'accent-evaluation',
    schema: 1,
    evaluationId,
    appVersion: '0.1.0',
    complete: rows.length === total * arms.length * seeds,
    prompts: {
      name: 'made-up',
      hash: HASH,
      total,
      count: present.length,
      details: present.reduce((sum, i) => sum + (prompts[i]?.emphases.length ?? 0), 0),
      seeds: new Set(rows.map((row) => row.seed)).size,
    },
    settings: { steps: 50, guidance: 3, rebuild: 'mean-shift', window: [100, 900], ...settings },
    pack: {
      id: settings.packId,
      version: '1.2.0',
      imagesSeen: { encoder: 1, denoiser: 1 },
      denoiserHash: HASH,
      encoderHash: HASH,
    },
    reader: { id: 'made-up', version: '0', threshold: 0.5, modelHash: HASH, accuracy: [] },
    features: null,
    lpips: distances.size > 0 ? { hash: HASH, size: 64 } : null,
    arms: there.map((arm) =>
      scoreArm(
        arm,
        rows.filter((row) => row.arm === arm),
        prompts,
        null,
        distances,
      ),
    ),
    paired: there.includes('refined')
      ? there
          .filter((arm) => arm !== 'refined')
          .map((arm) => compareArms('refined', arm, rows, prompts, distances))
      : [],
    backends: {},
    rows: rows.slice(0, 20).map((row) => ({
      prompt: row.prompt,
      seed: row.seed,
      arm: row.arm,
      pixelsHash: HASH,
      shown: shownText(prompts[row.prompt] as EvaluationPrompt, row.seen),
    })),
  };
  const sheet = await sheetOf(present.slice(0, 6).map((i) => there.map((arm) => picture(i, arm))));
  return { report, markdown: markdown(report), html: html(report, sheet), sheet };
}
