import { describe, expect, it } from 'vitest';
import {
  addNoise,
  alpha,
  ddimStep,
  guide,
  makeSchedule,
  noiseOf,
  normals,
  samplingLevels,
  sigma,
} from '../../../../../main/engine/sampler/index.ts';

const cosine = makeSchedule('cosine');
const linear = makeSchedule('linear');

/** Largest difference of two arrays. */
const gap = (a: Float32Array, b: Float32Array): number =>
  a.reduce((m, v, i) => Math.max(m, Math.abs(v - (b[i] as number))), 0);

describe('schedules', () => {
  it('begin clean and end in noise', () => {
    expect([alpha(cosine, 0), sigma(cosine, 0)]).toEqual([1, 0]);
    expect([alpha(cosine, 1000), sigma(cosine, 1000)]).toEqual([0, 1]);
    expect(alpha(linear, 0)).toBe(1);
    // prod (1 - beta_i) of the linear schedule of 1000 levels, the figure that the literature has.
    expect(linear.alphaBar[1000]).toBeCloseTo(4.0358e-5, 8);
  });

  it('have the values of the definition', () => {
    const f = (t: number): number => Math.cos(((t / 1000 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    for (const t of [1, 250, 500, 900]) expect(cosine.alphaBar[t]).toBeCloseTo(f(t) / f(0), 15);
    expect(cosine.alphaBar[500]).toBeCloseTo(0.4938435, 6);
    expect(cosine.alphaBar[999]).toBe(1e-5);
    expect(linear.alphaBar[1]).toBe(1 - 1e-4);
    expect(linear.alphaBar[2]).toBeCloseTo((1 - 1e-4) * (1 - 1e-4 - (0.02 - 1e-4) / 999), 15);
  });

  it('never rise', () => {
    for (const { alphaBar } of [cosine, linear])
      for (let t = 1; t <= 1000; t++)
        expect(alphaBar[t] as number).toBeLessThanOrEqual(alphaBar[t - 1] as number);
  });

  it('refuse levels outside', () => {
    expect(() => alpha(cosine, 1001)).toThrow(/level 1001 is outside 0 .. 1000/);
    expect(() => sigma(cosine, 0.5)).toThrow(RangeError);
  });

  it('give the levels of n steps', () => {
    expect(samplingLevels(cosine, 4)).toEqual([1000, 750, 500, 250, 0]);
    expect(samplingLevels(cosine, 3)).toEqual([1000, 667, 333, 0]);
    expect(samplingLevels(cosine, 1000)).toHaveLength(1001);
    for (const bad of [0, 1.5, 1001, Number.NaN])
      expect(() => samplingLevels(cosine, bad)).toThrow(RangeError);
  });
});

describe('DDIM', () => {
  const clean = normals(1n, 192).map((v) => Math.tanh(v));
  const noise = normals(2n, 192);

  it('finds the noise again that was added', () => {
    for (const t of [50, 500, 1000])
      expect(gap(noiseOf(cosine, addNoise(cosine, clean, noise, t), clean, t), noise)).toBeLessThan(1e-5);
    expect(() => noiseOf(cosine, clean, clean, 0)).toThrow(/level 0 holds no noise/);
  });

  it('moves x_t to another level of the same image and noise', () => {
    for (const [from, to] of [
      [1000, 980],
      [700, 300],
      [20, 0],
    ] as const)
      expect(
        gap(
          ddimStep(cosine, addNoise(cosine, clean, noise, from), clean, from, to),
          addNoise(cosine, clean, noise, to),
        ),
      ).toBeLessThan(2e-5);
  });

  it('with a perfect prediction ends at the image, in one step or in fifty', () => {
    for (const steps of [1, 50]) {
      const levels = samplingLevels(cosine, steps);
      let x = noise;
      for (let i = 1; i <= steps; i++)
        x = ddimStep(cosine, x, clean, levels[i - 1] as number, levels[i] as number);
      expect(gap(x, clean)).toBeLessThan(1e-5);
    }
  });

  it('guides in the form of Eq. 3', () => {
    expect(guide(Float32Array.of(1, 2), Float32Array.of(0.5, 4), 3)).toEqual(Float32Array.of(2.5, -4));
    expect(guide(clean, noise, 0)).toEqual(clean);
    expect(gap(guide(clean, clean, 3), clean)).toBeLessThan(1e-6);
  });
});
