/** One undo stack over sentence, chips, weights and what is set for sampling. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { recall } from '../../../../renderer/stores/recall.ts';
import { useSamplingStore } from '../../../../renderer/stores/sampling.ts';
import { undoSettings } from '../../../../renderer/stores/undo-settings.ts';
import { takePacksOwn } from '../../../../renderer/stores/written.ts';
import { recipeWith } from '../../../support/recipe.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

let rig: StoreRig;
beforeEach(async () => {
  rig = await storeRig({});
  undoSettings();
});
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

describe('undo', () => {
  it('goes back over text, weights and settings in the order in which they were changed, and forth again', () => {
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    prompt.paste(0, 0, 'a (beard:1.0)');
    sampling.ownSteps = 30;
    prompt.setWeight(prompt.chips[0]?.id ?? '', 1.4);
    sampling.source = 'retrieval';
    const seen = () => [prompt.chips[0]?.weight, sampling.ownSteps, sampling.source];
    expect(seen()).toEqual([1.4, 30, 'retrieval']);
    prompt.undo();
    expect(seen()).toEqual([1.4, 30, 'prior']);
    prompt.undo();
    expect(seen()).toEqual([1, 30, 'prior']);
    prompt.undo();
    expect(seen()).toEqual([1, null, 'prior']);
    prompt.redo();
    prompt.redo();
    prompt.redo();
    expect(seen()).toEqual([1.4, 30, 'retrieval']);
  });

  it('joins the digits of one number that are typed quickly', () => {
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    for (const steps of [1, 12, 125]) sampling.ownSteps = steps;
    prompt.undo();
    expect(sampling.ownSteps).toBeNull();
  });

  it('leaves the seed alone that every run takes anew, and brings a locked one back', () => {
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    prompt.replace(0, 0, 'a kid', null);
    const taken = sampling.takeSeed();
    prompt.undo();
    expect(sampling.seed).toBe(taken);
    sampling.seed = 41;
    sampling.seedLocked = true;
    sampling.source = 'retrieval';
    sampling.seed = 42;
    prompt.undo();
    expect([sampling.seed, sampling.seedLocked]).toEqual([41, true]);
  });

  it('knows sampler, rebuild and window, and takes them all back to the pack in one step', () => {
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    const seen = () => [sampling.steps, sampling.sampler, sampling.rebuild, sampling.window];
    const packs = [50, 'ddim', 'mean-shift', [100, 900]];
    expect(seen()).toEqual(packs);
    sampling.ownSteps = 20;
    sampling.sampler = 'dpm-solver++';
    sampling.rebuild = 'difference';
    sampling.window = [100, 600];
    takePacksOwn();
    expect(seen()).toEqual(packs);
    prompt.undo();
    expect(seen()).toEqual([20, 'dpm-solver++', 'difference', [100, 600]]);
    prompt.undo();
    expect(seen()).toEqual([20, 'dpm-solver++', 'difference', [100, 900]]);
    prompt.undo();
    expect(seen()).toEqual([20, 'dpm-solver++', 'mean-shift', [100, 900]]);
    prompt.undo();
    expect(seen()).toEqual([20, 'ddim', 'mean-shift', [100, 900]]);
    prompt.redo();
    expect(sampling.sampler).toBe('dpm-solver++');
  });

  it('takes a whole recall back in one step', () => {
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    prompt.replace(0, 0, 'before', null);
    sampling.ownGuidance = 5;
    recall(recipeWith({ prompt: 'a person with a full beard', steps: 33, guidance: 2 }));
    expect([prompt.document.text, sampling.ownSteps, sampling.ownGuidance]).toEqual([
      'a person with a full beard',
      33,
      2,
    ]);
    prompt.undo();
    expect([prompt.document.text, sampling.ownSteps, sampling.ownGuidance]).toEqual(['before', null, 5]);
    prompt.redo();
    expect([prompt.document.text, sampling.ownSteps]).toEqual(['a person with a full beard', 33]);
  });
});
