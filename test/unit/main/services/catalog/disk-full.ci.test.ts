/** Imports onto disks that fill up (T6): small file systems in memory. Skipped only where none can be mounted. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toAppError } from '../../../../../contract/index.ts';
import type { ImportReport } from '../../../../../contract/index.ts';
import { createHost } from '../../../../../main/host.ts';
import type { Host } from '../../../../../main/host.ts';
import { forkSpawn } from '../../../../../main/link/index.ts';
import { idle } from '../../../../support/host.ts';
import { pngOf } from '../../../../support/images.ts';
import { fillDisk, mountMemory, unmount } from '../../../../support/mount.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

const IMAGES = 600;
const folder = mkdtempSync(join(tmpdir(), 'accent-full-import-'));
const [disk, packs, pictures] = [join(folder, 'disk'), join(folder, 'packs'), join(folder, 'pictures')];
for (const path of [disk, packs, pictures]) mkdirSync(path);
const home = join(disk, 'home');
const canMount = mountMemory(disk, 1);
if (canMount) unmount(disk);
else process.stderr.write('The full disk is not tested: no file system can be mounted here.\n');

let host: Host | undefined;
const open = (): Host =>
  (host = createHost(
    { home, packFolders: [packs], sampleFolder: join(folder, 'none'), port: null },
    { spawn: forkSpawn({ ACCENT_THREADS: '1' }), appVersion: '0.0.0-test' },
  ));
async function close(): Promise<void> {
  await host?.close();
  host = undefined;
}

beforeAll(async () => {
  writeTinyPack(packs);
  for (let i = 0; i < IMAGES; i++)
    writeFileSync(
      join(pictures, `${String(i).padStart(4, '0')}.png`),
      await pngOf([i % 251, (i * 7) % 241, (i * 3) % 239]),
    );
});
afterEach(async () => {
  await close();
  if (canMount) unmount(disk);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs an import; tells how many images were acknowledged, and how it ended. */
async function run(): Promise<{ acked: number; report?: ImportReport; code?: string; message?: string }> {
  const opened = host as Host;
  let acked = 0;
  try {
    const { rootId } = await opened.registerRoot(pictures);
    for await (const event of opened.services.catalog.importFolder({ rootId, packId: 'tiny' }, idle)) {
      if (event.type === 'progress') acked = event.imported;
      if (event.type === 'report') return { acked, report: event.report };
    }
    throw new Error('the import gave no report');
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    return { acked, code, message };
  }
}

/** Names and vectors of the catalog's images, whole and undamaged. */
function contents(): string[] {
  const db = new Database(join(home, 'catalog.db'), { readonly: true });
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.prepare('SELECT count(*) FROM vectors').pluck().get()).toBe(
      db.prepare('SELECT count(*) FROM images').pluck().get(),
    );
    return db.prepare('SELECT content_hash FROM images ORDER BY 1').pluck().all() as string[];
  } finally {
    db.close();
  }
}
const search = async (): Promise<number> =>
  (await (host as Host).services.catalog.search({ text: 'red', k: 10, packId: 'tiny' }, idle)).hits.length;
const halves = (): string[] =>
  readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part'));

describe.skipIf(!canMount)('an import onto a disk that is too small', () => {
  it.each([1, 2, 3, 4])(
    'of %i MiB stops with "disk_full", keeps what it told, and goes on with more room',
    async (mib) => {
      expect(mountMemory(disk, mib)).toBe(true);
      let told = 0;
      try {
        open();
      } catch (error) {
        // Too small even for an empty catalog: said at once, and the next start is not confused by what is left.
        expect(toAppError(error).code).toBe('disk_full');
      }
      if (host) {
        const first = await run();
        expect(first).toMatchObject({ code: 'disk_full', message: expect.stringMatching(/full/) as string });
        expect(first.message).not.toContain(folder);
        expect(halves()).toEqual([]);
        // Full as it is, it says the same again, and goes on answering.
        expect(await run()).toMatchObject({ code: 'disk_full' });
        if (first.acked > 0) expect(await search()).toBe(10);
        told = first.acked;
        await close();
      }
      expect(spawnSync('mount', ['-o', 'remount,size=64m', disk]).status).toBe(0);
      open();
      const last = await run();
      expect(last.report).toMatchObject({ found: IMAGES, skipped: [] });
      expect((last.report as ImportReport).unchanged).toBeGreaterThanOrEqual(told);
      expect(await search()).toBe(10);
      const { items } = await (host as Host).services.catalog.images({ limit: 200 }, idle);
      for (const { contentHash } of items)
        expect(
          statSync(join(home, 'thumbnails', contentHash.slice(0, 2), `${contentHash}.webp`)).size,
        ).toBeGreaterThan(50);
      await close();
      expect(contents()).toHaveLength(IMAGES - (last.report as ImportReport).duplicates);
      expect(halves()).toEqual([]);
    },
  );

  it('and a disk that somebody else fills in the middle of an import loses nothing that was told', async () => {
    expect(mountMemory(disk, 32)).toBe(true);
    open();
    const { rootId } = await (host as Host).registerRoot(pictures);
    let acked = 0;
    let filler: string | undefined;
    await expect(
      (async () => {
        for await (const event of (host as Host).services.catalog.importFolder(
          { rootId, packId: 'tiny' },
          idle,
        )) {
          if (event.type !== 'progress') continue;
          acked = event.imported;
          if (acked >= 100) filler ??= fillDisk(disk);
        }
      })(),
    ).rejects.toSatisfy((error: unknown) => toAppError(error).code === 'disk_full');
    expect(acked).toBeGreaterThanOrEqual(100);
    expect(await search()).toBe(10);
    // A start on a full disk says so, and harms nothing.
    await close();
    try {
      open();
      expect(await search()).toBe(10);
    } catch (error) {
      expect(toAppError(error).code).toBe('disk_full');
    }
    await close();
    rmSync(filler as string);
    expect(contents().length).toBeGreaterThanOrEqual(acked);
    open();
    const { report } = await run();
    expect(report).toMatchObject({ found: IMAGES, skipped: [] });
    expect((report as ImportReport).unchanged).toBeGreaterThanOrEqual(acked);
    await close();
    expect(contents()).toHaveLength(IMAGES - (report as ImportReport).duplicates);
  });
});
