/** The check of a large catalog beside its first calls: whole, damaged, given up. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBeside, makeStore, openSoon, openStore } from '../../../../../main/services/store/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'accent-beside-'));
  const db = openStore(home);
  db.exec(`INSERT INTO roots VALUES ('r', '/x', 'x', 0, 1)`);
  db.close();
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});
const path = (): string => join(home, 'catalog.db');

/** A page of noise where the rows of `roots` lie. */
function damage(): void {
  const db = new Database(path(), { readonly: true });
  const page = db.prepare(`SELECT pageno FROM dbstat WHERE name = 'roots'`).pluck().get() as number;
  db.close();
  const file = openSync(path(), 'r+');
  writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, (page - 1) * 4096);
  closeSync(file);
}

describe('a catalog that is larger than what is checked at once', () => {
  it('is open before its check has passed, and the one below is checked first', async () => {
    const { db, checked } = openSoon(home, 0);
    expect(checked).toBe(false);
    const check = checkBeside(db.name);
    await expect(check.passed).resolves.toBeUndefined();
    await check.stop();
    db.close();
    damage();
    expect(() => openSoon(home, 1e9)).toThrow(expect.objectContaining({ code: 'catalog_damaged' }) as Error);
  });

  it('is called damaged in the same words as by a check at the start, and is left as it is', async () => {
    damage();
    const before = readFileSync(path());
    let said = '';
    try {
      openStore(home);
    } catch (error) {
      said = (error as Error).message;
    }
    const { db } = openSoon(home, 0);
    const store = makeStore(db);
    store.allowWrites(false);
    const check = checkBeside(db.name);
    await expect(check.passed).rejects.toMatchObject({ code: 'catalog_damaged', message: said });
    expect(() => store.write.facts.stub('h', 'n', 1, 'image')).toThrow(
      expect.objectContaining({ code: 'SQLITE_READONLY' }) as Error,
    );
    store.close();
    expect(readFileSync(path())).toEqual(before);
  });

  it('can be closed before its check has ended', async () => {
    const { db } = openSoon(home, 0);
    const check = checkBeside(db.name);
    await check.stop();
    await expect(check.passed).rejects.toMatchObject({ code: 'link_closed' });
    db.close();
  });
});
