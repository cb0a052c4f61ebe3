/**
 * Evaluations and studies of the demonstration studio: the figures are made up and say so (demo-report.ts), the blind sets
 * are made by the real service from drawn pictures, in a folder that goes with the process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import type {
  Arm,
  EvaluationState,
  EvaluationSummary,
  StartEvaluation,
  StudioServices,
} from '../../contract/index.ts';
import { makeStudy } from '../../main/services/study/index.ts';
import type { StudyPicture } from '../../main/services/study/index.ts';
import { toRgb } from '../../training/data/render.ts';
import { demoReport } from './demo-report.ts';

const SIZE = 64;
/** Sentences with the phrases that are asked about. */
const SENTENCES: readonly (readonly [string, ...string[]])[] = [
  ['a blocky person with a full beard and dark shades on a light background', 'full beard', 'dark shades'],
  ['a blocky person with a blue beanie, freckles and round glasses', 'blue beanie', 'round glasses'],
  ['a blocky person with pink buns and a smile', 'pink buns'],
  ['a blocky person with a mohawk, tan skin and a smile', 'mohawk', 'tan skin', 'a smile'],
  ['a blocky person with long wavy hair and sunglasses', 'sunglasses'],
  ['a blocky person with a moustache and a beanie', 'moustache', 'beanie'],
];

/** Draws the picture of a sentence as SVG; the refined arm shows what is stressed, any other does not. */
export type DrawSentence = (
  text: string,
  phrases: readonly string[],
  seed: number,
  isRefined: boolean,
) => string;

/** A study service over drawn pictures; with one study in it, unless it is to be empty. */
export function demoStudy(draw: DrawSentence, isEmpty: boolean): StudioServices['study'] {
  const folder = mkdtempSync(join(tmpdir(), 'accent-demo-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const pictures = (_: string, arms: readonly Arm[]): StudyPicture[] =>
    SENTENCES.flatMap(([text, ...phrases], prompt) =>
      arms.map((arm) => ({
        prompt,
        arm,
        text,
        details: phrases.map((phrase) => ({ phrase, reader: null })),
        size: SIZE,
        rgb: toRgb(draw(text, phrases, 70 + prompt, arm === 'refined'), SIZE),
      })),
    );
  const { service } = makeStudy({ folder, pictures, now: Date.now });
  if (isEmpty) return service;
  const first = service.make(
    {
      studyId: 'street-kids',
      evaluationId: 'first',
      arms: ['coarse', 'refined'],
      prompts: 3,
      repeats: 0.2,
      pairs: true,
      seed: 3,
    },
    { signal: new AbortController().signal },
  );
  return { ...service, list: async (...given) => (await first, service.list(...given)) };
}

const MADE_UP = 60;
type Evaluation = Omit<EvaluationSummary, 'run'> & {
  request: StartEvaluation;
  state: EvaluationState | null;
  stop: boolean;
};

/** An evaluation service that makes a row in `rowMs` milliseconds; one is there from the start, half of another too. */
export function demoEvaluation(draw: DrawSentence, rowMs: number): StudioServices['evaluation'] {
  const all = new Map<string, Evaluation>();
  const of = (evaluationId: string): Evaluation => {
    const found = all.get(evaluationId);
    if (!found) throw new AppError('not_found', `There is no evaluation "${evaluationId}".`);
    return found;
  };
  function add(request: StartEvaluation, total: number, done: number): Evaluation {
    const { evaluationId, arms, seeds } = request;
    const made: Evaluation = {
      evaluationId,
      packId: request.settings.packId,
      promptSet: 'made-up',
      prompts: total,
      arms,
      seeds,
      done,
      of: total * arms.length * seeds,
      changedAt: Date.now(),
      request,
      state: null,
      stop: false,
    };
    all.set(evaluationId, made);
    return made;
  }
  const settings = {
    packId: 'voxel-people',
    source: 'prior',
    referencesPerEmphasis: 4,
    rivalScales: { 'baseline-guided': 0.1, 'first-order': 0.1, composable: 2, structure: 3 },
    firstSeed: 1000,
  } as const;
  const arms: Arm[] = ['sentence', 'coarse', 'coarse2', 'wrong', 'refined'];
  const prompts = { name: 'made-up' };
  add({ evaluationId: 'whole', settings, prompts, arms, seeds: 1 }, MADE_UP, MADE_UP * arms.length);
  add({ evaluationId: 'half', settings, prompts, arms: ['coarse', 'refined'], seeds: 1 }, 12, 9);

  async function go(evaluation: Evaluation): Promise<void> {
    evaluation.stop = false;
    for (; evaluation.done < evaluation.of; evaluation.done++) {
      const secondsLeft = ((evaluation.of - evaluation.done) * rowMs) / 1000;
      evaluation.state = { type: 'progress', done: evaluation.done, of: evaluation.of, secondsLeft };
      await new Promise((resolve) => setTimeout(resolve, rowMs));
      if (evaluation.stop) {
        evaluation.state = { type: 'stopped' };
        return;
      }
    }
    evaluation.state = { type: 'done', rows: evaluation.of };
  }
  const shown = ({ request: _, state, stop: __, ...summary }: Evaluation): EvaluationSummary => ({
    ...summary,
    run: state,
  });
  const begin = (evaluation: Evaluation): EvaluationSummary => {
    const other = [...all.values()].find(({ state }) => state?.type === 'progress');
    if (other)
      throw new AppError('conflict', `The evaluation "${other.evaluationId}" is running. Stop it first.`);
    void go(evaluation);
    return shown(evaluation);
  };
  return {
    run: () => {
      throw new AppError('not_supported', 'The demonstration studio runs evaluations by itself only.');
    },
    list: () => ({
      evaluations: [...all.values()].map(shown).sort((a, b) => b.changedAt - a.changedAt),
      refused: [],
    }),
    promptSets: () => ({ sets: [{ name: 'made-up', prompts: MADE_UP, details: 210 }] }),
    start(request) {
      const count =
        'prompts' in request.prompts ? request.prompts.prompts.length : (request.prompts.count ?? MADE_UP);
      if (all.has(request.evaluationId))
        throw new AppError('conflict', 'These results were made with other settings. Choose another name.');
      return begin(add(request, Math.min(count, MADE_UP), 0));
    },
    resume: ({ evaluationId }) => begin(of(evaluationId)),
    async stop({ evaluationId }) {
      const evaluation = of(evaluationId);
      evaluation.stop = true;
      while (evaluation.state?.type === 'progress') await new Promise((resolve) => setTimeout(resolve, 5));
      return shown(evaluation);
    },
    async *watch({ evaluationId }, { signal }) {
      for (let last: EvaluationState | null = null; !signal.aborted;) {
        const { state } = of(evaluationId);
        if (state && state !== last) {
          last = state;
          yield state;
          if (state.type !== 'progress') return;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    report({ evaluationId }) {
      const { request, prompts: total, done } = of(evaluationId);
      return demoReport(request, total, done, (i, arm) => {
        const [text, ...phrases] = SENTENCES[i % SENTENCES.length] as (typeof SENTENCES)[number];
        return { size: SIZE, rgb: toRgb(draw(text, phrases, 70 + i, arm === 'refined'), SIZE) };
      });
    },
  };
}
