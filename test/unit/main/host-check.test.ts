/** A host whose catalog is checked beside its first calls: what it answers meanwhile, and what when it was damaged. */
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../../../main/host.ts';
import type { Host } from '../../../main/host.ts';
import { forkSpawn } from '../../../main/link/index.ts';
import { idle, importAll, request, writePictures } from '../../support/host.ts';
import { writeTinyPack } from '../../support/tiny-pack.ts';

let folder: string;
let host: Host;
const open = (checkAtOnce: number): Host =>
  createHost(
    { home: join(folder, 'home'), packFolders: [join(folder, 'packs')], sampleFolder: folder, port: null },
    { spawn: forkSpawn({ ACCENT_THREADS: '1' }), appVersion: '0.0.0-test', checkAtOnce },
  );
const search = (): Promise<number> =>
  Promise.resolve(host.services.catalog.search({ text: 'red', packId: 'tiny', k: 3 }, idle)).then(
    (found) => found.hits.length,
  );
const catalogFile = (): string => join(folder, 'home', 'catalog.db');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'accent-host-check-'));
  mkdirSync(join(folder, 'packs'));
  mkdirSync(join(folder, 'pictures'));
  writeTinyPack(join(folder, 'packs'));
  await writePictures(join(folder, 'pictures'));
  host = open(1e9);
  await importAll(host, join(folder, 'pictures'));
  await host.close();
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a catalog that is checked beside the first calls', () => {
  it('is searched at once, and is written to when it has passed', async () => {
    host = open(0);
    expect(await search()).toBe(3);
    const { items } = await host.services.catalog.images({ limit: 1 }, idle);
    const [image] = items;
    const tagged = await host.services.catalog.tagImages(
      { imageIds: [image?.imageId ?? ''], addTags: ['kept'], removeTags: [] },
      idle,
    );
    expect(tagged.images[0]?.tags).toEqual(['kept']);
    expect((await importAll(host, join(folder, 'pictures'))).report).toMatchObject({ unchanged: 6 });
    const { jobId } = await host.services.jobs.submit(request(), idle);
    expect(jobId).not.toBe('');
  });

  it('can be closed at once', async () => {
    host = open(0);
    const pictures = host.registerRoot(join(folder, 'pictures'));
    const closed = host.close();
    await expect(pictures).rejects.toMatchObject({ code: 'link_closed' });
    await closed;
  });

  it('refuses every call when it is damaged, and its bytes stay', async () => {
    const db = new Database(catalogFile(), { readonly: true });
    const page = db
      .prepare(`SELECT pageno FROM dbstat WHERE name = 'pair_tags_by_pair'`)
      .pluck()
      .get() as number;
    db.close();
    const file = openSync(catalogFile(), 'r+');
    writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, (page - 1) * 4096);
    closeSync(file);
    const before = readFileSync(catalogFile());
    const damaged = { code: 'catalog_damaged', message: /restore a backup/ };
    expect(() => open(1e9)).toThrow(expect.objectContaining({ code: 'catalog_damaged' }) as Error);
    host = open(0);
    const is = (error: unknown): void => {
      expect(error).toMatchObject({ code: damaged.code });
      expect((error as Error).message).toMatch(damaged.message);
    };
    await host.registerRoot(folder).then(() => expect.unreachable(), is);
    await Promise.resolve(host.services.jobs.submit(request(), idle)).then(() => expect.unreachable(), is);
    await search().then(() => expect.unreachable(), is);
    await host.close();
    expect(readFileSync(catalogFile())).toEqual(before);
  });
});
