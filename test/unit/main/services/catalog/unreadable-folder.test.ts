import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { ImportReport } from '#contract';
import { importFolder } from '../../../../../main/services/catalog/import-folder.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';

let folder: string;
let store: ReturnType<typeof makeStore>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-scan-'));
  mkdirSync(join(folder, 'pictures', 'open'), { recursive: true });
  mkdirSync(join(folder, 'pictures', 'private', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'pictures', 'open', 'a.png'), 'bytes of a');
  writeFileSync(join(folder, 'pictures', 'private', 'b.png'), 'bytes of b');
  store = makeStore(openStore(join(folder, 'home')));
  store.write.images.root({
    root_id: 'r',
    path: join(folder, 'pictures'),
    name: 'pictures',
    built_in: 0,
    added_at: 1,
  });
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The tests may run as a user who may read everything, so the refusal is put in by hand. */
async function importWith(refused: string, code: string): Promise<ImportReport> {
  const context = {
    store,
    decode: () =>
      Promise.resolve({ rgb: new Uint8Array(3), thumbnail: new Uint8Array(1), width: 1, height: 1 }),
    embed: () => Promise.resolve(Float32Array.of(1)),
    encoderHash: 'e',
    dims: 1,
    size: 1,
    saveThumbnail: () => Promise.resolve(),
    onVector: () => undefined,
    now: Date.now,
    listFolder: (path: string) =>
      path === join(folder, refused)
        ? Promise.reject(Object.assign(new Error(`${code}: ${path}`), { code }))
        : readdir(path, { withFileTypes: true }),
  };
  const root = { rootId: 'r', path: join(folder, 'pictures') };
  for await (const event of importFolder(root, context, new AbortController().signal))
    if (event.type === 'report') return v.parse(ImportReport, event.report);
  throw new Error('the import gave no report');
}

describe('a folder that cannot be read', () => {
  it.each([
    ['EACCES', 'permission_denied'],
    ['EIO', 'unreadable'],
  ])('%s stands in the report as %s, and the rest is imported', async (code, reason) => {
    const { found, imported, unchanged, skipped } = await importWith('pictures/private', code);
    expect(skipped).toMatchObject([{ file: 'private/', reason }]);
    expect(skipped[0]?.message).not.toContain(folder);
    expect([found, imported + unchanged]).toEqual([2, 1]);
  });

  it('is an error when it is the root', async () => {
    await expect(importWith('pictures', 'EACCES')).rejects.toMatchObject({ code: 'permission_denied' });
  });
});
