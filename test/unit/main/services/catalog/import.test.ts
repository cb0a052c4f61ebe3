/** Import of folders that change, repeat themselves, hang or are cut off, over the host with real children. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../../../contract/index.ts';
import { forkSpawn } from '../../../../../main/link/index.ts';
import type { ChildHandle } from '../../../../../main/link/index.ts';
import { readImageFile } from '../../../../../main/services/catalog/read-file.ts';
import { scanFolder } from '../../../../../main/services/catalog/scan.ts';
import { idle, importAll, makeTestHost, writePictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';
import { jpegOf, pngOf } from '../../../../support/images.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

let test: TestHost;
let count = 0;
const decoders: ChildHandle[] = [];
/** An empty folder of its own. */
const folderOf = (): string => {
  const folder = join(test.folder, `pictures-${count++}`);
  mkdirSync(folder);
  return folder;
};
beforeAll(() => {
  const fork = forkSpawn({ ACCENT_THREADS: '1' });
  test = makeTestHost((entry, lost) => {
    const handle = fork(entry, lost);
    if (entry === 'decode') decoders.push(handle);
    return handle;
  });
});
afterAll(async () => {
  await test.dispose();
});

describe('a folder that changes', () => {
  it('brings in new and changed files, keeps those that went, and knows copies', async () => {
    const folder = folderOf();
    await writePictures(folder);
    expect((await importAll(test.host, folder)).report).toMatchObject({ found: 6, imported: 6 });
    writeFileSync(join(folder, 'new.png'), await pngOf([200, 200, 0]));
    writeFileSync(join(folder, 'red-1.jpg'), await jpegOf([0, 200, 200]));
    rmSync(join(folder, 'red-2.png'));
    const red = await jpegOf([220, 20, 20]);
    writeFileSync(join(folder, 'copy-1.jpg'), red);
    const fresh = await jpegOf([120, 20, 120]);
    writeFileSync(join(folder, 'twin-1.jpg'), fresh);
    writeFileSync(join(folder, 'twin-2.jpg'), fresh);
    const { report } = await importAll(test.host, folder);
    expect(report).toMatchObject({ found: 9, imported: 3, unchanged: 4, duplicates: 2, skipped: [] });
    expect((await importAll(test.host, folder)).report).toMatchObject({
      imported: 0,
      unchanged: 9,
      duplicates: 0,
    });
    const { items } = await test.host.services.catalog.images({ limit: 100 }, idle);
    expect(items).toHaveLength(9);
  });

  it('names every copy of a picture that cannot be read, however close they lie', async () => {
    const folder = folderOf();
    const broken = (await jpegOf([40, 90, 20])).subarray(0, 200);
    const names = ['broken-1.jpg', 'broken-2.jpg', 'broken-3.jpg'];
    for (const name of names) writeFileSync(join(folder, name), broken);
    for (let round = 0; round < 2; round++) {
      const { report } = await importAll(test.host, folder);
      expect(report.skipped.map((s) => s.file)).toEqual(names);
      expect(report).toMatchObject({ found: 3, imported: 0, duplicates: 0, unchanged: 0 });
    }
  });

  it('is unchanged when only times change', async () => {
    const folder = folderOf();
    writeFileSync(join(folder, 'a.png'), await pngOf([1, 2, 3]));
    await importAll(test.host, folder);
    utimesSync(join(folder, 'a.png'), 1, 1);
    expect((await importAll(test.host, folder)).report).toMatchObject({ unchanged: 1, imported: 0 });
  });

  it('that is away says so, and its images stay', async () => {
    const folder = folderOf();
    writeFileSync(join(folder, 'a.png'), await pngOf([90, 2, 3]));
    const { root } = await importAll(test.host, folder);
    renameSync(folder, `${folder}-away`);
    await expect(importAll(test.host, folder)).rejects.toMatchObject({ code: 'not_found' });
    const { roots } = await test.host.services.catalog.roots({}, idle);
    expect(roots.find((r) => r.rootId === root.rootId)).toMatchObject({ state: 'offline', imageCount: 1 });
    const stream = test.host.services.catalog.importFolder({ rootId: root.rootId, packId: 'tiny' }, idle);
    await expect((async () => stream[Symbol.asyncIterator]().next())()).rejects.toMatchObject({
      code: 'root_offline',
    });
    const { items } = await test.host.services.catalog.images({ limit: 10, rootId: root.rootId }, idle);
    expect(items).toHaveLength(1);
  });
});

