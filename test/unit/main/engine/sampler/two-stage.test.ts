import { describe, expect, it } from 'vitest';
import {
  NonFiniteError,
  alpha,
  clip,
  combine,
  ddimStep,
  makeSchedule,
  noiseOf,
  normals,
  refinesAt,
  samplingLevels,
  twoStage,
} from '../../../../../main/engine/sampler/index.ts';
import type { Gradient, Predict, SamplingPlan, Step } from '../../../../../main/engine/sampler/index.ts';

const schedule = makeSchedule('cosine');
const N = 3 * 16;
const noise = normals(5n, N);
const target = normals(6n, N).map((v) => Math.tanh(v) * 0.8);
const pull = normals(7n, N).map((v) => Math.tanh(v));

/** A network with opinions: it sees a blurred target, leans on x, and takes a share of the gradient. */
const predict: Predict = async (x, g, t) =>
  x.map((v, i) => 0.7 * (target[i] as number) + 0.2 * (1 - t / 1000) * v + (g ? 0.1 * (g[i] as number) : 0));
const gradient: Gradient = async () => pull;

const plan = (change: Partial<SamplingPlan> = {}): SamplingPlan => ({
  schedule,
  steps: 10,
  rebuild: 'mean-shift',
  window: [0, 1000],
  stages: 'gradient',
  ...change,
});

async function collect(p: SamplingPlan, f: Predict = predict, g: Gradient = gradient): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of twoStage(p, noise, f, g)) steps.push(step);
  return steps;
}
const finalOf = (steps: readonly Step[]): Float32Array => steps.at(-1)?.x as Float32Array;
const gap = (a: Float32Array, b: Float32Array): number =>
  a.reduce((m, v, i) => Math.max(m, Math.abs(v - (b[i] as number))), 0);

describe('why form a keeps the noise of stage 1', () => {
  it('clean image and noise both from stage 2 give back exactly x~_t: refinement would change nothing', async () => {
    for (const t of [900, 500, 100]) {
      const coarse = combine(1, noise, 0, noise);
      const refined = clip(await predict(coarse, pull, t), -1, 1);
      const both = ddimStep(schedule, coarse, refined, t, t);
      expect(gap(both, coarse)).toBeLessThan(1e-6);
    }
  });

  it('form a moves x_t by alpha_t times the difference of the clean images and keeps the noise', async () => {
    const p = plan({ steps: 2, window: [500, 500] });
    const [first, , second] = (await collect(p)) as [Step, Step, Step];
    const coarse = ddimStep(schedule, noise, first.clean, 1000, 500);
    const x = second.x as Float32Array;
    expect(
      gap(x, combine(1, coarse, alpha(schedule, 500), combine(1, second.clean, -1, first.clean))),
    ).toBeLessThan(1e-6);
    expect(gap(x, coarse)).toBeGreaterThan(0.01);
    expect(
      gap(noiseOf(schedule, x, second.clean, 500), noiseOf(schedule, coarse, first.clean, 500)),
    ).toBeLessThan(1e-5);
  });
});

