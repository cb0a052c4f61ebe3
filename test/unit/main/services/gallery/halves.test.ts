/** One half of a pair into the bin, back again, and made anew meanwhile. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as v from 'valibot';
import { BrowseRequest } from '../../../../../contract/index.ts';
import type { Arm, GalleryPair } from '../../../../../contract/index.ts';
import { makeGallery } from '../../../../../main/services/gallery/index.ts';
import type { Gallery } from '../../../../../main/services/gallery/index.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';
import { recipeWith } from '../../../../support/recipe.ts';

const idle = { signal: new AbortController().signal };
const reference = { contentHash: 'a'.repeat(64), rank: 1, score: 0.5, weight: 1, pinned: false };
const recipe = recipeWith({
  prompt: 'a person with a full beard',
  emphases: [{ id: 'e1', phrase: 'full beard', weight: 1, muted: false, bans: [], references: [reference] }],
});

let folder: string;
let store: ReturnType<typeof makeStore>;
let gallery: Gallery;
let clock: number;
/** Coarse in one size, refined in two. */
let pairId: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'accent-halves-'));
  store = makeStore(openStore(folder));
  clock = 1000;
  gallery = makeGallery(store, folder, () => clock++);
  pairId = await make(['coarse', 4], ['refined', 4], ['refined', 8]);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function make(...pictures: [Arm, number][]): Promise<string> {
  const made = await gallery.add(
    { jobId: 'job', prompt: recipe.prompt, seed: 7, embedRecipe: true },
    pictures.map(([arm, size]) => ({
      arm,
      size,
      rgb: new Uint8Array(3 * size * size).fill(clock++),
      recipe,
    })),
    () => undefined,
  );
  return made.pairId;
}

const shown = async (filter: object = {}): Promise<GalleryPair[]> =>
  (await gallery.service.browse(v.parse(BrowseRequest, { filter }), idle)).items;
const armsOf = (pair: Pick<GalleryPair, 'results'> | undefined): string[] =>
  (pair?.results ?? []).map(({ arm, width }) => `${arm} ${width}`);
const removeHalf = async (arm: Arm): Promise<string> =>
  (await gallery.service.removeHalf({ pairId, arm }, idle)).pairId;
const used = (): number => store.read.facts.used(reference.contentHash);

it('puts one half into the bin, in all its sizes, and back into its pair with its marks', async () => {
  await gallery.service.mark({ pairIds: [pairId], starred: true, addTags: ['best'], removeTags: [] }, idle);
  const before = await shown();
  const half = await removeHalf('refined');
  const [kept, ...others] = await shown();
  expect(others).toEqual([]);
  expect(kept).toMatchObject({ pairId, starred: true, tags: ['best'] });
  expect(armsOf(kept)).toEqual(['coarse 4']);
  const [binned] = await shown({ deleted: true });
  expect(binned).toMatchObject({ pairId: half, starred: false, prompt: recipe.prompt, seed: 7 });
  expect(binned?.emphases.map(({ phrase }) => phrase)).toEqual(['full beard']);
  expect(armsOf(binned)).toEqual(['refined 4', 'refined 8']);
  expect(await gallery.service.facets({}, idle)).toMatchObject({ pairs: 1, deleted: 1 });
  // Nothing is counted twice meanwhile.
  expect(used()).toBe(1);

  expect(await gallery.service.restore({ pairIds: [half, half] }, idle)).toEqual({ pairIds: [pairId] });
  expect(await shown()).toEqual(before);
  expect(await shown({ deleted: true })).toEqual([]);
  expect(readdirSync(join(folder, 'images'))).toHaveLength(3);
});

it('leaves a half on its own where its pair got such a picture again, or is gone', async () => {
  const half = await removeHalf('coarse');
  await gallery.add(
    { jobId: 'job-2', prompt: recipe.prompt, seed: 7, embedRecipe: true, completes: pairId },
    [{ arm: 'coarse', size: 4, rgb: new Uint8Array(48).fill(9), recipe }],
    () => undefined,
  );
  expect(await gallery.service.restore({ pairIds: [half] }, idle)).toEqual({ pairIds: [half] });
  expect((await shown({ emphasis: 'full beard' })).map(({ pairId: id }) => id).sort()).toEqual(
    [half, pairId].sort(),
  );
  expect(used()).toBe(2);
  // From now on it is a pair like any other.
  await gallery.service.remove({ pairIds: [half] }, idle);
  expect(await gallery.service.restore({ pairIds: [half] }, idle)).toEqual({ pairIds: [half] });

  const other = await removeHalf('coarse');
  await gallery.service.remove({ pairIds: [pairId] }, idle);
  await gallery.service.purge({ pairIds: [pairId] }, idle);
  expect(await gallery.service.restore({ pairIds: [other] }, idle)).toEqual({ pairIds: [other] });
  expect(armsOf((await shown()).find(({ pairId: id }) => id === other))).toEqual(['coarse 4']);
});

it('finds its pair again when both come back from the bin, in any order, and goes for good alone', async () => {
  const half = await removeHalf('refined');
  await gallery.service.remove({ pairIds: [pairId] }, idle);
  expect(await gallery.service.restore({ pairIds: [half, pairId] }, idle)).toEqual({ pairIds: [pairId] });
  expect(armsOf((await shown())[0])).toHaveLength(3);

  const again = await removeHalf('refined');
  expect(await gallery.service.purge({}, idle)).toEqual({ pairIds: [again] });
  expect(readdirSync(join(folder, 'images'))).toHaveLength(1);
  expect(armsOf((await shown())[0])).toEqual(['coarse 4']);
});

it('refuses what is not there, and the only half that is left', async () => {
  await expect(removeHalf('structure')).rejects.toMatchObject({ code: 'invalid_input' });
  const half = await removeHalf('refined');
  await expect(removeHalf('coarse')).rejects.toMatchObject({ code: 'invalid_input' });
  const remove = async (id: string) => gallery.service.removeHalf({ pairId: id, arm: 'refined' }, idle);
  await expect(remove(half)).rejects.toMatchObject({ code: 'not_found' });
  await expect(remove('absent')).rejects.toMatchObject({ code: 'not_found' });
});
