import { describe, expect, it } from 'vitest';
import {
  alpha,
  ddimStep,
  extrapolated,
  makeSchedule,
  normals,
  samplingLevels,
  secondOrderWeight,
  sigma,
  twoStage,
} from '../../../../../main/engine/sampler/index.ts';
import type { Predict, SamplingPlan } from '../../../../../main/engine/sampler/index.ts';

const schedule = makeSchedule('cosine');
const N = 64;
const noise = normals(5n, N);
/** Of a Gaussian of this spread, the clean image behind x is known, and so is where the flow takes the noise. */
const SPREAD = 0.25;
const exact: Predict = async (x, _, t) => {
  const [a, s] = [alpha(schedule, t), sigma(schedule, t)];
  return x.map((v) => ((a * SPREAD ** 2) / (a ** 2 * SPREAD ** 2 + s ** 2)) * v);
};
/** At level T the noise is all there is; at 0 every value is the noise's times the spread. */
const truth = noise.map((v) => SPREAD * v);

async function sample(change: Partial<SamplingPlan>, predict: Predict = exact): Promise<Float32Array> {
  const plan: SamplingPlan = {
    schedule,
    steps: 20,
    rebuild: 'mean-shift',
    window: [0, 1000],
    stages: 'single',
    ...change,
  };
  let x = noise;
  for await (const step of twoStage(plan, noise, predict, async () => noise)) if (step.x) x = step.x;
  return x;
}
const gap = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - (b[i] as number)) ** 2, 0) / a.length);

describe('DPM-Solver++(2M)', () => {
  it('is the formula of the paper, step by step', () => {
    const [s2, s1, t] = [700, 500, 300];
    const lambda = (level: number): number => Math.log(alpha(schedule, level) / sigma(schedule, level));
    const h = lambda(t) - lambda(s1);
    const r = (lambda(s1) - lambda(s2)) / h;
    expect(secondOrderWeight(schedule, s1, t, s2)).toBeCloseTo(1 / (2 * r), 12);
    const [x, now, before] = [normals(1n, N), normals(2n, N), normals(3n, N)];
    const D = extrapolated(schedule, { clean: now, level: s1 }, t, { clean: before, level: s2 });
    const ours = ddimStep(schedule, x, D, s1, t);
    const theirs = x.map((v, i) => {
      const d = (1 + 1 / (2 * r)) * (now[i] as number) - (1 / (2 * r)) * (before[i] as number);
      return (sigma(schedule, t) / sigma(schedule, s1)) * v - alpha(schedule, t) * Math.expm1(-h) * d;
    });
    expect(gap(ours, theirs)).toBeLessThan(1e-6);
  });

  it('is first order without a history, from pure noise, and in the step to the clean image', () => {
    const now = { clean: normals(1n, N), level: 500 };
    const before = { clean: normals(2n, N), level: 1000 };
    expect(extrapolated(schedule, now, 300, null)).toBe(now.clean);
    expect(extrapolated(schedule, now, 300, before)).toBe(now.clean);
    expect(extrapolated(schedule, now, 0, { ...before, level: 700 })).toBe(now.clean);
  });

  it('comes closer to the known flow than DDIM with the same calls, as a second-order method does', async () => {
    const errorOf = async (steps: number, sampler: 'ddim' | 'dpm-solver++'): Promise<number> =>
      gap(await sample({ steps, sampler }), truth);
    const [ddim20, dpm20, ddim50] = [
      await errorOf(20, 'ddim'),
      await errorOf(20, 'dpm-solver++'),
      await errorOf(50, 'ddim'),
    ];
    expect(dpm20).toBeLessThan(ddim20 / 2);
    expect(dpm20).toBeLessThan(ddim50);
  });

  it('takes the first two steps and the last one as DDIM does, so that up to three are the same', async () => {
    for (const steps of [1, 2, 3])
      expect(await sample({ steps, sampler: 'dpm-solver++' })).toEqual(
        await sample({ steps, sampler: 'ddim' }),
      );
    expect(await sample({ steps: 4, sampler: 'dpm-solver++' })).not.toEqual(await sample({ steps: 4 }));
  });
});

describe('with refinement', () => {
  /** Refinement pulls every value up by a tenth. */
  const pulled: Predict = async (x, g, t) => (await exact(x, null, t)).map((v) => v + (g ? 0.1 : 0));

  it('the jump of stage 2 is not extrapolated: a network that ignores x gives the same picture as DDIM', async () => {
    const constant: Predict = async (_, g) => truth.map((v) => v + (g ? 0.1 : 0));
    for (const rebuild of ['mean-shift', 'continue', 'difference'] as const) {
      // Only the last refined level counts here; DDIM with one prediction throughout is exact.
      const plan = { stages: 'gradient', rebuild, steps: 12, window: [600, 700] } as const;
      const [a, b] = [
        await sample({ ...plan, sampler: 'dpm-solver++' }, constant),
        await sample(plan, constant),
      ];
      expect(gap(a, b)).toBeLessThan(0.02);
    }
  });

  it('a null gradient changes nothing under form c, as with DDIM', async () => {
    const plan = { sampler: 'dpm-solver++', rebuild: 'difference' } as const;
    expect(await sample({ ...plan, stages: 'null' }, pulled)).toEqual(
      await sample({ ...plan, stages: 'single' }, pulled),
    );
  });

  it('visits the same levels, each by one call of stage 1', async () => {
    const seen: number[] = [];
    await sample({ sampler: 'dpm-solver++', steps: 9 }, async (x, g, t) => {
      seen.push(t);
      return exact(x, g, t);
    });
    expect(seen).toEqual(samplingLevels(schedule, 9).slice(0, -1));
  });
});
