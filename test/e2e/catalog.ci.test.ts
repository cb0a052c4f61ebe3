/** The catalog from the command line: the same truth as the service's, one process at a time, and disks that only read. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hit, ImportReport } from '../../contract/index.ts';
import { idle, importAll, makeTestHost, writePictures } from '../support/host.ts';
import type { TestHost } from '../support/host.ts';
import { pngOf, writeBroken } from '../support/images.ts';
import { mountMemory, unmount } from '../support/mount.ts';

const CLI = fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url));
let test: TestHost;
let pictures: string;
beforeAll(async () => {
  test = makeTestHost();
  pictures = join(test.folder, 'pictures');
  mkdirSync(pictures);
  await writePictures(pictures);
  await writeBroken(pictures);
  writeFileSync(join(pictures, 'twin.png'), readFileSync(join(pictures, 'red-2.png')));
});
afterAll(async () => {
  await test.dispose();
});

/** Runs the command line on a data folder; its JSON object and how it ended. */
function studio(home: string, ...args: string[]): { status: number | null; said: unknown; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [CLI, ...args, '--catalog', home, '--json'],
    {
      encoding: 'utf8',
      env: { ...process.env, ACCENT_MODELS: test.packs, ACCENT_THREADS: '1' },
    },
  );
  return { status, said: JSON.parse(stdout), stderr };
}

describe('import DIR', () => {
  it('reports what the import service reports, and both catalogs answer a search alike', async () => {
    const home = join(test.folder, 'by command');
    const { report } = await importAll(test.host, pictures);
    const told = studio(home, 'import', pictures, '--pack', 'tiny');
    expect(told.status).toBe(0);
    const same = (r: ImportReport): unknown => ({ ...r, rootId: '', wallSeconds: 0 });
    expect(same(told.said as ImportReport)).toEqual(same(report));
    expect(report).toMatchObject({ imported: 6, duplicates: 1, missing: 0 });
    expect(report.skipped.length).toBeGreaterThanOrEqual(8);
    const seen = (hits: readonly Hit[]): unknown =>
      hits.map(({ image, rank, score, strength }) => [image.name, image.contentHash, rank, score, strength]);
    const { hits } = await test.host.services.catalog.search({ text: 'red', k: 10, packId: 'tiny' }, idle);
    const searched = studio(home, 'search', 'red', '--pack', 'tiny');
    expect(seen(searched.said as Hit[])).toEqual(seen(hits));
    expect(hits).toHaveLength(6);
    const again = studio(home, 'import', pictures, '--pack', 'tiny');
    expect(again.said).toMatchObject({ imported: 0, unchanged: 7, skipped: report.skipped });
  });
});

describe('two processes on one catalog', () => {
  it('the second says who has it and changes nothing, also in the middle of an import', async () => {
    const many = join(test.folder, 'many');
    mkdirSync(many);
    for (let i = 0; i < 70; i++) writeFileSync(join(many, `${i}.png`), await pngOf([i * 3, 255 - i, 9]));
    const { rootId } = await test.host.registerRoot(many);
    let asked = false;
    let report: ImportReport | undefined;
    const { catalog } = test.host.services;
    for await (const event of catalog.importFolder({ rootId, packId: 'tiny' }, idle)) {
      if (event.type === 'report') report = event.report;
      if (event.type !== 'progress' || asked) continue;
      asked = true;
      for (const args of [
        ['import', pictures],
        ['search', 'red'],
        ['catalog', 'forget', 'many'],
        ['catalog', 'salvage'],
        ['catalog', 'restore', 'latest'],
      ]) {
        const { status, said } = studio(test.home, ...args);
        expect([args.join(' '), status]).toEqual([args.join(' '), 1]);
        expect(said).toMatchObject({
          error: {
            code: 'catalog_locked',
            message: expect.stringContaining(`process ${process.pid}`) as string,
          },
        });
      }
    }
    expect(asked).toBe(true);
    expect(report).toMatchObject({ found: 70, imported: 70, skipped: [] });
    const { ok } = await catalog.check({}, idle);
    expect(ok).toBe(true);
    await test.close();
    expect(studio(test.home, 'search', 'red', '--pack', 'tiny').status).toBe(0);
    await test.restart();
  });
});

describe('a data folder on a disk that only reads', () => {
  it('is opened to be read, or refused as read-only; no byte of the catalog changes', async ({ skip }) => {
    const disk = join(test.folder, 'disk');
    mkdirSync(disk);
    skip(!mountMemory(disk, 64), 'no file system can be mounted here');
    try {
      const home = join(disk, 'home');
      expect(studio(home, 'import', pictures, '--pack', 'tiny').status).toBe(0);
      const hash = (): string =>
        createHash('sha256')
          .update(readFileSync(join(home, 'catalog.db')))
          .digest('hex');
      const before = hash();
      expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
      const { status, said } = studio(home, 'import', pictures, '--pack', 'tiny');
      expect(status).toBe(1);
      expect(said).toMatchObject({
        error: { code: 'read_only', message: expect.stringMatching(/read-only|written/) as string },
      });
      const found = studio(home, 'search', 'red', '--pack', 'tiny');
      if (found.status === 0) expect(found.said).toHaveLength(6);
      else expect(found.said).toMatchObject({ error: { code: 'read_only' } });
      expect(hash()).toBe(before);
    } finally {
      unmount(disk);
    }
  });
});
