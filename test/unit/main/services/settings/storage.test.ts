import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storageOf } from '../../../../../main/services/settings/index.ts';

it('says what lies in the data folder and how large it is, largest first, without any path', async () => {
  const home = mkdtempSync(join(tmpdir(), 'accent-storage-'));
  try {
    mkdirSync(join(home, 'images', 'aa'), { recursive: true });
    mkdirSync(join(home, 'studies'));
    writeFileSync(join(home, 'images', 'aa', 'one.png'), new Uint8Array(3000));
    writeFileSync(join(home, 'images', 'two.png'), new Uint8Array(500));
    writeFileSync(join(home, 'catalog.db'), new Uint8Array(100));
    writeFileSync(join(home, 'catalog.db-wal'), new Uint8Array(50));
    writeFileSync(join(home, 'settings.json'), '{}');
    const { places, free } = await storageOf(home);
    expect(places).toEqual([
      { name: 'results', bytes: 3500, files: 2 },
      { name: 'catalog', bytes: 150, files: 2 },
      { name: 'other', bytes: 2, files: 1 },
    ]);
    expect(free).toBeGreaterThan(0);
    expect(await storageOf(join(home, 'absent'))).toMatchObject({ places: [] });
  } finally {
    rmSync(home, { recursive: true });
  }
});
