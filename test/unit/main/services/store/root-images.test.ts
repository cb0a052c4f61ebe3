/** How many images a folder holds: kept with every change of its files, always what a count of them gives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIGRATIONS, makeStore, openStore, salvage } from '../../../../../main/services/store/index.ts';
import type { Db, Store } from '../../../../../main/services/store/index.ts';

let home: string;
let db: Db;
let store: Store;
function open(): void {
  db = openStore(home);
  store = makeStore(db);
}
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'accent-root-images-'));
  open();
  for (const root_id of ['a', 'b'])
    store.write.images.root({ root_id, path: `/${root_id}`, name: root_id, built_in: 0, added_at: 1 });
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

const hashOf = (n: number): string => n.toString(16).padStart(64, 'f');
const put = (root_id: string, file: string, hash: string, missing_since: number | null = null): void => {
  store.write.files.put({
    root_id,
    file,
    content_hash: hash,
    bytes: 1,
    modified_ms: 1,
    missing_since,
    read_at: 0,
    sidecar_ms: null,
  });
};
const kept = (): Record<string, number> =>
  Object.fromEntries(store.read.images.roots().map((r) => [r.root_id, r.images]));
const counted = (): Record<string, number> =>
  Object.fromEntries(
    store.read.images
      .roots()
      .map((r) => [
        r.root_id,
        db
          .prepare<[string], number>('SELECT count(DISTINCT content_hash) FROM files WHERE root_id = ?')
          .pluck()
          .get(r.root_id) ?? 0,
      ]),
  );

it('counts bytes once however many files of a folder hold them, missing ones too', () => {
  store.transaction(() => {
    put('a', '1.png', hashOf(1));
    put('a', 'copy.png', hashOf(1));
    put('a', 'gone.png', hashOf(2), 5);
    put('b', '1.png', hashOf(1));
  });
  expect(kept()).toEqual({ a: 2, b: 1 });
  put('a', '1.png', hashOf(3));
  expect(kept()).toEqual({ a: 3, b: 1 });
  store.write.files.dropOfImage(hashOf(1));
  expect(kept()).toEqual({ a: 2, b: 0 });
  store.write.files.dropOfRoot('a');
  expect(kept()).toEqual({ a: 0, b: 0 });
});

it('is what a count gives after any changes, with and without transactions, undone ones and a new start among them', () => {
  let state = 7;
  const draw = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % n;
  };
  // Few hashes with equal beginnings, so that copies and the index of 12 digits meet.
  const change = (): void => {
    const root = draw(3) === 0 ? 'b' : 'a';
    const kind = draw(20);
    if (kind < 12) put(root, `${draw(30)}.png`, hashOf(draw(12)), draw(4) === 0 ? 1 : null);
    else if (kind < 16) store.write.files.drop(root, `${draw(30)}.png`);
    else if (kind < 19) store.write.files.dropOfImage(hashOf(draw(12)));
    else if (draw(4) === 0) store.write.files.dropOfRoot(root);
  };
  const many = (): void => {
    for (let i = draw(8); i >= 0; i--) change();
  };
  for (let round = 0; round < 300; round++) {
    const how = draw(5);
    if (how === 0) change();
    else if (how === 1)
      expect(() =>
        store.transaction(() => {
          many();
          throw new Error('undone');
        }),
      ).toThrow('undone');
    else if (how === 2)
      store.transaction(() => {
        many();
        // What is undone inside does not undo what is around it.
        try {
          store.transaction(() => {
            many();
            throw new Error('undone');
          });
        } catch {
          many();
        }
      });
    else store.transaction(many);
    expect(kept()).toEqual(counted());
    if (round % 100 === 99) {
      store.close();
      open();
      expect(kept()).toEqual(counted());
    }
  }
});

it('is counted once for a catalog of the version before', () => {
  const older = mkdtempSync(join(tmpdir(), 'accent-root-images-old-'));
  try {
    const before = openStore(
      older,
      MIGRATIONS.filter((m) => m.version < 1410),
    );
    before.exec(`INSERT INTO roots VALUES ('r', '/r', 'r', 0, 1)`);
    const file = before.prepare(
      `INSERT INTO files (root_id, file, content_hash, bytes, modified_ms) VALUES ('r', ?, ?, 1, 1)`,
    );
    for (let n = 0; n < 9; n++) file.run(`${n}.png`, hashOf(n % 4));
    before.close();
    const upgraded = makeStore(openStore(older));
    expect(upgraded.read.images.roots()).toMatchObject([{ root_id: 'r', images: 4 }]);
    upgraded.close();
  } finally {
    rmSync(older, { recursive: true, force: true });
  }
});

it('is made again by the check, and by a salvage, where it is wrong', () => {
  put('a', '1.png', hashOf(1));
  db.exec(`UPDATE root_images SET images = 7; INSERT INTO root_images VALUES ('x', 3)`);
  expect(store.care.check()).toEqual({ problems: [], mended: ['root_images'] });
  expect(kept()).toEqual({ a: 1, b: 0 });
  expect(store.care.check().mended).toEqual([]);
  db.exec(`UPDATE root_images SET images = 7`);
  store.close();
  salvage(home, 1);
  open();
  expect(kept()).toEqual({ a: 1, b: 0 });
});
