import { describe, expect, it } from 'vitest';
import { GenerateRequest, parse } from '#contract';
import type { Reference } from '#contract';
import { generateRequest } from '../../../../renderer/stores/generate-request.ts';
import type { RequestParts } from '../../../../renderer/stores/generate-request.ts';

const reference = (digit: string, pinned: boolean): Reference => ({
  image: {
    imageId: digit,
    contentHash: digit.repeat(64),
    name: digit,
    width: 1,
    height: 1,
    importedAt: 0,
    rootId: null,
  },
  rank: 1,
  score: 0.3,
  strength: 0.9,
  weight: 0.5,
  pinned,
});

const parts: RequestParts = {
  document: {
    text: 'a  full beard and a hat',
    chips: [
      { id: 'one', begin: 3, end: 13, weight: 1.4, muted: false },
      { id: 'two', begin: 20, end: 23, weight: 1, muted: false },
    ],
  },
  found: new Map([
    [
      'one',
      {
        response: {
          phrase: 'full beard',
          references: [reference('a', true), reference('b', false)],
          verdict: 'good',
        },
      },
    ],
  ]),
  choices: new Map([['one', { pins: ['a'.repeat(64)], bans: [reference('c', false)], anyway: false }]]),
  without: new Set(['two']),
  arms: ['coarse', 'refined'],
  packId: 'pack',
  seed: 7,
  steps: null,
  guidance: null,
  sampler: null,
  rebuild: null,
  window: null,
  source: 'prior',
  sourceImages: null,
  referencesPerEmphasis: 4,
  upscale: true,
};

describe('the request', () => {
  it('freezes the references that were shown, in their order, with pins and bans', () => {
    const [one] = generateRequest(parts).emphases ?? [];
    expect(one).toEqual({
      id: 'one',
      phrase: 'full beard',
      weight: 1.4,
      muted: false,
      references: [
        { contentHash: 'a'.repeat(64), weight: 0.5, pinned: true },
        { contentHash: 'b'.repeat(64), weight: 0.5, pinned: false },
      ],
      bans: ['c'.repeat(64)],
      span: [2, 12],
    });
  });

  it('mutes a phrase without a good reference, and asks the host where nothing was found yet', () => {
    expect(generateRequest(parts).emphases?.[1]).toMatchObject({ id: 'two', muted: true, references: [] });
  });

  it('leaves steps and guidance to the pack unless they were chosen', () => {
    expect(generateRequest(parts)).not.toHaveProperty('steps');
    expect(generateRequest({ ...parts, steps: 20, guidance: 0 })).toMatchObject({ steps: 20, guidance: 0 });
  });

  it('carries sampler, rebuild and window, and leaves them to the pack unless they were chosen', () => {
    for (const name of ['sampler', 'rebuild', 'window'] as const)
      expect(generateRequest(parts)).not.toHaveProperty(name);
    const chosen = { sampler: 'dpm-solver++', rebuild: 'difference', window: [0, 600] } as const;
    expect(generateRequest({ ...parts, ...chosen, window: [0, 600] })).toMatchObject(chosen);
  });

  it('is what the contract expects', async () => {
    const request = generateRequest({ ...parts, sampler: 'ddim', rebuild: 'continue', window: [5, 9] });
    expect(await parse(GenerateRequest, request, 'request')).toMatchObject({
      prompt: 'a full beard and a hat',
    });
  });
});
