import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { GenerateRequest } from '#contract';
import { differencesOf } from '../../../../renderer/features/compare/differs.ts';
import { twinRequest } from '../../../../renderer/stores/twin.ts';
import { HASH, recipeWith } from '../../../support/recipe.ts';

const other = 'cd'.repeat(32);
const [beard] = recipeWith().emphases;
if (!beard) throw new Error('no emphasis');
const shades = {
  ...beard,
  id: 'e2',
  phrase: 'dark shades',
  span: [2, 13] as [number, number],
  references: [
    { contentHash: HASH, rank: 1, score: 0.5, weight: 1, pinned: true },
    { contentHash: other, rank: 2, score: 0.4, weight: 0.5, pinned: false },
  ],
};
const recipe = recipeWith({ emphases: [beard, shades], prompt: 'a dark shades person with a full beard' });

describe('a twin', () => {
  it('repeats everything but the one thing, and passes the contract', () => {
    const request = v.parse(GenerateRequest, twinRequest(recipe, { kind: 'emphasis', id: 'e1' }));
    expect(request).toMatchObject({
      prompt: recipe.prompt,
      arms: ['refined'],
      seed: 7,
      steps: 50,
      guidance: 3,
      rebuild: 'mean-shift',
      window: [100, 900],
      upscale: false,
    });
    expect(request.emphases.map(({ id, muted }) => [id, muted])).toEqual([
      ['e1', true],
      ['e2', false],
    ]);
    expect(request.emphases[1]?.references).toEqual([
      { contentHash: HASH, weight: 1, pinned: true },
      { contentHash: other, weight: 0.5, pinned: false },
    ]);
  });

  it('without refinement is the coarse picture of the same request', () => {
    const request = twinRequest(recipe, { kind: 'refinement' });
    expect(request.arms).toEqual(['coarse']);
    expect(request.emphases?.every(({ muted }) => !muted)).toBe(true);
  });

  it('loses one reference, or the phrase whose only reference it was', () => {
    const one = twinRequest(recipe, { kind: 'reference', id: 'e2', contentHash: HASH });
    expect(one.emphases?.[1]).toMatchObject({ muted: false, references: [{ contentHash: other }] });
    expect(one.emphases?.[0]).toMatchObject({ muted: false, references: [{ contentHash: HASH }] });
    const last = twinRequest(recipe, { kind: 'reference', id: 'e1', contentHash: HASH });
    expect(last.emphases?.[0]?.muted).toBe(true);
  });
});

describe('by what two pictures differ', () => {
  const labels = (left: typeof recipe, right: typeof recipe): string[] =>
    differencesOf(left, right).map(({ label }) => label);

  it('is refinement alone for a pair, whatever is stressed', () => {
    expect(labels({ ...recipe, arm: 'coarse' }, recipe)).toEqual(['refinement']);
    expect(labels({ ...recipe, arm: 'coarse', emphases: [] }, recipe)).toEqual(['refinement']);
  });

  it('names a muted phrase, another weight, other references and other values', () => {
    const muted = { ...recipe, emphases: [{ ...beard, muted: true }, shades] };
    expect(differencesOf(muted, recipe)).toEqual([
      { key: 'phrase full beard', label: 'full beard', left: 'off', right: '1.4', same: false },
    ]);
    const fewer = { ...recipe, emphases: [beard, { ...shades, references: shades.references.slice(1) }] };
    expect(labels(fewer, recipe)).toEqual(['dark shades']);
    expect(labels({ ...recipe, seed: 8, steps: 20 }, recipe)).toEqual(['Seed', 'Steps']);
    expect(labels(recipe, recipe)).toEqual([]);
  });
});
