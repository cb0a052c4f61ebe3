/** A catalog of the version before images had numbers: upgraded, and salvaged, with all that hangs on its images. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { salvageCatalog } from '../../../../../../main/repair.ts';
import { MIGRATIONS, makeStore, openStore } from '../../../../../../main/services/store/index.ts';
import type { Store } from '../../../../../../main/services/store/index.ts';

const hashOf = (n: number): string => ((n * 7919) % 1000).toString(16).padStart(64, '0');
const IMAGES = 40;
const vectorOf = (n: number): Float32Array => Float32Array.of(n, 1);
const blobOf = (x: Float32Array): Buffer => Buffer.from(x.buffer);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'accent-numbers-'));
  const db = openStore(
    home,
    MIGRATIONS.filter((m) => m.version < 1400),
  );
  db.exec(`INSERT INTO roots VALUES ('r', '/r', 'r', 0, 1)`);
  const image = db.prepare(`INSERT INTO images VALUES (?, ?, ?, 8, 8, ?, 'r')`);
  const facts = db.prepare(
    `INSERT INTO facts (content_hash, format, name, tags, caption, at) VALUES (?, 'png', ?, '', ?, ?)`,
  );
  const vector = db.prepare(`INSERT INTO vectors VALUES (?, ?, ?)`);
  const pixels = db.prepare(`INSERT INTO pixels VALUES (?, 1, ?)`);
  const file = db.prepare(
    `INSERT INTO files (root_id, file, content_hash, bytes, modified_ms) VALUES ('r', ?, ?, 9, 1)`,
  );
  for (let n = 0; n < IMAGES; n++) {
    image.run(`i${n}`, hashOf(n), `picture-${n}.png`, n);
    if (n !== 7) facts.run(hashOf(n), `picture-${n}.png`, `caption of ${n}`, n);
    vector.run(hashOf(n), 'e', blobOf(vectorOf(n)));
    if (n % 2 === 0) vector.run(hashOf(n), 'f', blobOf(vectorOf(-n)));
    pixels.run(hashOf(n), Buffer.of(n, n, n));
    file.run(`${n}.png`, hashOf(n));
  }
  // Bytes that were removed by hand keep their file; facts and a vector of nothing are left over.
  file.run('removed.png', 'b'.repeat(64));
  facts.run('c'.repeat(64), 'orphan.png', 'orphan', 1);
  vector.run('c'.repeat(64), 'e', blobOf(vectorOf(1)));
  db.exec(`INSERT INTO facts_fts (facts_fts) VALUES ('rebuild')`);
  db.close();
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function expectAll(store: Store): void {
  const { read } = store;
  expect(read.images.page(Number.MAX_SAFE_INTEGER, 0, 100).map((i) => i.image_id)).toEqual(
    Array.from({ length: IMAGES }, (_, i) => `i${IMAGES - 1 - i}`),
  );
  for (let n = 0; n < IMAGES; n++) {
    const hash = hashOf(n);
    expect(read.images.byHash(hash)).toMatchObject({ image_id: `i${n}`, root_id: 'r', imported_at: n });
    expect(read.images.vector(hash, 'e')).toEqual(vectorOf(n));
    expect(read.images.vector(hash, 'f')).toEqual(n % 2 === 0 ? vectorOf(-n) : undefined);
    expect(read.images.pixels(hash, 1)).toEqual(Buffer.of(n, n, n));
    expect(read.files.ofImage(hash).map((f) => f.file)).toEqual([`${n}.png`]);
    expect(read.facts.one(hash)?.caption).toBe(n === 7 ? undefined : `caption of ${n}`);
  }
  expect(new Map([...read.images.vectors('f')].map((v) => [v.hash, v.embedding])).size).toBe(IMAGES / 2);
  expect(read.images.countWithoutVector('e')).toBe(0);
  expect(read.images.countWithoutVector('f')).toBe(IMAGES / 2);
  expect(read.images.withoutVector('f', '')).toHaveLength(IMAGES / 2);
  expect(read.files.ofImage('b'.repeat(64)).map((f) => f.file)).toEqual(['removed.png']);
  // In the order in which they came in, and no words of what is not there.
  const names = read.facts.page({ words: 'caption' }, undefined, 100).map((i) => i.name);
  expect(names).toHaveLength(IMAGES - 1);
  expect(names.slice(0, 2)).toEqual([`picture-${IMAGES - 1}.png`, `picture-${IMAGES - 2}.png`]);
  expect(read.facts.page({ words: 'orphan' }, undefined, 100)).toEqual([]);
  expect(store.care.check()).toEqual({ problems: [], mended: [] });
}

describe('a catalog of version 1310', () => {
  it('has after its upgrade what it had before, and its index files still count', () => {
    const before = changesBefore();
    const store = makeStore(openStore(home));
    expectAll(store);
    expect(store.read.images.vectorChanges('e')).toBe(before);
    // A new image goes on where the old ones end, whatever numbers left over facts had.
    const hash = 'd'.repeat(64);
    store.transaction(() => {
      store.write.images.image({
        image_id: 'new',
        content_hash: hash,
        name: 'new.png',
        width: 8,
        height: 8,
        imported_at: 99,
        root_id: 'r',
      });
      store.write.facts.put({
        content_hash: hash,
        format: 'png',
        bytes: 1,
        taken_at: null,
        at: 99,
        look: null,
        name: 'new.png',
        caption: '',
      });
      store.write.images.vector(hash, 'e', vectorOf(99));
    });
    expect(store.read.facts.page({}, undefined, 1).map((i) => i.name)).toEqual(['new.png']);
    expect(store.read.images.vectorChanges('e')).toBe(before + 1);
    store.write.facts.drop(hash);
    store.write.images.drop(hash);
    expect(store.read.images.vector(hash, 'e')).toBeUndefined();
    expect(store.read.images.vectorChanges('e')).toBe(before + 2);
    store.close();
  });

  it('is salvaged in its own shape and then upgraded', async () => {
    await salvageCatalog({ home, packFolders: [], sampleFolder: home, port: null });
    const store = makeStore(openStore(home));
    expectAll(store);
    store.close();
  });
});

/** The counter of the encoder's vectors before the upgrade: one for each that was written. */
function changesBefore(): number {
  const db = openStore(
    home,
    MIGRATIONS.filter((m) => m.version < 1400),
  );
  const value = db.prepare(`SELECT value FROM counters WHERE name = 'e'`).pluck().get() as number;
  db.close();
  return value;
}
