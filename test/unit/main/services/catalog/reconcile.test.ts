/** What happens to images when the files of a folder are renamed, moved, changed, deleted, or away. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RootEvent } from '../../../../../contract/index.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';
import { pngOf } from '../../../../support/images.ts';

const idle = { signal: new AbortController().signal };
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let rig: CatalogRig;
let folder: string;
beforeEach(() => {
  rig = makeCatalogRig([packOf('a', 8)], {
    watching: { quietMs: 50, mostMs: 500, pollMs: 50, blindMs: 200 },
  });
  folder = join(rig.folder, 'pictures');
  mkdirSync(join(folder, 'sub'), { recursive: true });
});
afterEach(() => {
  rig.dispose();
});

async function put(name: string, colour: readonly [number, number, number]): Promise<string> {
  const bytes = await pngOf(colour);
  writeFileSync(join(folder, name), bytes);
  return sha(bytes);
}
const read = () => rig.importAll(folder, 'a');
const found = async (): Promise<string[]> => {
  const { hits } = await rig.catalog.service.search({ text: 'red', k: 200, packId: 'a' }, idle);
  return hits.map((h) => h.image.name).sort();
};

describe('a folder read again', () => {
  it('knows renamed and moved files again, with tags and the same image', async () => {
    const hash = await put('old.png', [250, 10, 10]);
    await put('other.png', [10, 250, 10]);
    await read();
    const before = rig.store.read.images.byHash(hash);
    rig.store.write.facts.tag(hash, ['liked'], []);
    renameSync(join(folder, 'old.png'), join(folder, 'sub', 'new.png'));
    expect(await read()).toMatchObject({
      found: 2,
      imported: 0,
      unchanged: 1,
      duplicates: 0,
      moved: 1,
      missing: 0,
    });
    expect(rig.store.read.images.byHash(hash)).toEqual({ ...before, name: 'new.png' });
    expect(rig.store.read.facts.tags(hash)).toEqual(['liked']);
    expect(rig.store.read.facts.matching({ words: 'new' })).toEqual([hash]);
    expect(rig.store.read.facts.matching({ words: 'old' })).toEqual([]);
    expect(rig.store.read.files.ofImage(hash).map((f) => f.file)).toEqual(['sub/new.png']);
    expect(await found()).toEqual(['new.png', 'other.png']);
  });

  it('keeps what was deleted, as missing, and knows it when it comes back elsewhere', async () => {
    const hash = await put('gone.png', [250, 10, 10]);
    await put('stays.png', [10, 250, 10]);
    await read();
    const bytes = readFileSync(join(folder, 'gone.png'));
    rmSync(join(folder, 'gone.png'));
    expect(await read()).toMatchObject({ found: 1, unchanged: 1, missing: 1, moved: 0 });
    expect(await read()).toMatchObject({ missing: 0 });
    expect(await found()).toEqual(['gone.png', 'stays.png']);
    expect(rig.store.read.facts.matching({ missing: true })).toEqual([hash]);
    writeFileSync(join(folder, 'back.png'), bytes);
    expect(await read()).toMatchObject({ found: 2, unchanged: 1, moved: 1, duplicates: 0 });
    expect(await found()).toEqual(['back.png', 'stays.png']);
    expect(rig.store.read.facts.matching({ missing: true })).toEqual([]);
  });

  it('replaces what was changed, takes its tags over, and keeps the old bytes only where a result used them', async () => {
    const plain = await put('plain.png', [250, 10, 10]);
    const used = await put('used.png', [10, 250, 10]);
    await read();
    rig.store.write.facts.tag(plain, ['tagged'], []);
    rig.store.write.gallery.pair(
      { pair_id: 'p', job_id: 'j', created_at: 1, prompt: 'x', seed: 1, pack_id: 'a' },
      [],
      [used],
    );
    const newer = await put('plain.png', [240, 30, 10]);
    await put('used.png', [30, 240, 10]);
    expect(await read()).toMatchObject({ found: 2, imported: 2, missing: 0 });
    expect(rig.store.read.images.byHash(plain)).toBeUndefined();
    expect(rig.store.read.facts.stub(plain)).toMatchObject({ name: 'plain.png', reason: 'replaced' });
    expect(rig.store.read.facts.tags(newer)).toEqual(['tagged']);
    expect(rig.store.read.images.byHash(used)).toBeDefined();
    expect(await found()).toEqual(['plain.png', 'used.png', 'used.png']);
  });

  it('reads nothing that has the same size and times, once they are old enough to be trusted', async () => {
    await put('a.png', [250, 10, 10]);
    await read();
    const at = new Date(Date.now() - 60_000);
    utimesSync(join(folder, 'a.png'), at, at);
    expect(await read()).toMatchObject({ unchanged: 1 });
    // Same size, same time, other bytes: only someone who reads it could know.
    const bytes = readFileSync(join(folder, 'a.png'));
    bytes.fill(0, 50);
    writeFileSync(join(folder, 'a.png'), bytes);
    utimesSync(join(folder, 'a.png'), at, at);
    expect(await read()).toMatchObject({ unchanged: 1, skipped: [] });
    utimesSync(join(folder, 'a.png'), new Date(), new Date());
    expect((await read()).skipped).toHaveLength(1);
  });

  it('takes an empty folder for a disk that is not connected, and says nothing about folders that it cannot read', async () => {
    await put('a.png', [250, 10, 10]);
    await put('sub/b.png', [10, 250, 10]);
    await read();
    renameSync(folder, `${folder}-disk`);
    mkdirSync(folder);
    await expect(read()).rejects.toMatchObject({ code: 'root_offline' });
    expect(rig.store.read.facts.matching({ missing: true })).toEqual([]);
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-disk`, folder);
    expect(await read()).toMatchObject({ unchanged: 2, missing: 0 });
    if (process.getuid?.() === 0) return;
    chmodSync(join(folder, 'sub'), 0);
    expect(await read()).toMatchObject({ missing: 0, unchanged: 1 });
    chmodSync(join(folder, 'sub'), 0o755);
  });

  it('finds the words of captions beside the images, also when they change later', async () => {
    const hash = await put('a.png', [250, 10, 10]);
    writeFileSync(join(folder, 'a.txt'), 'a Crimson kettle');
    writeFileSync(
      join(folder, 'a.png.json'),
      JSON.stringify({ title: 'Teapot', tags: ['enamel'], nested: {} }),
    );
    writeFileSync(join(folder, 'b.json'), '{"title": "nobody"');
    await read();
    for (const words of ['kett', 'teapot', 'ENAMEL', 'a png'])
      expect(rig.store.read.facts.matching({ words })).toEqual([hash]);
    writeFileSync(join(folder, 'a.txt'), 'a saucepan');
    expect(await read()).toMatchObject({ unchanged: 1, imported: 0 });
    expect(rig.store.read.facts.matching({ words: 'saucepan' })).toEqual([hash]);
    expect(rig.store.read.facts.matching({ words: 'kettle' })).toEqual([]);
  });
});

describe('a second encoder', () => {
  it('meets renamed files as well, and the sum of the report stays right', async () => {
    rig.dispose();
    rig = makeCatalogRig([packOf('a', 8), packOf('b', 8)]);
    folder = join(rig.folder, 'pictures');
    mkdirSync(folder, { recursive: true });
    const hash = await put('old.png', [250, 10, 10]);
    await read();
    renameSync(join(folder, 'old.png'), join(folder, 'new.png'));
    const report = await rig.importAll(folder, 'b');
    expect(report.found).toBe(
      report.imported + report.unchanged + report.duplicates + report.moved + report.skipped.length,
    );
    expect(report).toMatchObject({ found: 1, missing: 0 });
    expect(rig.store.read.files.ofImage(hash).map((f) => f.file)).toEqual(['new.png']);
    expect(rig.store.read.images.byHash(hash)?.name).toBe('new.png');
  });
});

describe('taking out', () => {
  it('an image leaves a stub, keeps it out of the next reading, and touches no file', async () => {
    const hash = await put('a.png', [250, 10, 10]);
    await put('b.png', [10, 250, 10]);
    await read();
    const state = () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
        const { ino, mtimeMs, size } = lstatSync(join(folder, name));
        const isFile = statSync(join(folder, name)).isFile();
        return [name, ino, mtimeMs, size, isFile ? sha(readFileSync(join(folder, name))) : ''];
      });
    const before = state();
    const id = rig.store.read.images.byHash(hash)?.image_id ?? '';
    expect(await rig.catalog.service.removeImages({ imageIds: [id] }, idle)).toEqual({ images: 1 });
    expect(await found()).toEqual(['b.png']);
    expect(await read()).toMatchObject({ found: 2, imported: 0, unchanged: 2 });
    expect(await found()).toEqual(['b.png']);
    expect(rig.store.read.facts.stub(hash)).toMatchObject({ name: 'a.png', reason: 'image' });
    expect(rig.store.read.images.pixels(hash, 8)).toBeUndefined();
    const { rootId } = await rig.catalog.registerRoot(folder, false);
    // Of the two files one is known, but no image of the catalog any more.
    expect(await rig.catalog.service.removeRoot({ rootId }, idle)).toEqual({ images: 1 });
    expect(state()).toEqual(before);
  });

  it('a root leaves the images that lie in another one too', async () => {
    const here = await put('a.png', [250, 10, 10]);
    const both = await put('b.png', [10, 250, 10]);
    const other = join(rig.folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'twin.png'), readFileSync(join(folder, 'b.png')));
    await read();
    await rig.importAll(other, 'a');
    const { rootId } = await rig.catalog.registerRoot(folder, false);
    expect(await rig.catalog.service.removeRoot({ rootId }, idle)).toEqual({ images: 1 });
    expect(rig.store.read.images.byHash(here)).toBeUndefined();
    expect(rig.store.read.images.byHash(both)).toMatchObject({ name: 'twin.png' });
    expect((await rig.catalog.service.roots({}, idle)).roots.map((r) => r.name)).toEqual(['other']);
    expect(await found()).toEqual(['twin.png']);
    expect(await read()).toMatchObject({ imported: 1, duplicates: 1 });
    expect(rig.store.read.facts.stub(here)).toBeUndefined();
  });
});

describe('a pause', () => {
  it('lets an import rest and go on, and says so', async () => {
    for (let i = 0; i < 80; i++) await put(`${i}.png`, [i * 3, 255 - i, (i * 7) % 255]);
    const { rootId } = await rig.catalog.registerRoot(folder, false);
    const seen: [boolean, number][] = [];
    let resumed = false;
    for await (const event of rig.catalog.service.importFolder({ rootId, packId: 'a' }, idle)) {
      if (event.type !== 'progress') continue;
      seen.push([event.paused, event.done]);
      if (seen.length === 1) {
        expect(rig.catalog.service.pauseImport({ rootId }, idle)).toEqual({ running: true, paused: true });
        await expect(rig.catalog.service.removeRoot({ rootId }, idle)).rejects.toMatchObject({
          code: 'conflict',
        });
      }
      if (event.paused && !resumed) {
        resumed = true;
        setTimeout(() => void rig.catalog.service.resumeImport({ rootId }, idle), 50);
      }
    }
    expect(seen.some(([paused]) => paused)).toBe(true);
    expect(seen.at(-1)).toEqual([false, 80]);
    expect(rig.catalog.service.pauseImport({ rootId }, idle)).toEqual({ running: false, paused: false });
  });
});

describe('watching (T28)', () => {
  it('follows new and renamed files, and tells of a folder that goes away and comes back', async () => {
    await put('a.png', [250, 10, 10]);
    await read();
    const abort = new AbortController();
    const events: RootEvent[] = [];
    const until = async (what: (e: RootEvent) => boolean): Promise<RootEvent> => {
      for (;;) {
        const at = events.findIndex(what);
        if (at >= 0) return events.splice(0, at + 1).at(-1) as RootEvent;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const watching = (async () => {
      for await (const e of rig.catalog.service.watch({ packId: 'a' }, { signal: abort.signal }))
        events.push(e);
    })();
    await until((e) => e.type === 'state' && e.state === 'online');
    mkdirSync(join(folder, 'deep', 'deeper'), { recursive: true });
    await put('deep/deeper/b.png', [10, 250, 10]);
    expect(await until((e) => e.type === 'changed')).toMatchObject({ report: { imported: 1 } });
    renameSync(join(folder, 'deep'), join(folder, 'moved'));
    expect(await until((e) => e.type === 'changed')).toMatchObject({ report: { moved: 1, missing: 0 } });
    renameSync(folder, `${folder}-away`);
    await until((e) => e.type === 'state' && e.state === 'offline');
    renameSync(`${folder}-away`, folder);
    await until((e) => e.type === 'state' && e.state === 'online');
    expect(await found()).toEqual(['a.png', 'b.png']);
    expect(rig.store.read.facts.matching({ missing: true })).toEqual([]);
    abort.abort();
    await watching;
  });
});
