import { describe, expect, it } from 'vitest';
import {
  alpha,
  average,
  compose,
  ddimStep,
  guide,
  makeSchedule,
  shiftMean,
  sigma,
  stepVariance,
  twoStage,
} from '../../../../../main/engine/sampler/index.ts';
import type { Step } from '../../../../../main/engine/sampler/index.ts';

const row = (...values: number[]): Float32Array => Float32Array.from(values);
const near = (got: Float32Array, wanted: readonly number[]): void => {
  expect(got).toHaveLength(wanted.length);
  wanted.forEach((w, i) => {
    expect(got[i]).toBeCloseTo(w, 5);
  });
};

describe('the variance of a step (Sigma of Eqs. 2 and 6)', () => {
  // A schedule with easy numbers: alphaBar = 1, 0.64, 0.16, 0.
  const schedule = { kind: 'cosine' as const, levels: 3, alphaBar: Float64Array.from([1, 0.64, 0.16, 0]) };

  it('is beta-tilde, counted by hand', () => {
    // (1 - 0.64) / (1 - 0.16) * (1 - 0.16 / 0.64) = 0.36 / 0.84 * 0.75
    expect(stepVariance(schedule, 2, 1)).toBeCloseTo((0.36 / 0.84) * 0.75, 12);
  });
  it('is all of the noise from pure noise, and nothing at a clean image', () => {
    expect(stepVariance(schedule, 3, 2)).toBeCloseTo(0.84, 12);
    expect(stepVariance(schedule, 1, 0)).toBe(0);
  });
  it('refuses a step that does not go down', () => {
    expect(() => stepVariance(schedule, 1, 1)).toThrow('lower level');
  });
  it('agrees with the noise that a DDPM step adds on a real schedule', () => {
    const cosine = makeSchedule('cosine');
    const beta = 1 - (alpha(cosine, 500) / alpha(cosine, 499)) ** 2;
    expect(stepVariance(cosine, 500, 499)).toBeCloseTo(
      (beta * sigma(cosine, 499) ** 2) / sigma(cosine, 500) ** 2,
      10,
    );
  });
});

describe('rules by hand', () => {
  it('the mean moves by s Sigma g', () => {
    near(shiftMean(row(0.5, -1), row(2, 4), 3, 0.25), [2, 2]);
  });
  it('a conjunction adds each difference from the null prediction', () => {
    // 1 + 2 (3 - 1) + 0.5 (5 - 1) = 7;  0 + 2 (-1 - 0) + 0.5 (4 - 0) = 0
    near(compose(row(1, 0), [row(3, -1), row(5, 4)], [2, 0.5]), [7, 0]);
  });
  it('a conjunction of one is classifier-free guidance with 1 + s as its weight', () => {
    near(compose(row(0.2), [row(0.6)], [4]), [guide(row(0.6), row(0.2), 3)[0] as number]);
  });
  it('the structure arm averages, then guides once', () => {
    near(average([row(1, 2), row(3, 4), row(5, -6)]), [3, 0]);
    near(guide(average([row(1), row(3)]), row(0), 2), [6]);
  });
  it('lengths that do not fit are refused', () => {
    expect(() => compose(row(1), [row(1)], [])).toThrow('0 weights');
    expect(() => compose(row(1), [row(1, 2)], [1])).toThrow('lengths differ');
    expect(() => average([])).toThrow('at least one');
    expect(() => average([row(1), row(1, 2)])).toThrow('lengths differ');
  });
});

describe('a sampler that adds the gradient to the mean', () => {
  const schedule = makeSchedule('cosine');
  const noise = row(0.3, -0.7, 1.1);
  const clean = row(0.1, 0.2, -0.3);
  const g = row(1, -2, 0.5);
  const collect = async (scale: number, window: [number, number]): Promise<Step[]> => {
    const steps: Step[] = [];
    const plan = {
      schedule,
      steps: 2,
      rebuild: 'mean-shift',
      window,
      stages: 'mean',
      meanScale: scale,
    } as const;
    for await (const step of twoStage(
      plan,
      noise,
      async () => clean,
      async () => g,
    ))
      steps.push(step);
    return steps;
  };

  it('is one DDIM step, shifted, then the next from there', async () => {
    const steps = await collect(0.5, [0, 1000]);
    expect(steps.map((s) => [s.i, s.stage])).toEqual([
      [1, 'coarse'],
      [1, 'gradient'],
      [2, 'coarse'],
    ]);
    const coarse = ddimStep(schedule, noise, clean, 1000, 500);
    const moved = coarse.map((v, i) => v + 0.5 * sigma(schedule, 500) ** 2 * (g[i] as number));
    near(steps[1]?.x as Float32Array, [...moved]);
    near(steps[2]?.x as Float32Array, [...ddimStep(schedule, moved, clean, 500, 0)]);
  });
  it('at scale 0, and outside its window, is plain DDIM', async () => {
    const plain = ddimStep(schedule, ddimStep(schedule, noise, clean, 1000, 500), clean, 500, 0);
    near((await collect(0, [0, 1000])).at(-1)?.x as Float32Array, [...plain]);
    near((await collect(5, [600, 900])).at(-1)?.x as Float32Array, [...plain]);
  });
});
