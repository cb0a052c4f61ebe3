import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { Recipe } from '../../../../../contract/index.ts';
import type { PackManifest } from '../../../../../contract/index.ts';
import { makeRecipe, picturesOf } from '../../../../../main/services/jobs/recipe.ts';
import type { ArmResult, JobFacts } from '../../../../../main/services/jobs/recipe.ts';
import { request } from '../../../../support/host.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

let folder: string;
let manifest: PackManifest;
let judge: PackManifest;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-recipe-'));
  ({ manifest } = writeTinyPack(folder));
  judge = writeTinyPack(folder, { id: 'judge', channels: 3 }).manifest;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const use = { name: 'ort-cpu', detail: 'x' };
const result = (change: Partial<ArmResult> = {}): ArmResult => ({
  type: 'result',
  arm: 'refined',
  size: 2,
  rgb: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  large: null,
  embedding: new Float32Array(8),
  counters: { denoiserCalls: 8, vjpCalls: 4 },
  unrefinedSteps: [2],
  backends: { denoiser: use, prior: use },
  seconds: { denoiser: 1, gradient: 1, total: 3 },
  ...change,
});
function facts(kind: 'prior' | 'retrieval', baseline: PackManifest | null = null): JobFacts {
  return {
    request: request(),
    plan: { steps: 9, guidance: 2, rebuild: 'continue', window: [200, 300] },
    prepared: {
      recipeEmphases: [],
      recipeWrong: [],
      recipeSource: { kind, embeddingHash: 'a'.repeat(64), references: [] },
    },
    pack: { manifest },
    baseline: baseline && { manifest: baseline },
    appVersion: '1.2.3',
    createdAt: 5,
  };
}
const recipe = (made: JobFacts, of: ArmResult): Recipe => {
  const [picture] = picturesOf(of);
  if (!picture) throw new Error('no picture');
  return v.parse(Recipe, makeRecipe(made, of, picture));
};

describe('a recipe', () => {
  it('holds the plan that ran, the steps that fell back, and the hash of its own pixels', () => {
    const of = result();
    expect(recipe(facts('prior'), of)).toMatchObject({
      steps: 9,
      guidance: 2,
      rebuild: 'continue',
      window: [200, 300],
      seed: 7,
      unrefinedSteps: [2],
      wallSeconds: 3,
      encoderHash: manifest.parts.encoderWeights.sha256,
      output: {
        width: 2,
        height: 2,
        upscaled: false,
        pixelsHash: createHash('sha256').update(of.rgb).digest('hex'),
      },
    });
  });

  it('names the prior only where the source came from it', () => {
    expect(Object.keys(recipe(facts('prior'), result()).backends)).toEqual(['denoiser', 'prior']);
    expect(Object.keys(recipe(facts('retrieval'), result()).backends)).toEqual(['denoiser']);
  });

  it('names the evaluation pack only for the arms that ran its denoiser', () => {
    expect(recipe(facts('prior', judge), result({ arm: 'baseline' })).baselinePack?.id).toBe('judge');
    expect(recipe(facts('prior', judge), result({ arm: 'refined' })).baselinePack).toBeNull();
    expect(recipe(facts('prior'), result({ arm: 'refined' })).baselinePack).toBeNull();
  });
});

describe('the pictures of an arm', () => {
  it('are the sampled one, and the enlarged one where there is one', () => {
    expect(picturesOf(result()).map((p) => [p.size, p.upscaled])).toEqual([[2, false]]);
    const large = { size: 8, rgb: new Uint8Array(192) };
    expect(picturesOf(result({ large })).map((p) => [p.size, p.upscaled, p.rgb.length])).toEqual([
      [2, false, 12],
      [8, true, 192],
    ]);
  });
});
