import { describe, expect, it } from 'vitest';
import { makeSchedule, twoStage } from '../../../../main/engine/sampler/index.ts';
import type { Rebuild } from '../../../../main/engine/sampler/index.ts';
import { callsOf } from '../../../../renderer/features/jobs/network-calls.ts';
import type { Sampled } from '../../../../renderer/features/jobs/network-calls.ts';

const PLAIN: Sampled = {
  steps: 12,
  guidance: 3,
  rebuild: 'mean-shift',
  window: [0, 1000],
  levels: 1000,
  isStressed: true,
};

/** What the sampler itself calls, in all and once stage 1 of step `after` is finished. */
async function counted(sampled: Sampled, stages: 'single' | 'null' | 'gradient', after = 0) {
  const calls = { denoiser: 0, gradient: 0 };
  const { steps, rebuild, window } = sampled;
  const steps_ = twoStage(
    { schedule: makeSchedule('cosine', sampled.levels), steps, rebuild, window, stages },
    new Float32Array(3),
    (x) => {
      calls.denoiser += sampled.guidance === 0 ? 1 : 2;
      return Promise.resolve(x);
    },
    (x) => {
      calls.gradient++;
      return Promise.resolve(x);
    },
  );
  let begin = { denoiser: 0, gradient: 0 };
  for await (const { i, stage } of steps_) if (i === after && stage === 'coarse') begin = { ...calls };
  return { denoiser: calls.denoiser - begin.denoiser, gradient: calls.gradient - begin.gradient };
}

describe('the calls of a picture', () => {
  const rebuilds: Rebuild[] = ['mean-shift', 'continue', 'difference'];
  const windows: [number, number][] = [
    [0, 1000],
    [100, 900],
    [400, 450],
    [990, 1000],
  ];
  const settings = rebuilds.flatMap((rebuild) =>
    windows.flatMap((window) =>
      [1, 7, 12, 50].flatMap((steps) => [0, 3].map((guidance) => ({ rebuild, window, steps, guidance }))),
    ),
  );

  it.each(settings)(
    'are those of the sampler: $rebuild, $window, $steps steps, guidance $guidance',
    async (own) => {
      const sampled = { ...PLAIN, ...own };
      expect(callsOf('coarse', sampled)).toEqual(await counted(sampled, 'single'));
      expect(callsOf('refined', sampled)).toEqual(await counted(sampled, 'gradient'));
      expect(callsOf('refined', sampled, 1)).toEqual(await counted(sampled, 'gradient', 1));
      expect(callsOf('refined', { ...sampled, isStressed: false })).toEqual(await counted(sampled, 'single'));
      if (sampled.rebuild !== 'difference')
        expect(callsOf('coarse2', sampled)).toEqual(await counted(sampled, 'null'));
    },
  );

  it('are not told of arms that are made in another way', () => {
    expect(callsOf('composable', PLAIN)).toBeNull();
  });
});