describe('an import that is cut off', () => {
  it('keeps what was committed and goes on from there', async () => {
    const folder = folderOf();
    for (let i = 0; i < 45; i++)
      writeFileSync(
        join(folder, `${String(i).padStart(2, '0')}.png`),
        await pngOf([i * 3, 255 - i, (i * 7) % 255]),
      );
    const root = await test.host.registerRoot(folder);
    const abort = new AbortController();
    const cut = (async () => {
      for await (const event of test.host.services.catalog.importFolder(
        { rootId: root.rootId, packId: 'tiny' },
        { signal: abort.signal },
      ))
        if (event.type === 'progress' && event.imported >= 32) abort.abort();
    })();
    await expect(cut).rejects.toMatchObject({ name: 'AbortError' });
    expect((await importAll(test.host, folder)).report).toMatchObject({
      found: 45,
      imported: 13,
      unchanged: 32,
    });
  });

  it('loses one picture, not the import, when the decoder dies', async () => {
    const folder = folderOf();
    for (let i = 0; i < 12; i++) writeFileSync(join(folder, `${i}.jpg`), await jpegOf([i * 20, 9, 77]));
    const root = await test.host.registerRoot(folder);
    let killed = false;
    let skipped: readonly { reason: string }[] = [];
    for await (const event of test.host.services.catalog.importFolder(
      { rootId: root.rootId, packId: 'tiny' },
      idle,
    )) {
      if (event.type === 'progress' && !killed) {
        killed = true;
        decoders.at(-1)?.kill();
      }
      if (event.type === 'report') {
        ({ skipped } = event.report);
        expect(event.report.imported + skipped.length).toBe(12);
      }
    }
    for (const { reason } of skipped) expect(reason).toBe('decode_lost');
    expect(skipped.length).toBeLessThanOrEqual(1);
    expect((await importAll(test.host, folder)).report.skipped).toEqual([]);
  });
});

describe('two packs', () => {
  it('each find the images, also those that came in with the other', async () => {
    const other = writeTinyPack(test.packs, { id: 'other' });
    writeFileSync(join(other.folder, 'encoder.safetensors'), 'another encoder');
    // Another hash of the encoder weights is another space of vectors, as far as the catalog knows.
    const bytes = Buffer.from('another encoder');
    const manifest = {
      ...other.manifest,
      parts: {
        ...other.manifest.parts,
        encoderWeights: {
          file: 'encoder.safetensors',
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        },
      },
    };
    writeFileSync(join(other.folder, 'manifest.json'), JSON.stringify(manifest));
    const folder = folderOf();
    const purple = await pngOf([130, 0, 140]);
    writeFileSync(join(folder, 'first.png'), purple);
    await importAll(test.host, folder, 'tiny');
    const count = async (packId: string) =>
      (await test.host.services.catalog.search({ text: 'red', k: 200, packId }, idle)).hits.length;
    expect(await count('other')).toBe(await count('tiny'));
    writeFileSync(join(folder, 'second.png'), await pngOf([131, 3, 60]));
    await importAll(test.host, folder, 'other');
    expect(await count('tiny')).toBe(await count('other'));
  });
});

describe('reading a file (T15)', () => {
  it('refuses what is no plain file, without waiting for it', async () => {
    const folder = folderOf();
    mkdirSync(join(folder, 'folder.png'));
    writeFileSync(join(folder, 'empty.png'), '');
    writeFileSync(join(folder, 'real.png'), 'x');
    const codes: [string, string][] = [
      ['folder.png', 'not_a_regular_file'],
      ['empty.png', 'empty_file'],
      ['gone.png', 'changed_while_reading'],
    ];
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'pipe.png')]);
      symlinkSync(join(folder, 'real.png'), join(folder, 'link.png'));
      codes.push(
        ['pipe.png', 'not_a_regular_file'],
        ['link.png', 'link_skipped'],
        ['../../../../../../../../dev/zero', 'not_a_regular_file'],
      );
    }
    for (const [name, code] of codes) {
      const began = performance.now();
      await expect(readImageFile(join(folder, name))).rejects.toMatchObject({ code });
      expect(performance.now() - began).toBeLessThan(500);
    }
  });

  it('notices a file that grows while it is read', async () => {
    const path = join(folderOf(), 'growing.png');
    writeFileSync(path, Buffer.alloc(64 * 2 ** 20));
    let growing = true;
    const grow = (): void => {
      appendFileSync(path, 'x');
      if (growing) setImmediate(grow);
    };
    grow();
    const error: unknown = await readImageFile(path).catch((e: unknown) => e);
    growing = false;
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('changed_while_reading');
  });

  it('scans in a fixed order, enters no linked folder, and leaves hidden names out', async () => {
    const folder = folderOf();
    mkdirSync(join(folder, 'b'));
    mkdirSync(join(folder, '.hidden'));
    for (const name of ['z.png', 'a.JPG', 'b/m.webp', '.hidden/x.png', 'notes.txt', '.x.png'])
      writeFileSync(join(folder, name), 'x');
    if (process.platform !== 'win32') symlinkSync('..', join(folder, 'up'));
    const found: string[] = [];
    for await (const { file } of scanFolder(folder)) found.push(file);
    expect(found).toEqual(['a.JPG', 'b/m.webp', 'z.png']);
  });
});
