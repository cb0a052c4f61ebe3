/** Export and import: all that is known of the images moves to another catalog, and nothing that is there is replaced. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';
import { writePictures } from '../../../../support/host.ts';
import { jpegOf } from '../../../../support/images.ts';

const idle = { signal: new AbortController().signal };
const packs = [packOf('a', 16), packOf('b', 8)] as const;
let from: CatalogRig;
let to: CatalogRig;
let file: string;

/** Names and content hashes of all images, newest first. */
const hashes = (rig: CatalogRig): Map<string, string> =>
  new Map(
    rig.store.read.images
      .page(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 100)
      .map((r) => [r.name, r.content_hash]),
  );
const hashOf = (rig: CatalogRig, name: string): string => hashes(rig).get(name) as string;
const idOf = (rig: CatalogRig, name: string): string =>
  rig.store.read.images.byHash(hashOf(rig, name))?.image_id as string;
const search = async (rig: CatalogRig, filter = {}): Promise<string[]> =>
  (await rig.catalog.service.search({ text: 'red', packId: 'a', k: 10, filter }, idle)).hits.map(
    (h) => h.image.name,
  );
const tag = (rig: CatalogRig, name: string, ...addTags: string[]) =>
  rig.catalog.service.tagImages({ imageIds: [idOf(rig, name)], addTags, removeTags: [] }, idle);
const choose = (rig: CatalogRig, name: string, as: 'pin' | 'ban') =>
  rig.catalog.service.choose({ phrase: 'Red beard', contentHash: hashOf(rig, name), as }, idle);

beforeEach(async () => {
  from = makeCatalogRig(packs);
  to = makeCatalogRig(packs);
  file = join(from.folder, 'catalog.accent.gz');
  mkdirSync(join(from.folder, 'pictures'));
  await writePictures(join(from.folder, 'pictures'));
  writeFileSync(join(from.folder, 'pictures', 'red-1.txt'), 'a crimson square');
  await from.importAll(join(from.folder, 'pictures'), 'a');
  await tag(from, 'red-1.jpg', 'warm', 'mine');
  await choose(from, 'red-1.jpg', 'pin');
  await choose(from, 'blue-1.jpg', 'ban');
});
afterEach(() => {
  from.dispose();
  to.dispose();
});

const exported = (vectors = true) => from.catalog.exportTo(file, vectors, idle.signal);
const merge = () => to.catalog.importFrom(file, idle.signal);
/** The file again with other lines. */
function rewrite(change: (lines: string[]) => string[]): void {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  writeFileSync(file, gzipSync(`${change(lines).join('\n')}\n`));
}