describe('two-stage sampling', () => {
  it('single stage is plain DDIM', async () => {
    const steps = await collect(plan({ stages: 'single' }));
    const levels = samplingLevels(schedule, 10);
    let x = noise;
    for (let i = 1; i <= 10; i++) {
      const from = levels[i - 1] as number;
      x = ddimStep(schedule, x, clip(await predict(x, null, from), -1, 1), from, levels[i] as number);
    }
    expect(finalOf(steps)).toEqual(x);
    expect(steps.map((s) => [s.i, s.stage])).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, 'coarse']));
  });

  it('yields coarse, gradient, refined per step, and x only with the last of a step', async () => {
    const steps = await collect(plan({ steps: 3 }));
    expect(steps.map((s) => [s.i, s.of, s.stage, s.x !== undefined])).toEqual([
      [1, 3, 'coarse', false],
      [1, 3, 'gradient', false],
      [1, 3, 'refined', true],
      [2, 3, 'coarse', false],
      [2, 3, 'gradient', false],
      [2, 3, 'refined', true],
      [3, 3, 'coarse', true],
    ]);
  });

  it('refines inside the window only, and never the clean image', async () => {
    const seen: number[] = [];
    await collect(plan({ window: [300, 700] }), predict, async (_, t) => {
      seen.push(t);
      return pull;
    });
    expect(seen).toEqual([700, 600, 500, 400, 300]);
    expect(refinesAt(plan(), 0)).toBe(false);
    expect(refinesAt(plan({ stages: 'single' }), 500)).toBe(false);
  });

  it('outside the window a refined run is the coarse run, bit by bit', async () => {
    expect(finalOf(await collect(plan({ window: [0, 0] })))).toEqual(
      finalOf(await collect(plan({ stages: 'single' }))),
    );
  });

  it('the forms differ from each other and from the coarse run, and each is what it says', async () => {
    const finals = await Promise.all(
      (['mean-shift', 'continue', 'difference'] as const).map(async (rebuild) =>
        finalOf(await collect(plan({ rebuild }))),
      ),
    );
    const all = [...finals, finalOf(await collect(plan({ stages: 'single' })))];
    for (let a = 0; a < all.length; a++)
      for (let b = a + 1; b < all.length; b++)
        expect(gap(all[a] as Float32Array, all[b] as Float32Array)).toBeGreaterThan(1e-3);
  });

  it('form b: stage 2 takes the next step itself', async () => {
    const calls: [number, boolean][] = [];
    const steps = await collect(plan({ steps: 4, rebuild: 'continue' }), async (x, g, t) => {
      calls.push([t, g !== null]);
      return predict(x, g, t);
    });
    expect(calls).toEqual([
      [1000, false],
      [750, true],
      [500, false],
      [250, true],
    ]);
    expect(steps.filter((s) => s.x).map((s) => s.i)).toEqual([2, 4]);
    const coarse = ddimStep(schedule, noise, (steps[0] as Step).clean, 1000, 750);
    const refined = steps.find((s) => s.stage === 'refined') as Step;
    expect(refined.x).toEqual(ddimStep(schedule, coarse, refined.clean, 750, 500));
  });

  it('form c: no shift where the gradient says nothing', async () => {
    const deaf: Predict = (x, _, t) => predict(x, null, t);
    const coarse = finalOf(await collect(plan({ stages: 'single' })));
    expect(finalOf(await collect(plan({ rebuild: 'difference' }), deaf))).toEqual(coarse);
    expect(finalOf(await collect(plan({ rebuild: 'difference', stages: 'null' })))).toEqual(coarse);
    // Form a does shift there: the second look at x~_t is itself a change.
    expect(gap(finalOf(await collect(plan({ stages: 'null' }))), coarse)).toBeGreaterThan(1e-3);
  });

  it('clips clean predictions to [-1, 1] before the noise is recomputed', async () => {
    const steps = await collect(plan({ stages: 'single', steps: 1 }), async (x) => x.map(() => 7));
    expect(finalOf(steps)).toEqual(new Float32Array(N).fill(1));
  });

  it('same noise, same bytes', async () => {
    expect(finalOf(await collect(plan()))).toEqual(finalOf(await collect(plan())));
  });

  it('stops between two calls when the caller breaks off', async () => {
    let calls = 0;
    const counted: Predict = async (x, g, t) => {
      calls++;
      return predict(x, g, t);
    };
    for await (const step of twoStage(plan(), noise, counted, gradient))
      if (step.i === 2 && step.stage === 'gradient') break;
    expect(calls).toBe(3);
  });
});

describe('the guard against NaN and infinity', () => {
  const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  it.each(bad)('a gradient of %s leaves the step unrefined and says so', async (value) => {
    const steps = await collect(plan({ steps: 4 }), predict, async (_, t) =>
      t === 500 ? pull.map((v, i) => (i === 3 ? value : v)) : pull,
    );
    expect(steps.filter((s) => s.unrefined).map((s) => s.i)).toEqual([2]);
    expect(finalOf(steps).every(Number.isFinite)).toBe(true);
    const without = await collect(plan({ steps: 4 }), predict, gradient);
    expect(finalOf(steps)).not.toEqual(finalOf(without));
  });

  it.each(bad)(
    'a stage 2 of %s leaves the step unrefined and says so, also where clipping would hide it',
    async (value) => {
      for (const rebuild of ['mean-shift', 'continue', 'difference'] as const) {
        const spoilt: Predict = async (x, g, t) => {
          const clean = await predict(x, g, t);
          return g && t === 750 ? clean.map((v, i) => (i === 5 ? value : v)) : clean;
        };
        const steps = await collect(plan({ steps: 4, rebuild }), spoilt);
        expect(steps.filter((s) => s.unrefined).map((s) => s.i)).toEqual([1]);
        expect(finalOf(steps).every(Number.isFinite)).toBe(true);
        const coarse = ddimStep(schedule, noise, (steps[0] as Step).clean, 1000, 750);
        expect(steps.find((s) => s.unrefined)?.x).toEqual(coarse);
      }
    },
  );

  it.each(bad)('a stage 1 of %s ends the run: there is nothing to fall back to', async (value) => {
    const broken: Predict = async (x, g, t) => (t === 500 ? x.map(() => value) : predict(x, g, t));
    await expect(collect(plan({ steps: 4 }), broken)).rejects.toThrow(NonFiniteError);
  });
});
