import { describe, expect, it } from 'vitest';
import type { Arm, EvaluateRequest, EvaluationSettings } from '#contract';
import {
  batchesOf,
  openUnits,
  requestFor,
  rowKey,
  sampleRows,
  wantedRows,
} from '../../../../../main/services/evaluate/plan.ts';

const prompts = ['one', 'two', 'three', 'four'].map((text) => ({
  text,
  emphases: [{ phrase: `${text} hat`, weight: 1.2, details: {} }],
  others: {},
}));
const request = {
  arms: ['coarse', 'refined'],
  seeds: 2,
  promptSet: { format: 'accent-prompts', schema: 1, name: 'x', prompts },
} as unknown as EvaluateRequest;
const settings = { packId: 'tiny', firstSeed: 1000, steps: 5 } as EvaluationSettings;

describe('the rows of an evaluation', () => {
  it('are whole passes over the prompts, seed by seed', () => {
    const rows = wantedRows(request);
    expect(rows).toHaveLength(16);
    expect(rows.slice(0, 3)).toEqual([
      { prompt: 0, seed: 0, arm: 'coarse' },
      { prompt: 0, seed: 0, arm: 'refined' },
      { prompt: 1, seed: 0, arm: 'coarse' },
    ]);
    expect(rows.findIndex((r) => r.seed === 1)).toBe(8);
  });
  it('are made side by side an arm at a time, by blocks of prompts', () => {
    const done = new Set([rowKey({ prompt: 1, seed: 0, arm: 'coarse' })]);
    const batches = batchesOf(openUnits(wantedRows({ ...request, seeds: 1 }), done), 3);
    expect(batches.map((b) => b.map(({ prompt, arms }) => `${prompt} ${arms.join()}`))).toEqual([
      ['0 coarse', '2 coarse'],
      ['0 refined', '1 refined', '2 refined'],
      ['3 coarse'],
      ['3 refined'],
    ]);
    expect(batchesOf([], 3)).toEqual([]);
  });
  it('are made together for a prompt and seed, without those that are there', () => {
    const done = new Set([
      rowKey({ prompt: 0, seed: 0, arm: 'coarse' }),
      rowKey({ prompt: 1, seed: 0, arm: 'coarse' }),
      rowKey({ prompt: 1, seed: 0, arm: 'refined' }),
    ]);
    const units = openUnits(wantedRows({ ...request, seeds: 1 }), done);
    expect(units).toEqual([
      { prompt: 0, seed: 0, arms: ['refined'] },
      { prompt: 2, seed: 0, arms: ['coarse', 'refined'] },
      { prompt: 3, seed: 0, arms: ['coarse', 'refined'] },
    ]);
  });
});

describe('the request of a picture', () => {
  const unit = (prompt: number, seed: number, arms: Arm[]) => ({ prompt, seed, arms });
  it('has the same seed in every arm and its own for every prompt and repetition', () => {
    const seeds = [
      unit(0, 0, ['coarse']),
      unit(0, 0, ['wrong']),
      unit(1, 0, ['coarse']),
      unit(0, 1, ['coarse']),
    ].map((u) => requestFor(settings, prompts, u).seed);
    expect(seeds).toEqual([1000, 1000, 1001, 1_001_000]);
  });
  it('takes the wrong phrases from half the set away, only for the arm that needs them', () => {
    expect(requestFor(settings, prompts, unit(3, 0, ['wrong'])).wrongEmphases?.map((e) => e.phrase)).toEqual([
      'two hat',
    ]);
    expect(requestFor(settings, prompts, unit(3, 0, ['coarse'])).wrongEmphases).toEqual([]);
  });
  it('is what the settings say, without enlargement', () => {
    expect(requestFor(settings, prompts, unit(0, 0, ['coarse']))).toMatchObject({
      packId: 'tiny',
      steps: 5,
      prompt: 'one',
      emphases: [{ phrase: 'one hat', weight: 1.2 }],
      upscale: false,
    });
  });
});

describe('rows to compare later runs with', () => {
  const rows = Array.from({ length: 400 }, (_, i) => ({
    prompt: Math.floor(i / 4),
    seed: 0,
    arm: (['coarse', 'coarse2', 'wrong', 'refined'] as const)[i % 4] as Arm,
  }));
  it('are spread over arms and prompts, in order, the same again', () => {
    const some = sampleRows(rows, 20);
    expect(some).toHaveLength(20);
    expect(new Set(some.map((r) => r.arm)).size).toBe(4);
    expect(new Set(some.map((r) => r.prompt)).size).toBeGreaterThan(12);
    expect(some).toEqual(sampleRows([...rows].reverse(), 20).reverse());
  });
  it('are all of few', () => {
    expect(sampleRows(rows.slice(0, 7), 20)).toEqual(rows.slice(0, 7));
  });
});
