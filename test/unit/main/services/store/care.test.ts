/** Backups that count, restoring, checking, and salvage of a damaged catalog (T10, T30). */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../../../main/config.ts';
import { backupsOf, restoreCatalog, salvageCatalog } from '../../../../../main/repair.ts';
import { makeStore, openStore, surplus } from '../../../../../main/services/store/index.ts';
import type { Store } from '../../../../../main/services/store/index.ts';

let home: string;
let config: Config;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'accent-care-'));
  config = { home, packFolders: [], sampleFolder: home, port: null };
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const hashOf = (n: number): string => n.toString(16).padStart(64, '0');
function fill(store: Store, from: number, to: number): void {
  store.transaction(() => {
    for (let n = from; n < to; n++) {
      const hash = hashOf(n);
      store.write.images.image({
        image_id: `i${n}`,
        content_hash: hash,
        name: `picture-${n}.png`,
        width: 8,
        height: 8,
        imported_at: n,
        root_id: null,
      });
      store.write.facts.put({
        content_hash: hash,
        format: 'png',
        bytes: 1,
        taken_at: null,
        at: n,
        look: BigInt.asIntN(64, BigInt(n) * 0x9e3779b97f4a7c15n),
        name: `picture-${n}.png`,
        caption: `the caption of ${n}`,
      });
      store.write.images.pixels(hash, 8, new Uint8Array(192).fill(n % 256));
    }
  });
}
const count = (store: Store): number => store.read.facts.matching({}).length;

describe('backups', { timeout: 120_000 }, () => {
  it('are whole, made while the catalog is used, and bring back what was', async () => {
    const store = makeStore(openStore(home));
    fill(store, 0, 3000);
    const making = store.care.backUp(1_700_000_000_000);
    fill(store, 3000, 3100);
    const made = await making;
    expect(store.care.backups()).toEqual([made]);
    expect(readdirSync(join(home, 'backups'))).toEqual([made.name]);
    fill(store, 3100, 3200);
    expect(count(store)).toBe(3200);
    store.close();

    await expect(restoreCatalog(config, 'catalog-1.db')).rejects.toMatchObject({ code: 'not_found' });
    const { kept, from } = await restoreCatalog(config, 'latest', 1_700_000_000_001);
    expect(from).toBe(made.name);
    const again = makeStore(openStore(home));
    expect(count(again)).toBeGreaterThanOrEqual(3000);
    expect(count(again)).toBeLessThan(3200);
    expect(again.care.check()).toEqual({ problems: [], mended: [] });
    again.close();
    expect(
      new Database(join(home, kept), { readonly: true }).prepare('SELECT count(*) FROM images').pluck().get(),
    ).toBe(3200);
  });

  it('that do not pass their check are not restored, and nothing changes', async () => {
    const store = makeStore(openStore(home));
    fill(store, 0, 500);
    const { name } = await store.care.backUp(1_700_000_000_000);
    store.close();
    const before = readFileSync(join(home, 'catalog.db'));
    const file = openSync(join(home, 'backups', name), 'r+');
    writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, 4096 * 3);
    closeSync(file);
    await expect(restoreCatalog(config, name)).rejects.toMatchObject({ code: 'catalog_damaged' });
    expect(readFileSync(join(home, 'catalog.db'))).toEqual(before);
    expect(existsSync(join(home, 'catalog.db.part'))).toBe(false);
    expect(backupsOf(config)).toHaveLength(1);
  });

  it('are kept in tiers: 8 newest, 7 days, 5 weeks, 6 months', () => {
    const day = 86_400_000;
    const all = Array.from({ length: 24 * 400 }, (_, hour) => ({
      name: String(hour),
      at: 400 * day - hour * 3_600_000,
      bytes: 1,
    }));
    const gone = new Set(surplus(all));
    const kept = all.filter((b) => !gone.has(b));
    expect(kept.slice(0, 8)).toEqual(all.slice(0, 8));
    expect(kept.length).toBeLessThanOrEqual(26);
    const days = new Set(kept.map((b) => Math.floor(b.at / day)));
    expect([...Array(6).keys()].every((d) => days.has(400 - d))).toBe(true);
    expect(new Set(kept.map((b) => Math.floor(b.at / (30 * day)))).size).toBe(6);
  });
});

describe('a check', () => {
  it('makes an index of words again that is out of step', () => {
    const store = makeStore(openStore(home));
    fill(store, 0, 50);
    store.close();
    const db = new Database(join(home, 'catalog.db'));
    db.exec(`INSERT INTO facts_fts (facts_fts) VALUES ('delete-all')`);
    db.close();
    const again = makeStore(openStore(home));
    expect(again.read.facts.matching({ words: 'picture' })).toEqual([]);
    expect(again.care.check()).toEqual({ problems: [], mended: ['facts_fts'] });
    expect(again.read.facts.matching({ words: 'picture' })).toHaveLength(50);
    again.close();
  });
});

// Many waits for the disk: slow where something else keeps it busy.
describe('salvage', { timeout: 120_000 }, () => {
  it('saves what can be read of a damaged catalog and keeps the damaged file', async () => {
    const store = makeStore(openStore(home));
    fill(store, 0, 3000);
    store.close();
    const path = join(home, 'catalog.db');
    // A page with rows in the middle of each of three tables, wherever in the file they lie.
    const db = new Database(path);
    const pages = db
      .prepare<[string], number>(
        `SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path`,
      )
      .pluck();
    const hit = ['images', 'facts', 'pixels'].map((name) => {
      const all = pages.all(name);
      return all[Math.floor(all.length / 2)] as number;
    });
    db.close();
    const file = openSync(path, 'r+');
    for (const page of hit) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, (page - 1) * 4096);
    closeSync(file);
    const damaged = readFileSync(path);
    expect(() => openStore(home)).toThrow(expect.objectContaining({ code: 'catalog_damaged' }));
    const { kept, rows, partly } = await salvageCatalog(config, 1_700_000_000_000);
    expect(readFileSync(join(home, kept))).toEqual(damaged);
    expect(partly.length).toBeGreaterThan(0);
    const again = makeStore(openStore(home));
    expect(again.care.check()).toEqual({ problems: [], mended: [] });
    const saved = (rows['images'] ?? 0) + (rows['facts'] ?? 0) + (rows['pixels'] ?? 0);
    expect(saved).toBeGreaterThan(0.8 * 3 * 3000);
    const [one] = again.read.facts.matching({ words: 'caption' });
    expect(again.read.images.byHash(one ?? '')?.name).toMatch(/^picture-\d+\.png$/);
    again.close();
  });

  it('says so when nothing can be read, and changes nothing', async () => {
    openStore(home).close();
    writeFileSync(
      join(home, 'catalog.db'),
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(9000, 7)]),
    );
    const before = readdirSync(home).sort();
    await expect(salvageCatalog(config)).rejects.toMatchObject({ code: 'catalog_damaged' });
    expect(
      readdirSync(home)
        .sort()
        .filter((f) => !f.startsWith('catalog.lock')),
    ).toEqual(before.filter((f) => !f.startsWith('catalog.lock')));
  });
});
