/** Folders that change faster than anybody could follow (T28): what the system tells is a hint, the end is the truth. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImportReport, RootEvent } from '../../../../../contract/index.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';
import { mountMemory, unmount } from '../../../../support/mount.ts';

const FILES = 10_000;
const SIZE = 8;
/** A watch by events alone: nothing is read because of the time. */
const NEVER_MS = 3_600_000;

let rig: CatalogRig;
let folder: string;
let abort: AbortController;
let watching: Promise<void> | undefined;
let events: RootEvent[];

function start(blindMs = NEVER_MS): void {
  rig = makeCatalogRig([packOf('a', SIZE)], {
    watching: { quietMs: 100, mostMs: 1000, pollMs: 100, blindMs },
    // The colour follows from the bytes; what is tested here is not the decoder.
    decode: (file) => {
      const [r = 0, g = 0, b = 0] = createHash('sha256').update(file).digest();
      const rgb = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => [r, g, b][i % 3] as number);
      return Promise.resolve({ rgb, thumbnail: new Uint8Array(1), width: SIZE, height: SIZE, takenAt: null });
    },
  });
  folder = join(rig.folder, 'pictures');
  mkdirSync(folder);
}
async function watch(): Promise<void> {
  await rig.catalog.registerRoot(folder, false);
  watching = (async () => {
    for await (const event of rig.catalog.service.watch({ packId: 'a' }, { signal: abort.signal }))
      events.push(event);
  })();
  await until(() => events.some((e) => e.type === 'state' && e.state === 'online'));
}
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50));
}
const put = (name: string, n: number | string): void => {
  writeFileSync(join(folder, name), `bytes of picture ${n}`);
};
const sum = (what: 'imported' | 'moved' | 'missing'): number =>
  events.reduce((n, e) => n + (e.type === 'changed' ? e.report[what] : 0), 0);
const images = (): string[] => rig.store.read.facts.matching({});
const missing = (): number => rig.store.read.facts.matching({ missing: true }).length;
const fileNames = (): string[] =>
  images()
    .flatMap((hash) => rig.store.read.files.ofImage(hash).map((f) => f.file))
    .sort();
const onDisk = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jpg'))
    .sort();
const readAgain = async (): Promise<ImportReport> => rig.importAll(folder, 'a');

beforeEach(() => {
  abort = new AbortController();
  events = [];
});
afterEach(async () => {
  abort.abort();
  await watching;
  watching = undefined;
  rig.dispose();
});

describe('a watched folder', () => {
  it(`takes a burst of ${FILES} files and a renamed tree, with tags and without a lost or doubled image`, async () => {
    start();
    await watch();
    for (let f = 0; f < 10; f++) mkdirSync(join(folder, 'tree', String(f), 'deep'), { recursive: true });
    // Without a pause: the system's queue of events (16,384 by default on Linux) runs over.
    for (let n = 0; n < FILES; n++) put(`tree/${n % 10}/${n % 3 ? 'deep/' : ''}${n}.jpg`, n);
    await until(() => sum('imported') >= FILES);
    expect(images()).toHaveLength(FILES);
    expect(fileNames()).toEqual(onDisk());

    const tagged = images().filter((_, i) => i % 100 === 0);
    for (const hash of tagged) rig.store.write.facts.tag(hash, ['kept'], []);
    const idOf = (hash: string): string | undefined => rig.store.read.images.byHash(hash)?.image_id;
    const ids = tagged.map(idOf);
    mkdirSync(join(folder, 'elsewhere'));
    renameSync(join(folder, 'tree'), join(folder, 'elsewhere', 'wood'));
    await until(() => sum('moved') >= FILES);
    expect(sum('imported')).toBe(FILES);
    expect(sum('missing')).toBe(0);
    expect(images()).toHaveLength(FILES);
    expect(fileNames()).toEqual(onDisk());
    expect(tagged.map(idOf)).toEqual(ids);
    for (const hash of tagged) expect(rig.store.read.facts.tags(hash)).toEqual(['kept']);
    expect(events.filter((e) => e.type === 'failed')).toEqual([]);
  });

  it('sees what comes into a folder that was deleted and made again under its name', async () => {
    start();
    mkdirSync(join(folder, 'sub'));
    put('sub/a.jpg', 'a');
    await watch();
    await until(() => sum('imported') === 1);
    rmSync(join(folder, 'sub'), { recursive: true });
    mkdirSync(join(folder, 'sub'));
    put('b.jpg', 'b');
    await until(() => sum('imported') === 2);
    expect(missing()).toBe(1);
    // By now the watch has looked at the new folder, so only an event of its own can tell of this.
    put('sub/c.jpg', 'c');
    await until(() => sum('imported') === 3);
    renameSync(join(folder, 'sub'), join(folder, 'other'));
    mkdirSync(join(folder, 'sub'));
    await until(() => sum('moved') === 1);
    put('sub/d.jpg', 'd');
    await until(() => sum('imported') === 4);
    put('other/e.jpg', 'e');
    await until(() => sum('imported') === 5);
  });

  it('with more folders than may be watched is read at times', async () => {
    start(300);
    for (let f = 0; f < 4200; f++) mkdirSync(join(folder, String(f % 60), String(f)), { recursive: true });
    await watch();
    put('0/0/a.jpg', 'a');
    await until(() => sum('imported') === 1);
    put('59/4199/b.jpg', 'b');
    await until(() => sum('imported') === 2);
  });

  const here = (at: string): boolean => spawnSync('mountpoint', ['-q', at]).status === 0;
  it('on a disk that is unmounted and mounted again loses nothing, and is followed again', async ({
    skip,
  }) => {
    start();
    const disk = join(rig.folder, 'disk');
    mkdirSync(disk);
    skip(!mountMemory(disk, 4), 'no file system can be mounted here');
    const bind = (): void => {
      expect(spawnSync('mount', ['--bind', disk, folder]).status).toBe(0);
    };
    try {
      bind();
      for (let n = 0; n < 20; n++) put(`${n}.jpg`, n);
      await watch();
      await until(() => sum('imported') === 20);
      unmount(folder);
      expect(here(folder)).toBe(false);
      // Nothing may come of it, so there is nothing to wait for but time: some polls and more than one quiet.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect([images().length, missing()]).toEqual([20, 0]);
      await expect(readAgain()).rejects.toMatchObject({ code: 'root_offline' });
      bind();
      await new Promise((resolve) => setTimeout(resolve, 500));
      put('new.jpg', 'new');
      await until(() => sum('imported') === 21);
      expect([images().length, missing()]).toEqual([21, 0]);
    } finally {
      unmount(folder);
      unmount(disk);
    }
  });
});
