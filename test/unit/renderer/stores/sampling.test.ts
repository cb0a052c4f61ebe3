/** What is set for the next pair, beside what the pack has. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usePacksStore } from '../../../../renderer/stores/packs.ts';
import { recall } from '../../../../renderer/stores/recall.ts';
import { useSamplingStore } from '../../../../renderer/stores/sampling.ts';
import { recipeWith } from '../../../support/recipe.ts';
import { pack, storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const other = {
  ...pack,
  packId: 'other',
  sampling: { steps: 20, guidance: 1, rebuild: 'continue' as const, window: [0, 400] as [number, number] },
};
const none = { steps: false, guidance: false, sampler: false, rebuild: false, window: false };

let rig: StoreRig;
beforeEach(async () => {
  rig = await storeRig({ packs: { list: () => ({ packs: [pack, other], refused: [] }) } });
});
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

describe('settings of the next pair', () => {
  it('are the pack’s own until one is chosen, and so again when its value is chosen', () => {
    const sampling = useSamplingStore();
    expect(sampling.changed).toEqual(none);
    sampling.rebuild = 'difference';
    sampling.window = [0, 900];
    sampling.sampler = 'dpm-solver++';
    expect(sampling.changed).toEqual({ ...none, sampler: true, rebuild: true, window: true });
    sampling.rebuild = 'mean-shift';
    sampling.window = [100, 900];
    sampling.sampler = 'ddim';
    expect(sampling.changed).toEqual(none);
    usePacksStore().wantedId = 'other';
    expect([sampling.steps, sampling.rebuild, sampling.window]).toEqual([20, 'continue', [0, 400]]);
    expect(sampling.changed).toEqual(none);
  });

  it('are replaced by a recalled recipe, which is no change where it says what the pack has', () => {
    const sampling = useSamplingStore();
    sampling.sampler = 'dpm-solver++';
    sampling.rebuild = 'continue';
    recall(recipeWith({ rebuild: 'mean-shift', window: [200, 300] }));
    expect([sampling.sampler, sampling.rebuild, sampling.window]).toEqual(['ddim', 'mean-shift', [200, 300]]);
    expect(sampling.changed).toEqual({ ...none, window: true });
    recall(recipeWith({ sampler: 'dpm-solver++' }));
    expect(sampling.changed).toEqual({ ...none, sampler: true });
  });
});
