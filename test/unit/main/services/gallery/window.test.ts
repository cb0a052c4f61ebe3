/** The gallery by place, by look and on its way out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExportPairs, WindowRequest } from '../../../../../contract/index.ts';
import { makeGallery, readText, recipeOf } from '../../../../../main/services/gallery/index.ts';
import type { Gallery } from '../../../../../main/services/gallery/index.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';
import { recipeWith } from '../../../../support/recipe.ts';

const idle = { signal: new AbortController().signal };
let folder: string;
let store: ReturnType<typeof makeStore>;
let gallery: Gallery;
let clock: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-window-'));
  store = makeStore(openStore(folder));
  clock = 1000;
  gallery = makeGallery(store, folder, () => clock++);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function add(prompt: string, embedRecipe = true): Promise<{ pairId: string; images: string[] }> {
  const picture = (arm: 'coarse' | 'refined', light: number) => ({
    arm,
    size: 4,
    rgb: new Uint8Array(48).fill(light),
    recipe: recipeWith({ prompt, arm, seed: 7 }),
  });
  const { pairId, results } = await gallery.add(
    { jobId: `job ${prompt}`, prompt, seed: 7, embedRecipe },
    [picture('coarse', clock % 200), picture('refined', (clock + 1) % 200)],
    () => undefined,
  );
  return { pairId, images: results.map(({ imageId }) => imageId) };
}

const look = async (request: object) => {
  const { total, items } = await gallery.service.window(
    v.parse(WindowRequest, { offset: 0, limit: 3, ...request }),
    idle,
  );
  return [total, items.map(({ prompt }) => prompt)];
};

describe('the gallery by place', () => {
  it('gives any stretch and the whole number, and follows what comes in, goes and is marked', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) ids.push((await add(`robot ${i}`)).pairId);
    expect(await look({})).toEqual([8, ['robot 7', 'robot 6', 'robot 5']]);
    expect(await look({ offset: 6 })).toEqual([8, ['robot 1', 'robot 0']]);
    expect(await look({ offset: 20 })).toEqual([8, []]);
    await add('robot 8');
    expect(await look({ offset: 0, limit: 1 })).toEqual([9, ['robot 8']]);
    await gallery.service.remove({ pairIds: [ids[7] ?? '', ids[0] ?? ''] }, idle);
    expect(await look({})).toEqual([7, ['robot 8', 'robot 6', 'robot 5']]);
    expect(await look({ filter: { deleted: true } })).toEqual([2, ['robot 7', 'robot 0']]);
    await gallery.service.restore({ pairIds: [ids[7] ?? ''] }, idle);
    await gallery.service.mark({ pairIds: [ids[3] ?? ''], starred: true, addTags: [], removeTags: [] }, idle);
    expect(await look({ filter: { starred: true } })).toEqual([1, ['robot 3']]);
    expect(await look({ filter: { words: 'robot 4' } })).toEqual([1, ['robot 4']]);
    expect((await look({}))[0]).toBe(8);
    await gallery.service.purge({}, idle);
    expect(await look({ filter: { deleted: true } })).toEqual([0, []]);
  });

  it('groups what was made one after another of the same sentence, and looks into one of them', async () => {
    const made: string[] = [];
    for (const prompt of ['a', 'a', 'b', 'a', 'a', 'a']) made.push((await add(prompt)).pairId);
    const ask = (change: object) =>
      gallery.service.window(v.parse(WindowRequest, { offset: 0, limit: 2, ...change }), idle);
    const first = await ask({ grouped: true });
    expect([first.total, first.items.map(({ pairId }) => pairId), first.counts]).toEqual([
      3,
      [made[5], made[2]],
      [3, 1],
    ]);
    const rest = await ask({ grouped: true, offset: 2 });
    expect([rest.items.map(({ pairId }) => pairId), rest.counts]).toEqual([[made[1]], [2]]);
    const inside = await ask({ run: made[5], offset: 1 });
    expect([inside.total, inside.items.map(({ pairId }) => pairId)]).toEqual([3, [made[4], made[3]]]);
    expect((await ask({ run: made[0] })).total).toBe(2);
    expect((await ask({ run: 'none' })).total).toBe(0);
    await add('a');
    expect((await ask({ grouped: true })).counts).toEqual([4, 1]);
    await gallery.service.remove({ pairIds: [made[2] ?? ''] }, idle);
    expect((await ask({ grouped: true })).counts).toEqual([6]);
  });

  it('gives the pairs of images in their order, each once', async () => {
    const [a, b, c] = [await add('a'), await add('b'), await add('c')];
    await gallery.service.remove({ pairIds: [c.pairId] }, idle);
    const imageIds = [...b.images, 'none', ...c.images, a.images[1] ?? ''];
    const { pairs } = await gallery.service.ofImages({ imageIds }, idle);
    expect(pairs.map(({ prompt }) => prompt)).toEqual(['b', 'a']);
  });
});

describe('an export', () => {
  const hand = async (pairIds: string[], change: object = {}) =>
    gallery.service.export(
      v.parse(ExportPairs, {
        pairIds,
        as: 'files',
        pictures: 'main',
        metadata: 'full',
        origin: false,
        ...change,
      }),
      idle,
    );
  const ORIGIN = 'trainedAlgorithmicMedia';

  it('carries the whole recipe, whatever the file was kept with, and the same pixels', async () => {
    const { pairId } = await add('a kid with a beard', false);
    const made = await hand([pairId]);
    expect([made.name, made.type]).toEqual(['a-kid-with-a-beard-7-refined.png', 'image/png']);
    expect(recipeOf(made.bytes).prompt).toBe('a kid with a beard');
    const { data, info } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, data[0]]).toEqual([4, 1001 % 200]);
  });

  it('carries the sentence only, or nothing at all, and the mark of its origin where it is wanted', async () => {
    const { pairId } = await add('a kid with a beard');
    const prompt = await hand([pairId], { metadata: 'prompt' });
    expect([...readText(prompt.bytes)]).toEqual([['Description', 'a kid with a beard']]);
    const none = await hand([pairId], { metadata: 'none' });
    expect(none.name).toBe('picture.png');
    expect(readText(none.bytes).size).toBe(0);
    expect(Buffer.from(none.bytes).includes('beard')).toBe(false);
    const marked = await hand([pairId], { metadata: 'none', origin: true });
    expect([...readText(marked.bytes).keys()]).toEqual(['XML:com.adobe.xmp']);
    const { xmp } = await sharp(marked.bytes).metadata();
    expect(xmp?.toString()).toContain(ORIGIN);
    expect(Buffer.from(marked.bytes).includes('beard')).toBe(false);
  });

  it('is an archive of several, with a name for each picture', async () => {
    const ids = [(await add('same')).pairId, (await add('same')).pairId];
    const made = await hand(ids, { pictures: 'all' });
    expect([made.name, made.type]).toEqual(['pairs.zip', 'application/zip']);
    const text = Buffer.from(made.bytes).toString('latin1');
    for (const name of ['same-7-coarse.png', 'same-7-coarse-2.png', 'same-7-refined-2.png'])
      expect(text).toContain(name);
    expect(text).not.toContain(ORIGIN);
  });

  it('is a contact sheet, with sentences only where they may go along', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push((await add(`robot ${i} & <friends>`)).pairId);
    const sheet = await hand(ids, { as: 'sheet', pictures: 'all', origin: true });
    const { width, height, xmp } = await sharp(sheet.bytes).metadata();
    expect([width, height]).toEqual([12 + 4 * (513 + 12), 12 + 2 * (278 + 12)]);
    expect(xmp?.toString()).toContain(ORIGIN);
    const bareSheet = await hand(ids, { as: 'sheet', metadata: 'none' });
    expect((await sharp(bareSheet.bytes).metadata()).height).toBe(12 + 2 * (256 + 12));
    await expect(hand(['none'])).rejects.toMatchObject({ code: 'not_found' });
  });
});
