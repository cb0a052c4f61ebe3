import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { SubmitSet } from '#contract';
import {
  gridRequest,
  readValues,
  sizeOf,
  stripRequest,
  suggested,
} from '../../../../renderer/features/sets/axes.ts';
import { recipeWith } from '../../../support/recipe.ts';

const [beard] = recipeWith().emphases;
if (!beard) throw new Error('no emphasis');
const emphases = [
  beard,
  { ...beard, id: 'e2', phrase: 'dark shades', weight: 0.5 },
  { ...beard, id: 'e3', phrase: 'hat', muted: true },
];
const recipe = recipeWith({ emphases, prompt: 'a person with a full beard, dark shades and a hat' });

describe('values of an axis', () => {
  it('are numbers with something between them', () => {
    expect(readValues('weight', '0, 0.5;1  2')).toEqual({ values: ['0', '0.5', '1', '2'] });
    expect(readValues('seed', '7')).toEqual({ values: ['7'] });
  });

  it.each([
    ['weight', ' , ', 'empty'],
    ['weight', '1, much', 'number'],
    ['weight', '1, 2.5', 'range'],
    ['steps', '10, 0', 'range'],
    ['steps', '10.5', 'whole'],
    ['guidance', '1, 1.0', 'twice'],
    ['seed', Array.from({ length: 25 }, (_, i) => i).join(' '), 'many'],
  ] as const)('of %s: "%s" has a problem: %s', (kind, text, problem) => {
    expect(readValues(kind, text)).toEqual({ problem });
  });

  it('are suggested around the recipe’s own, and can be used as they are', () => {
    for (const kind of ['weight', 'steps', 'guidance', 'seed'] as const)
      expect(readValues(kind, suggested(kind, recipe))).toHaveProperty('values');
    expect(suggested('steps', recipe)).toContain('50');
    expect(suggested('guidance', recipe)).toBe('0, 1, 3');
  });
});

describe('a grid', () => {
  it('changes two things and nothing else, and passes the contract', () => {
    const set = v.parse(
      SubmitSet,
      gridRequest(
        recipe,
        'base',
        { kind: 'weight', id: 'e1', phrase: 'full beard', values: ['0', '2'] },
        { kind: 'steps', values: ['10', '20', '30'] },
      ),
    );
    expect(set.cells.map(({ column, row }) => [column, row])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 2],
      [1, 2],
    ]);
    const last = set.cells.at(-1)?.request;
    expect(last).toMatchObject({
      steps: 30,
      seed: recipe.seed,
      guidance: recipe.guidance,
      arms: ['refined'],
    });
    expect(last?.emphases.map(({ weight, muted }) => [weight, muted])).toEqual([
      [2, false],
      [0.5, false],
      [1.4, true],
    ]);
    expect(last?.emphases[0]?.references).toEqual([
      { contentHash: beard.references[0]?.contentHash, weight: 1, pinned: false },
    ]);
    expect(set.columns).toEqual({ kind: 'weight', phrase: 'full beard', values: ['0', '2'] });
  });

  it('can have one axis, and an arm for each place', () => {
    const { cells, rows } = gridRequest(recipe, null, { kind: 'arm', values: ['coarse', 'refined'] }, null);
    expect(rows).toBeNull();
    expect(cells.map(({ request }) => request.arms)).toEqual([['coarse'], ['refined']]);
  });

  it('has its most', () => {
    const values = Array.from({ length: 13 }, String);
    expect(sizeOf(values, values.slice(2))).toEqual({ of: 143, tooMany: false });
    expect(sizeOf(values, values)).toEqual({ of: 169, tooMany: true });
  });
});

describe('the strip', () => {
  it('begins with nothing stressed and adds one phrase at a time; what was off stays off', () => {
    const set = v.parse(SubmitSet, stripRequest(recipe, 'base'));
    expect(set.columns.values).toEqual(['', 'full beard', 'dark shades']);
    expect(set.cells.map(({ request }) => request.emphases.map(({ muted }) => muted))).toEqual([
      [true, true, true],
      [false, true, true],
      [false, false, true],
    ]);
    expect(new Set(set.cells.map(({ request }) => request.seed)).size).toBe(1);
  });
});
