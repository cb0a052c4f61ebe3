/** A pair whose other half was not made gets it later, and it is the half that it would have had. */
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GenerateRequest, completing, missingArm } from '#contract';
import type { GenerateRequestInput, JobEvent, Recipe } from '#contract';
import { checkCompletion } from '../../../../../main/services/jobs/completing.ts';
import type { InstalledPack } from '../../../../../main/services/packs/index.ts';
import type { Store } from '../../../../../main/services/store/index.ts';
import {
  follow,
  generateDone,
  idle,
  importAll,
  makeTestHost,
  request,
  writePictures,
} from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';
import { HASH, recipeWith } from '../../../../support/recipe.ts';

let test: TestHost;
beforeAll(async () => {
  test = makeTestHost();
  await writePictures(join(test.folder, 'pictures'));
  await importAll(test.host, join(test.folder, 'pictures'));
});
afterAll(async () => {
  await test.dispose();
});

const steps = { steps: 6, window: [0, 1000] as [number, number] };
const recipesOf = async (pairId: string): Promise<Recipe[]> => {
  const { results } = await test.host.services.gallery.pair({ pairId }, idle);
  return Promise.all(
    results.map(({ imageId }) => test.host.services.gallery.recipe({ imageId }, idle) as Promise<Recipe>),
  );
};
/** The pixels of each arm's picture as it was sampled. */
const pixels = async (pairId: string): Promise<Record<string, string>> =>
  Object.fromEntries((await recipesOf(pairId)).map(({ arm, output }) => [arm, output.pixelsHash]));
const submit = async (input: GenerateRequestInput): Promise<JobEvent | undefined> => {
  const { jobId } = await test.host.services.jobs.submit(v.parse(GenerateRequest, input), idle);
  return (await follow(test.host, jobId)).at(-1);
};

describe('a pair of one picture', () => {
  it.each([['coarse'], ['refined']] as const)('that has %s gets its other half', async (arm) => {
    const whole = await generateDone(test.host, { ...steps, seed: 21, upscale: false });
    const half = await generateDone(test.host, { ...steps, seed: 21, upscale: false, arms: [arm] });
    const { pairId } = half.done;
    const [recipe] = await recipesOf(pairId);
    const missing = missingArm(half.done.results);
    if (!recipe || !missing) throw new Error('expected a pair of one picture');
    const last = await submit(completing(recipe, pairId, missing));
    expect(last).toMatchObject({ type: 'done', pairId });
    expect(last?.type === 'done' && last.results.map((r) => r.arm)).toEqual([arm, missing]);
    expect(await pixels(pairId)).toEqual(await pixels(whole.done.pairId));
    expect(missingArm((await test.host.services.gallery.pair({ pairId }, idle)).results)).toBeNull();
    await expect(submit(completing(recipe, pairId, missing))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is what a cancel leaves of a run whose first picture was finished', async () => {
    const long = { steps: 200, window: [0, 1000] as [number, number], seed: 22, upscale: false };
    const { jobId } = await test.host.services.jobs.submit(request(long), idle);
    for await (const event of test.host.services.jobs.watch({ jobId, after: 0 }, idle))
      if (event.type === 'step' && event.arm === 'refined') break;
    expect(await test.host.services.jobs.cancel({ jobId }, idle)).toEqual({ state: 'cancelled' });
    const last = (await follow(test.host, jobId)).at(-1);
    const pairId = last?.type === 'cancelled' ? last.pairId : undefined;
    if (pairId === undefined) throw new Error('expected a pair');
    const [job] = (await test.host.services.jobs.list({ limit: 1 }, idle)).items;
    expect(job).toMatchObject({ state: 'cancelled', pairId, results: [{ arm: 'coarse' }] });
    const [recipe] = await recipesOf(pairId);
    expect((await submit(completing(recipe as Recipe, pairId, 'refined')))?.type).toBe('done');
    const whole = await generateDone(test.host, long);
    expect(await pixels(pairId)).toEqual(await pixels(whole.done.pairId));
  });

  it('takes only its own other half', async () => {
    const { done } = await generateDone(test.host, { ...steps, seed: 23, upscale: false, arms: ['coarse'] });
    const [recipe] = await recipesOf(done.pairId);
    const own = completing(recipe as Recipe, done.pairId, 'refined');
    for (const change of [{ seed: 24 }, { prompt: 'a person' }, { emphases: [] }, { guidance: 1 }])
      await expect(submit({ ...own, ...change })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(submit({ ...own, completes: 'absent' })).rejects.toMatchObject({ code: 'not_found' });
    await test.host.services.gallery.remove({ pairIds: [done.pairId] }, idle);
    await test.host.services.gallery.purge({}, idle);
    await expect(submit(own)).rejects.toMatchObject({ code: 'not_found' });
  });
});

it('a pack that has changed since makes no other half', () => {
  const recipe = recipeWith({ arm: 'coarse' });
  const rows = [{ arm: 'coarse', recipe: JSON.stringify(recipe) }];
  const store = { read: { gallery: { pair: () => ({}), results: () => rows } } } as unknown as Store;
  const pack = (sha256: string) =>
    ({ manifest: { parts: { denoiser: { sha256 } } } }) as unknown as InstalledPack;
  const asked = v.parse(GenerateRequest, completing(recipe, 'p', 'refined'));
  expect(() => checkCompletion(store, asked, pack(HASH))).not.toThrow();
  expect(() => checkCompletion(store, asked, pack('cd'.repeat(32)))).toThrow(/its denoiser has changed/);
});