describe('an exported catalog', () => {
  it('gives an empty one all it knows, so that it searches with every original away', async () => {
    expect(await exported()).toEqual({ images: 6, choices: 2, vectors: 6 });
    renameSync(join(from.folder, 'pictures'), join(from.folder, 'away'));
    expect(await merge()).toEqual({ images: 6, known: 0, removed: 0, choices: 2, vectors: 6 });
    expect(hashes(to)).toEqual(hashes(from));
    expect(await search(to)).toEqual(await search(from));
    expect(to.decoded).toEqual([]);
    expect(await search(to, { tag: 'warm' })).toEqual(['red-1.jpg']);
    expect(await search(to, { words: 'crimson' })).toEqual(['red-1.jpg']);
    const chosen = await to.catalog.service.choices({ phrase: 'red beard' }, idle);
    expect(chosen.pins).toEqual([hashOf(from, 'red-1.jpg')]);
    expect(chosen).toEqual(await from.catalog.service.choices({ phrase: 'red beard' }, idle));
    expect((await to.catalog.service.roots({}, idle)).roots).toMatchObject([
      { name: 'pictures', state: 'offline', imageCount: 6 },
    ]);
    // The folder is back: its files are read again before they are believed, and nothing is decoded anew.
    renameSync(join(from.folder, 'away'), join(from.folder, 'pictures'));
    const report = await to.importAll(join(from.folder, 'pictures'), 'a');
    expect(report).toMatchObject({ found: 6, imported: 0, unchanged: 6, missing: 0 });
    expect(to.decoded).toEqual([]);
    expect(await to.catalog.thumbnail(hashOf(to, 'red-1.jpg'))).toHaveLength(1);
    expect(existsSync(join(to.folder, 'home', 'thumbnails'))).toBe(true);
  });

  it('adds to a catalog that has its own, by content, and replaces nothing', async () => {
    await exported();
    mkdirSync(join(to.folder, 'mine'));
    await writePictures(join(to.folder, 'mine'));
    await to.importAll(join(to.folder, 'mine'), 'a');
    await tag(to, 'red-1.jpg', 'own');
    await choose(to, 'red-1.jpg', 'ban');
    await to.catalog.service.removeImages({ imageIds: [idOf(to, 'green-1.jpg')] }, idle);
    expect(await merge()).toEqual({ images: 0, known: 5, removed: 1, choices: 1, vectors: 0 });
    expect(to.store.read.facts.tags(hashOf(to, 'red-1.jpg'))).toEqual(['mine', 'own', 'warm']);
    const { pins, bans } = await to.catalog.service.choices({ phrase: 'red beard' }, idle);
    expect(pins).toEqual([]);
    expect([...bans].sort()).toEqual([hashOf(to, 'red-1.jpg'), hashOf(to, 'blue-1.jpg')].sort());
    expect(hashes(to).has('green-1.jpg')).toBe(false);
    // Once more changes nothing.
    expect(await merge()).toEqual({ images: 0, known: 5, removed: 1, choices: 0, vectors: 0 });
  });

  it('knows the folders that ship with the studio by their names, wherever it lies', async () => {
    const folders = (rig: CatalogRig) =>
      ['sample', 'sample-scenes'].map((name) => join(rig.folder, 'models', name));
    const [, scenes] = folders(from) as [string, string];
    mkdirSync(scenes, { recursive: true });
    await writePictures(scenes);
    writeFileSync(join(scenes, 'one-more.jpg'), await jpegOf([200, 200, 0]));
    await from.catalog.registerRoot(scenes, true);
    await from.importAll(scenes, 'a');
    await exported();
    for (const folder of folders(to)) {
      mkdirSync(folder, { recursive: true });
      await to.catalog.registerRoot(folder, true);
    }
    await merge();
    const { roots } = await to.catalog.service.roots({}, idle);
    expect(roots.map((r) => [r.name, r.imageCount]).sort()).toEqual([
      ['pictures', 6],
      ['sample', 0],
      ['sample-scenes', 7],
    ]);
  });

  it('works without vectors: they are made again where the originals are', async () => {
    expect(await exported(false)).toMatchObject({ vectors: 0 });
    expect(await merge()).toMatchObject({ images: 6, vectors: 0 });
    expect(await search(to)).toEqual(await search(from));
    expect(to.decoded).toHaveLength(6);
  });

  it('changes nothing when it is cut off, changed, foreign or newer', async () => {
    await exported();
    const whole = readFileSync(file);
    const refused = async (code: string): Promise<void> => {
      await expect(merge()).rejects.toMatchObject({ code });
      expect(hashes(to).size).toBe(0);
      expect((await to.catalog.service.roots({}, idle)).roots).toEqual([]);
      writeFileSync(file, whole);
    };
    writeFileSync(file, whole.subarray(0, whole.length - 40));
    await refused('truncated');
    rewrite((lines) => lines.slice(0, -1));
    await refused('truncated');
    rewrite((lines) => lines.map((l) => l.replace('"warm"', '"cold"')));
    await refused('hash_mismatch');
    rewrite((lines) => lines.toSpliced(2, 1));
    await refused('hash_mismatch');
    rewrite((lines) => lines.map((l) => l.replace('"file":"', '"file":"../')));
    await refused('not_a_catalog');
    rewrite((lines) => lines.with(0, '{"format":"accent-catalog","schema":2,"exportedAt":0}'));
    await refused('catalog_too_new');
    rewrite(() => ['{"hello":1}', '{}']);
    await refused('not_a_catalog');
    writeFileSync(file, 'no gzip');
    await refused('not_a_catalog');
    rewrite((lines) => [...lines, 'x'.repeat(300_000)]);
    await refused('too_large');
    await expect(to.catalog.importFrom(join(to.folder, 'nothing'), idle.signal)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('is never written over a file or into a folder of originals, and leaves nothing half', async () => {
    await exported();
    await expect(exported()).rejects.toMatchObject({ code: 'invalid_input' });
    const inside = join(from.folder, 'pictures', 'more', 'x.gz');
    await expect(from.catalog.exportTo(inside, true, idle.signal)).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(
      from.catalog.exportTo(join(from.folder, 'second.gz'), true, AbortSignal.abort()),
    ).rejects.toThrow(/abort/i);
    expect(readdirSync(from.folder).sort()).toEqual(['catalog.accent.gz', 'home', 'pictures']);
  });
});
