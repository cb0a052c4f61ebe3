import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storageOf } from '../../../../../main/services/settings/index.ts';

it('says what lies in the data folder, how large it is and, to whom may know, where; largest first', async () => {
  const home = mkdtempSync(join(tmpdir(), 'accent-storage-'));
  try {
    mkdirSync(join(home, 'images', 'aa'), { recursive: true });
    mkdirSync(join(home, 'studies'));
    writeFileSync(join(home, 'images', 'aa', 'one.png'), new Uint8Array(3000));
    writeFileSync(join(home, 'images', 'two.png'), new Uint8Array(500));
    writeFileSync(join(home, 'catalog.db'), new Uint8Array(100));
    writeFileSync(join(home, 'catalog.db-wal'), new Uint8Array(50));
    writeFileSync(join(home, 'settings.json'), '{}');
    const own = await storageOf(home, true);
    expect(own.path).toBe(home);
    expect(own.places).toEqual([
      { name: 'results', bytes: 3500, files: 2, path: join(home, 'images') },
      { name: 'catalog', bytes: 150, files: 2, path: null },
      { name: 'other', bytes: 2, files: 1, path: join(home, 'settings.json') },
    ]);
    expect(own.free).toBeGreaterThan(0);
    const foreign = await storageOf(home, false);
    expect(foreign.places.map(({ bytes }) => bytes)).toEqual([3500, 150, 2]);
    expect(JSON.stringify(foreign)).not.toContain(home);
    expect(await storageOf(join(home, 'absent'), true)).toMatchObject({ places: [] });
  } finally {
    rmSync(home, { recursive: true });
  }
});
