/** The whole path: a folder with broken files, references, a job with its events, pictures with their recipe. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { DoctorReport, ImportReport, JobEvent, Recipe, ReferencesResponse } from '../../../contract/index.ts';
import { recipeOf } from '../../../main/host.ts';
import { writeBroken } from '../../support/images.ts';
import {
  follow,
  generateDone,
  idle,
  importAll,
  makeTestHost,
  request,
  writePictures,
} from '../../support/host.ts';
import type { TestHost } from '../../support/host.ts';
import { writeTinyPack } from '../../support/tiny-pack.ts';

let test: TestHost;
let pictures: string;
let broken: Record<string, string>;
let report: ImportReport;
const services = () => test.host.services;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every plain file of the folder: bytes, time and inode. */
function originals(): Record<string, string> {
  const out: Record<string, string> = {};
  for (const entry of readdirSync(pictures, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, ino } = lstatSync(path);
    if (entry.isFile()) out[path] = `${sha256(readFileSync(path))} ${mtimeMs} ${ino}`;
  }
  return out;
}

let before: Record<string, string>;
beforeAll(async () => {
  test = makeTestHost();
  pictures = join(test.folder, 'pictures');
  await writePictures(pictures);
  broken = await writeBroken(pictures);
  before = originals();
  ({ report } = await importAll(test.host, pictures));
});
afterAll(async () => {
  await test.dispose();
});

describe('import', () => {
  it('takes what it can and names each file that it cannot, with the reason', () => {
    v.parse(ImportReport, report);
    expect(report.imported).toBe(6);
    expect(Object.fromEntries(report.skipped.map((s) => [s.file, s.reason]))).toEqual(broken);
    expect(report.found).toBe(6 + Object.keys(broken).length);
    for (const { message } of report.skipped) expect(message).toMatch(/^[A-Z].*\.$/);
  });

  it('leaves the originals as they were', () => {
    expect(originals()).toEqual(before);
  });

  it('tells where the data folder lies to pages of this machine, and to no other', async () => {
    const own = await services().settings.storage({}, idle);
    expect(own.path).toBe(test.home);
    expect(own.places.find(({ name }) => name === 'thumbnails')?.path).toBe(join(test.home, 'thumbnails'));
    const foreign = await test.host.guestServices.settings.storage({}, idle);
    expect(foreign.places.map(({ name }) => name).sort()).toEqual(own.places.map(({ name }) => name).sort());
    for (const { path } of [foreign, ...foreign.places]) expect(path).toBeNull();
    expect(JSON.stringify(foreign)).not.toContain(test.folder);
  });

  it('is completed from: tags at once, and nothing of where the data folder lies is told', async () => {
    const { items } = await services().catalog.images({ limit: 1 }, idle);
    await services().catalog.tagImages(
      { imageIds: items.map(({ imageId }) => imageId), addTags: ['crimson hat'], removeTags: [] },
      idle,
    );
    const { phrases } = await services().catalog.complete({ prefixes: ['a crim', 'crim'], limit: 6 }, idle);
    expect(phrases).toEqual([{ phrase: 'crimson hat', from: 'tag' }]);
    expect(JSON.stringify(await services().settings.place({}, idle))).not.toContain(test.folder);
  });

  it('again changes nothing', async () => {
    const again = await importAll(test.host, pictures);
    expect(again.report).toMatchObject({ imported: 0, unchanged: 6, duplicates: 0 });
    expect(again.root).toMatchObject({ imageCount: 6, state: 'online', name: 'pictures' });
    const { items, next } = await services().catalog.images({ limit: 4 }, idle);
    expect(items).toHaveLength(4);
    const rest = await services().catalog.images({ limit: 4, after: next ?? '' }, idle);
    expect(new Set([...items, ...rest.items].map((i) => i.name)).size).toBe(6);
    expect(rest.next).toBeNull();
  });

  it('gives thumbnails by opaque id', async () => {
    const { items } = await services().catalog.images({ limit: 1 }, idle);
    const asset = await test.host.asset(items[0]?.imageId ?? '');
    expect(asset?.type).toBe('image/webp');
    expect(await sharp(Buffer.from(asset?.bytes ?? [])).metadata()).toMatchObject({
      width: 256,
      height: 256,
    });
    expect(await test.host.asset('../../etc/passwd')).toBeNull();
  });
});

