/** An import must hold no more for a million files than for a thousand: what is committed may be forgotten. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFolder } from '../../../../../main/services/catalog/import-folder.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';

const [FILES, SIZE, DIMS] = [800, 8, 4];

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-memory-'));
  for (let i = 0; i < FILES; i++)
    writeFileSync(join(folder, `${String(i).padStart(4, '0')}.jpg`), `file ${i}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('an import', () => {
  it('lets go of the pictures that are on the disk', async () => {
    const home = mkdtempSync(join(tmpdir(), 'accent-memory-'));
    const db = openStore(home);
    const store = makeStore(db);
    store.write.images.root({ root_id: 'root', path: folder, name: 'made', built_in: 0, added_at: 1 });
    const pictures: WeakRef<Uint8Array>[] = [];
    let [imported, most] = [0, 0];
    const events = importFolder(
      { rootId: 'root', path: folder },
      {
        store,
        encoderHash: 'e'.repeat(64),
        dims: DIMS,
        size: SIZE,
        now: () => 1,
        decode: () => {
          const thumbnail = new Uint8Array(1000);
          pictures.push(new WeakRef(thumbnail));
          return Promise.resolve({
            rgb: new Uint8Array(3 * SIZE * SIZE),
            thumbnail,
            width: SIZE,
            height: SIZE,
          });
        },
        embed: (rgb) => Promise.resolve(new Float32Array((rgb.length / (3 * SIZE * SIZE)) * DIMS).fill(0.5)),
        saveThumbnail: () => Promise.resolve(),
        onVector: () => undefined,
      },
      new AbortController().signal,
    );
    for await (const event of events) {
      if (event.type === 'report') imported = event.report.imported;
      // A turn of the event loop, after which a WeakRef may be empty.
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      most = Math.max(most, pictures.filter((ref) => ref.deref() !== undefined).length);
    }
    db.close();
    rmSync(home, { recursive: true, force: true });
    expect(imported).toBe(FILES);
    // Some batches are always under way: two being embedded, two waiting, one being written.
    expect(most).toBeLessThan(FILES / 2);
  });
});
