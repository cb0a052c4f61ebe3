/**
 * Evaluations and studies of the demonstration studio. It has no attribute reader, so it scores nothing and says so; its blind
 * sets are made by the real service from drawn pictures, in a folder that goes with the process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import type { Arm, StudioServices } from '../../contract/index.ts';
import { makeStudy } from '../../main/services/study/index.ts';
import type { StudyPicture } from '../../main/services/study/index.ts';
import { toRgb } from '../../training/data/render.ts';

const refusal = new AppError('not_supported', 'The demonstration studio has no attribute reader.');

export const demoEvaluation: StudioServices['evaluation'] = {
  run: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal) }) }),
  report: () => Promise.reject(refusal),
};

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
