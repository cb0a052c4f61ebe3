import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  contrastCotangent,
  readContrast,
  stressedSource,
} from '../../../../../main/engine/gradient/contrast.ts';
import type { Contrast } from '../../../../../main/engine/gradient/contrast.ts';
import { generateDone, idle, importAll, makeTestHost, writePictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
const phrase = (weight: number, ...references: [number[], number][]) => ({
  weight,
  references: references.map(([embedding, w]) => ({ embedding: Float32Array.from(embedding), weight: w })),
});
const rounded = (x: Float32Array): number[] => [...x].map((v) => Math.round(v * 1e6) / 1e6 + 0);

describe('the contrast of references', () => {
  const contrast: Contrast = { mean: Float32Array.of(0, 0, 1), whiten: identity };

  it('is what the references have and the background lacks, at unit length', () => {
    // Both show the third thing, as all images do, and the first; they differ in the second.
    const got = contrastCotangent([phrase(1, [[2, 1, 1], 1], [[2, -1, 1], 1])], contrast);
    expect(rounded(got)).toEqual([1, 0, 0]);
  });

  it('discounts directions in which all images vary', () => {
    const whiten = Float32Array.of(1, 0, 0, 0, 0.25, 0, 0, 0, 1);
    const got = contrastCotangent([phrase(1, [[3, 4, 1], 1])], { ...contrast, whiten });
    expect(rounded(got)).toEqual([0.948683, 0.316228, 0]);
  });

  it('multiplies a row vector by the matrix, as the training does', () => {
    const whiten = Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0);
    expect(rounded(contrastCotangent([phrase(1, [[1, 0, 1], 1])], { ...contrast, whiten }))).toEqual([
      0, 1, 0,
    ]);
  });

  it('weighs references within a phrase, and phrases against each other', () => {
    const got = contrastCotangent(
      [phrase(1.5, [[4, 0, 1], 3], [[0, 4, 1], 0]), phrase(0.5, [[0, 7, 1], 1]), phrase(0, [[0, 0, 9], 1])],
      contrast,
    );
    expect(rounded(got)).toEqual([1.5, 0.5, 0]);
  });

  it('takes nothing from phrases without references, and none from references like the background', () => {
    const got = contrastCotangent(
      [phrase(1), phrase(1, [[1, 1, 1], 0]), phrase(1, [[0, 0, 1], 1])],
      contrast,
    );
    expect(rounded(got)).toEqual([0, 0, 0]);
  });

  it('names a tensor of the part that is absent, of another shape, or not finite', () => {
    const tensors = (mean: number[], shape = [mean.length]) =>
      new Map([
        ['mean', { dtype: 'F32', shape, data: Float32Array.from(mean) }],
        ['whiten', { dtype: 'F32', shape: [3, 3], data: identity }],
      ]);
    expect(readContrast(tensors([0, 0, 1]), 3)).toEqual(contrast);
    expect(() => readContrast(new Map(), 3)).toThrow(/"mean" of shape \[3\]/);
    expect(() => readContrast(tensors([0, 1]), 3)).toThrow(/"mean"/);
    expect(() => readContrast(tensors([0, 1, Number.NaN]), 3)).toThrow(/finite/);
    expect(() => readContrast(tensors([0, 0, 1]), 4)).toThrow(/\[4\]/);
  });
});

describe('the source embedding and what its stressed phrases ask for', () => {
  const contrast: Contrast = { mean: Float32Array.of(0, 0, 0), whiten: identity };
  const ask = (weight: number, ...source: number[]) => ({ weight, source: Float32Array.from(source) });
  const e = Float32Array.of(0.6, 0.8, 0);

  it('gains what a phrase has and it lacks, by a share in turns, at unit length', () => {
    // Of the third direction 1 is asked and nothing there: 1 - (5/6)^3 of it is added.
    const third = 1 - (5 / 6) ** 3;
    const length = Math.hypot(1, third);
    const got = stressedSource(e, [ask(1, 0, 0, 1)], contrast);
    [0.6 / length, 0.8 / length, third / length].forEach((x, i) => {
      expect(got[i]).toBeCloseTo(x, 6);
    });
  });

  it('asks more of a heavier phrase, and nothing of one without weight or without an embedding', () => {
    const [light, heavy] = [0.5, 1.5].map((w) => stressedSource(e, [ask(w, 0, 0, 1)], contrast)[2] as number);
    expect(heavy).toBeGreaterThan((light as number) * 2);
    expect(stressedSource(e, [ask(0, 0, 0, 1), { weight: 1 }], contrast)).toEqual(e);
  });

  it('keeps what is there already, and is not told twice by phrases that agree', () => {
    expect(rounded(stressedSource(e, [ask(1, 0.5, 0, 0)], contrast))).toEqual(rounded(e));
    const once = stressedSource(e, [ask(1, 0, 0, 1)], contrast)[2] as number;
    const twice = stressedSource(e, [ask(1, 0, 0, 1), ask(1, 0, 0, 1)], contrast)[2] as number;
    expect(twice).toBeGreaterThan(once);
    expect(twice).toBeLessThan(Math.SQRT1_2);
  });

  it('does not move along what all images have', () => {
    const mean = Float32Array.of(0, 0.8, 0);
    const got = stressedSource(e, [ask(1, 0, 0.8, 0)], { ...contrast, mean });
    expect(rounded(got)).toEqual(rounded(e));
  });
});

describe('a pack that takes its gradient at the clean prediction', () => {
  let test: TestHost;
  beforeAll(async () => {
    test = makeTestHost();
    await test.close();
    writeTinyPack(test.packs, { contrast: true });
    await test.restart();
    const folder = join(test.folder, 'pictures');
    mkdirSync(folder);
    await writePictures(folder);
    await importAll(test.host, folder);
  });
  afterAll(async () => {
    await test.dispose();
  });

  it('takes one gradient a step, follows its references, and gives the same pictures again', async () => {
    const run = async () => {
      const { events, done } = await generateDone(test.host, {
        arms: ['coarse', 'refined', 'wrong'],
        wrongEmphases: [{ id: 'e1', phrase: 'blue' }],
        steps: 4,
        guidance: 0,
        upscale: false,
      });
      const gradients = events.filter(
        (e) => e.type === 'step' && e.stage === 'gradient' && e.arm === 'refined',
      );
      const hashes = await Promise.all(
        done.results.map(
          async ({ imageId }) =>
            (await test.host.services.gallery.recipe({ imageId }, idle)).output.pixelsHash,
        ),
      );
      return { gradients: gradients.length, hashes };
    };
    const first = await run();
    expect(first.gradients).toBe(3);
    expect(new Set(first.hashes).size).toBe(3);
    expect(await run()).toEqual(first);
  });
});
