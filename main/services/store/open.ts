/**
 * Opens the catalog database. What is on disk is judged before anything is created (reliability.md, points 6 to 8): a file
 * of zero bytes beside a marker is a damaged catalog, never a fresh one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#contract';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/index.ts';

export type Db = Database.Database;

const APPLICATION_ID = 0x41434e54;
const OLDEST_SQLITE = [3, 51, 3];
const MAGIC = 'SQLite format 3\0';

const damaged = (why: string): AppError =>
  new AppError(
    'catalog_damaged',
    `The catalog is damaged: ${why}. It was left as it is; restore a backup or choose another catalog folder.`,
  );

function firstBytes(path: string): string {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(16);
  const n = readSync(file, buffer, 0, 16, 0);
  closeSync(file);
  return buffer.subarray(0, n).toString('latin1');
}

/** SQLite before 3.51.3 can lose acknowledged commits in WAL mode. */
function assertVersion(db: Db): void {
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string;
  const parts = version.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const have = parts[i] ?? 0;
    const need = OLDEST_SQLITE[i] as number;
    if (have > need) return;
    if (have < need)
      throw new AppError(
        'not_supported',
        `SQLite ${version} can lose data; this studio needs 3.51.3 or newer. Install it again with npm ci.`,
      );
  }
}

/** Brings the schema up to date, one transaction per migration, after a verified backup where there is something to lose. */
export function migrate(db: Db, migrations: readonly Migration[] = MIGRATIONS, backupTo?: string): void {
  const current = db.pragma('user_version', { simple: true }) as number;
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest)
    throw new AppError(
      'catalog_too_new',
      `This catalog has version ${current}, this studio knows ${newest}. Use a newer studio; the catalog was not changed.`,
    );
  const pending = migrations.filter((m) => m.version > current);
  if (pending.length === 0) return;
  if (current > 0 && backupTo !== undefined) backup(db, backupTo);
  for (const { version, statements } of pending) {
    db.transaction(() => {
      for (const sql of statements) db.exec(sql);
      db.pragma(`user_version = ${version}`);
    }).immediate();
  }
}

/** A copy that was opened and checked before it counts. */
function backup(db: Db, path: string): void {
  db.prepare('VACUUM INTO ?').run(path);
  const copy = new Database(path, { readonly: true });
  const verdict = copy.pragma('integrity_check', { simple: true });
  copy.close();
  if (verdict !== 'ok') throw damaged('the backup before an upgrade did not pass its check');
}

/** Opens or creates `catalog.db` in a data folder. */
export function openStore(folder: string): Db {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'catalog.db');
  const marker = join(folder, 'catalog.marker');
  const exists = existsSync(path);
  if (exists) {
    if (statSync(path).size === 0) throw damaged('its file is empty');
    if (firstBytes(path) !== MAGIC)
      throw new AppError(
        'not_a_catalog',
        'The file catalog.db is not an SQLite database. Choose another catalog folder; the file was not changed.',
      );
  } else if (existsSync(marker)) throw damaged('its file catalog.db is missing');
  const db = new Database(path);
  try {
    if (exists) {
      const id = db.pragma('application_id', { simple: true });
      if (id !== APPLICATION_ID)
        throw new AppError(
          'not_a_catalog',
          'The file catalog.db belongs to another program. Choose another catalog folder; the file was not changed.',
        );
    }
    assertVersion(db);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('journal_size_limit = 67108864');
    if (!exists) db.pragma(`application_id = ${APPLICATION_ID}`);
    if (exists && db.pragma('quick_check', { simple: true }) !== 'ok')
      throw damaged('its quick check failed');
    migrate(db, MIGRATIONS, join(folder, `catalog.before-${Date.now()}.db`));
    if (!existsSync(marker)) {
      writeFileSync(marker, 'This folder holds an Accent catalog.\n');
      const file = openSync(marker, 'r');
      fsyncSync(file);
      closeSync(file);
    }
    return db;
  } catch (error) {
    db.close();
    if (error instanceof AppError) throw error;
    const code = (error as { code?: string }).code ?? '';
    if (code === 'SQLITE_NOTADB')
      throw new AppError('not_a_catalog', 'The file catalog.db is not a database. It was not changed.', {
        cause: error,
      });
    if (code.startsWith('SQLITE_CORRUPT')) throw damaged('SQLite cannot read it');
    throw error;
  }
}
