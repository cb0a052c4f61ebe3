import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS, openStore } from '../../../../../main/services/store/index.ts';
import { SECOND } from '../../../../support/host-migrations.ts';

let folder: string;
const catalog = (): string => join(folder, 'catalog.db');
const hash = (): string => createHash('sha256').update(readFileSync(catalog())).digest('hex');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Opening must fail with this code and leave file and folder as they were. */
function refused(code: string): void {
  const before = [hash(), readdirSync(folder).sort()];
  expect(() => openStore(folder)).toThrow(expect.objectContaining({ code }) as Error);
  expect([hash(), readdirSync(folder).sort()]).toEqual(before);
}

describe('opening the catalog (T12)', () => {
  it('runs a safe SQLite with safe settings', () => {
    const db = openStore(folder);
    const [major = 0, minor = 0, patch = 0] = (db.prepare('SELECT sqlite_version()').pluck().get() as string)
      .split('.')
      .map(Number);
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_051_003);
    const settings = Object.fromEntries(
      [
        'journal_mode',
        'synchronous',
        'foreign_keys',
        'busy_timeout',
        'trusted_schema',
        'journal_size_limit',
        'user_version',
        'application_id',
      ].map((name) => [name, db.pragma(name, { simple: true })]),
    );
    expect(settings).toEqual({
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      busy_timeout: 5000,
      trusted_schema: 0,
      journal_size_limit: 64 * 2 ** 20,
      user_version: MIGRATIONS.at(-1)?.version,
      application_id: 0x41434e54,
    });
    db.close();
    expect(readdirSync(folder).sort()).toEqual(['catalog.db', 'catalog.marker']);
  });

  it('opens its own catalog again, with what was in it', () => {
    const db = openStore(folder);
    db.exec(`INSERT INTO roots VALUES ('r', '/x', 'x', 0, 1)`);
    db.close();
    const again = openStore(folder);
    expect(again.prepare('SELECT name FROM roots').pluck().all()).toEqual(['x']);
    again.close();
  });

  it('takes a first start that was cut off for a first start', () => {
    writeFileSync(join(folder, 'catalog.new.db'), 'half');
    openStore(folder).close();
    expect(existsSync(join(folder, 'catalog.new.db'))).toBe(false);
  });

  it('refuses an empty file and leaves it', () => {
    writeFileSync(catalog(), '');
    refused('catalog_damaged');
  });

  it('refuses a file that is no database and leaves it', () => {
    writeFileSync(catalog(), 'my diary');
    refused('not_a_catalog');
  });

  it('refuses the database of another program and leaves it, also in WAL mode', () => {
    const other = new Database(catalog());
    other.pragma('journal_mode = WAL');
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    refused('not_a_catalog');
  });

  it('refuses a newer catalog and leaves it', () => {
    const db = openStore(folder);
    db.pragma('user_version = 99999');
    db.close();
    refused('catalog_too_new');
  });

  it('refuses a newer catalog whose version is still in the write-ahead log', () => {
    const db = openStore(folder);
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('user_version = 99999');
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'catalog_too_new' }) as Error);
    db.close();
  });

  it('does not make a fresh catalog where one is missing or cut off', () => {
    openStore(folder).close();
    truncateSync(catalog(), 50);
    refused('catalog_damaged');
    rmSync(catalog());
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'catalog_damaged' }) as Error);
    expect(existsSync(catalog())).toBe(false);
  });

  it('finds a page of noise', () => {
    const db = openStore(folder);
    db.exec(`INSERT INTO roots VALUES ('r', '/x', 'x', 0, 1)`);
    db.close();
    const bytes = readFileSync(catalog());
    bytes.fill(0xa5, 4096, 8192);
    writeFileSync(catalog(), bytes);
    refused('catalog_damaged');
  });
});

describe('migrations', () => {
  it('keep a backup that was opened and checked, made before the change', () => {
    const db = openStore(folder);
    db.exec(`INSERT INTO roots VALUES ('r', '/x', 'x', 0, 1)`);
    db.close();
    const next = openStore(folder, [...MIGRATIONS, SECOND]);
    expect(next.pragma('user_version', { simple: true })).toBe(SECOND.version);
    next.close();
    const [backup = ''] = readdirSync(folder).filter((f) => /^catalog\.before-\d+\.db$/.test(f));
    const copy = new Database(join(folder, backup), { readonly: true });
    expect(copy.pragma('user_version', { simple: true })).toBe(MIGRATIONS.at(-1)?.version);
    expect(copy.prepare('SELECT name FROM roots').pluck().all()).toEqual(['x']);
    copy.close();
  });

  it('roll back as a whole when a statement fails', () => {
    openStore(folder).close();
    const broken = { version: 9010, statements: ['CREATE TABLE half (x)', 'CREATE TABLE half (x)'] };
    expect(() => openStore(folder, [...MIGRATIONS, broken])).toThrow(/half/);
    const db = openStore(folder);
    expect(db.prepare(`SELECT count(*) FROM sqlite_master WHERE name = 'half'`).pluck().get()).toBe(0);
    db.close();
  });

  it('are numbered upwards', () => {
    const versions = MIGRATIONS.map((m) => m.version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });
});