describe('references', () => {
  it('are the nearest images, with pins first and bans left out', async () => {
    const ask = async (pins: string[] = [], bans: string[] = []) =>
      v.parse(
        ReferencesResponse,
        await services().catalog.references({ phrase: 'red beard', k: 2, pins, bans, packId: 'tiny' }, idle),
      );
    const plain = await ask();
    expect(plain.references.map((r) => r.image.name).sort()).toEqual(['red-1.jpg', 'red-2.png']);
    expect(plain.verdict).toBe('good');
    const [first, second] = plain.references;
    expect(first?.score).toBeGreaterThan(second?.score as number);
    const banned = await ask([], [first?.image.contentHash as string]);
    expect(banned.references[0]?.image.name).toBe(second?.image.name);
    expect(banned.references[1]?.image.name).not.toMatch(/red/);
    const { hits } = await services().catalog.search({ text: 'blue', k: 1, packId: 'tiny' }, idle);
    const pinned = await ask([hits[0]?.image.contentHash as string]);
    expect(pinned.references.map((r) => [r.image.name.slice(0, 3), r.pinned])).toEqual([
      ['blu', true],
      ['red', false],
    ]);
  });
});

describe('a job', () => {
  it('runs from submit to a pair of pictures that hold their recipe', async () => {
    const { jobId, events, done } = await generateDone(test.host);
    for (const event of events) v.parse(JobEvent, event);
    expect(events.slice(0, 2).map((e) => e.type)).toEqual(['queued', 'started']);
    expect(events.map((e) => e.seq)).toEqual([...events.map((e) => e.seq)].sort((a, b) => a - b));
    expect(done.results.map((r) => [r.arm, r.width])).toEqual([
      ['coarse', 8],
      ['coarse', 32],
      ['refined', 8],
      ['refined', 32],
    ]);
    for (const result of done.results) {
      const asset = await test.host.asset(result.imageId);
      const png = asset?.bytes as Uint8Array;
      expect(asset?.type).toBe('image/png');
      expect(sha256(png)).toBe(result.contentHash);
      const recipe = v.parse(Recipe, recipeOf(png));
      expect(recipe).toEqual(await services().gallery.recipe({ imageId: result.imageId }, idle));
      const { data, info } = await sharp(Buffer.from(png))
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([result.width, result.height]);
      expect(recipe.output).toEqual({
        width: result.width,
        height: result.height,
        upscaled: result.width === 32,
        pixelsHash: sha256(data),
      });
      expect(recipe.emphases[0]?.references).toHaveLength(2);
      expect(Object.keys(recipe.backends).includes('gradient')).toBe(result.arm === 'refined');
      expect(JSON.stringify(recipe)).not.toContain(test.folder);
    }
    const pair = await services().gallery.pair({ pairId: done.pairId }, idle);
    expect(pair).toMatchObject({ jobId, seed: 7, results: done.results });
    const { items } = await services().jobs.list({ limit: 10 }, idle);
    expect(items.find((j) => j.jobId === jobId)).toMatchObject({
      state: 'done',
      pairId: done.pairId,
      attempts: 1,
      results: done.results,
      error: null,
    });
  });

  it('again gives the same pixels', async () => {
    const hashes = async () => {
      const { done } = await generateDone(test.host, { upscale: false });
      return Promise.all(
        done.results.map(
          async ({ imageId }) => (await services().gallery.recipe({ imageId }, idle)).output.pixelsHash,
        ),
      );
    };
    expect(await hashes()).toEqual(await hashes());
  });

  it('enters its results into the index that searches use', async () => {
    const { done } = await generateDone(test.host, { upscale: false, seed: 99 });
    const refined = done.results.find((r) => r.arm === 'refined');
    const { hits } = await services().catalog.search({ text: 'red', k: 50, packId: 'tiny' }, idle);
    expect(hits.map((h) => h.image.contentHash)).toContain(refined?.contentHash);
    const mine = await services().catalog.search({ imageId: refined?.imageId, k: 1, packId: 'tiny' }, idle);
    expect(mine.hits).toHaveLength(1);
  });

  it('counts them apart from the images of folders, and both as often as they are listed', async () => {
    const { images, own, roots } = await services().catalog.roots({}, idle);
    const { items } = await services().catalog.images({ limit: 500 }, idle);
    expect(items).toHaveLength(images);
    expect(items.filter(({ rootId }) => rootId === null)).toHaveLength(own);
    expect(own).toBeGreaterThan(0);
    expect(images - own).toBe(roots[0]?.imageCount);
  });

  it('never takes its own results as references unless they are pinned', async () => {
    const { done } = await generateDone(test.host, {
      upscale: false,
      referencesPerEmphasis: 64,
      source: 'retrieval',
    });
    const recipe = await services().gallery.recipe({ imageId: done.results[0]?.imageId ?? '' }, idle);
    expect(recipe.emphases[0]?.references).toHaveLength(6);
    const ask = async (pins: string[]) =>
      (await services().catalog.references({ phrase: 'red', k: 64, pins, bans: [], packId: 'tiny' }, idle))
        .references;
    expect((await ask([])).map((r) => r.image.rootId === null)).toEqual(Array(6).fill(false));
    const mine = done.results.find((r) => r.arm === 'refined')?.contentHash as string;
    expect((await ask([mine]))[0]).toMatchObject({
      pinned: true,
      image: { contentHash: mine, rootId: null },
    });
  });

  it('repeats its recipe to the same pixels, with the references frozen', async () => {
    const { done } = await generateDone(test.host, { upscale: false });
    const first = await services().gallery.recipe({ imageId: done.results[1]?.imageId ?? '' }, idle);
    const again = await generateDone(test.host, {
      upscale: false,
      prompt: first.prompt,
      arms: [first.arm],
      seed: first.seed,
      steps: first.steps,
      guidance: first.guidance,
      rebuild: first.rebuild,
      window: first.window,
      emphases: first.emphases.map((e) => ({
        id: e.id,
        phrase: e.phrase,
        weight: e.weight,
        references: e.references.map(({ contentHash, weight, pinned }) => ({ contentHash, weight, pinned })),
      })),
    });
    const second = await services().gallery.recipe({ imageId: again.done.results[0]?.imageId ?? '' }, idle);
    expect(second.output.pixelsHash).toBe(first.output.pixelsHash);
    expect(second.source).toEqual(first.source);
  });

  it('takes its source from the catalog when asked to', async () => {
    const { done } = await generateDone(test.host, { source: 'retrieval', upscale: false });
    const recipe = await services().gallery.recipe({ imageId: done.results[0]?.imageId ?? '' }, idle);
    expect(recipe.source.kind).toBe('retrieval');
    expect(recipe.source.references).toHaveLength(4);
    expect(Object.keys(recipe.backends)).not.toContain('prior');
  });

  it('survives a restart: events from any number, pictures, index', async () => {
    const { jobId, events, done } = await generateDone(test.host);
    await test.restart();
    const replay = await follow(test.host, jobId);
    expect(replay.map((e) => e.seq)).toEqual(
      events.filter((e) => e.type !== 'preview' || replay.some((r) => r.seq === e.seq)).map((e) => e.seq),
    );
    expect(replay.filter((e) => e.type === 'preview').map((e) => e.arm)).toEqual([
      ...new Set(replay.filter((e) => e.type === 'preview').map((e) => e.arm)),
    ]);
    const later = await follow(test.host, jobId, 3);
    expect(later).toEqual(replay.filter((e) => e.seq > 3));
    expect(await follow(test.host, jobId, done.seq)).toEqual([]);
    expect((await test.host.asset(done.results[0]?.imageId ?? ''))?.type).toBe('image/png');
    const { hits } = await services().catalog.search({ text: 'green', k: 1, packId: 'tiny' }, idle);
    expect(hits[0]?.image.name).toMatch(/green/);
  });

  it('says what is wrong with a request', async () => {
    await expect(services().jobs.submit(request({ packId: 'absent' }), idle)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('Installed: tiny') as string,
    });
    await expect((async () => services().gallery.pair({ pairId: 'absent' }, idle))()).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('doctor', () => {
  it('reports every part of every pack, and the packs that were refused with their reason', async () => {
    writeTinyPack(test.packs, { id: 'newer', manifest: (m) => ({ ...m, schema: 2 }) });
    writeTinyPack(test.packs, { id: 'flipped' });
    const golden = join(test.packs, 'flipped', 'golden.safetensors');
    const bytes = readFileSync(golden);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1;
    writeFileSync(golden, bytes);
    const doctor = v.parse(DoctorReport, await services().packs.doctor({}, idle));
    expect(doctor.checks.find((c) => c.name === 'vector scan')?.message).toMatch(/^native, |^WebAssembly, /);
    expect(doctor.refused.map((r) => [r.folder, r.error.code])).toEqual([['newer', 'bad_manifest']]);
    const tiny = doctor.packs.find((p) => p.packId === 'tiny');
    expect(tiny?.ports).toHaveLength(6);
    for (const { chosen, refused } of tiny?.ports ?? []) {
      expect(chosen?.name).toBe('ort-cpu');
      for (const { reason } of refused) expect(reason).toMatch(/\S/);
    }
    expect(doctor.packs.find((p) => p.packId === 'flipped')?.error).toMatchObject({
      code: 'hash_mismatch',
      message: expect.stringContaining('golden') as string,
    });
  });
});

describe('closing', () => {
  it('leaves nothing running and no temporary file, and frees the lease', async () => {
    await test.restart();
    expect(existsSync(join(test.home, 'catalog.lease'))).toBe(true);
    const files = readdirSync(test.home, { recursive: true }) as string[];
    expect(files.filter((f) => f.endsWith('.part'))).toEqual([]);
    expect(originals()).toEqual(before);
  });
});
