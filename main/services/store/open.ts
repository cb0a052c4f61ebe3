/**
 * Opens the catalog database. What is on disk is judged before anything is created (reliability.md, points 6 to 8): a file
 * of zero bytes is a damaged catalog, never a fresh one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#contract';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/index.ts';

export type Db = Database.Database;

export const APPLICATION_ID = 0x41434e54;
const OLDEST_SQLITE = [3, 51, 3];
const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const CACHE_KIB = 64 * 1024;
/** 64 MiB of pages. */
const CHECKPOINT_PAGES = 16_384;

export const damaged = (why: string, cause?: unknown): AppError =>
  new AppError(
    'catalog_damaged',
    `The catalog is damaged: ${why}. It was left as it is; restore a backup or choose another catalog folder.`,
    { cause },
  );

/** The first bytes of the file, fewer where it is shorter. */
function header(path: string): Buffer {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(HEADER_BYTES);
  const n = readSync(file, buffer, 0, HEADER_BYTES, 0);
  closeSync(file);
  return buffer.subarray(0, n);
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
  refuseNewer(current, migrations);
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

/** A copy that was opened and checked before it gets the name that counts. */
function backup(db: Db, path: string): void {
  const part = `${path}.part`;
  rmSync(part, { force: true });
  db.prepare('VACUUM INTO ?').run(part);
  const copy = new Database(part, { readonly: true });
  const verdict = copy.pragma('integrity_check', { simple: true });
  copy.close();
  if (verdict !== 'ok') throw damaged('the backup before an upgrade did not pass its check');
  syncFile(part);
  renameSync(part, path);
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } catch (error) {
    // Windows syncs no folder; there the rename itself is what can be had.
    if (process.platform !== 'win32') throw error;
  } finally {
    closeSync(file);
  }
}

function configure(db: Db): void {
  assertVersion(db);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 5000');
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  db.pragma('journal_size_limit = 67108864');
  // A transaction of an import changes some MiB of pages: with the default of 2 MiB they are written and read again in its
  // middle, and with a checkpoint every 4 MiB each page goes to the file many times.
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}

/**
 * Makes a whole catalog under another name and moves it into place: a crash leaves no catalog or a finished one, never a
 * file that a later start would have to guess about.
 */
function create(folder: string, path: string, migrations: readonly Migration[]): void {
  const fresh = join(folder, 'catalog.new.db');
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(fresh + end, { force: true });
  const db = new Database(fresh);
  try {
    configure(db);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    migrate(db, migrations);
  } finally {
    db.close();
  }
  syncFile(fresh);
  renameSync(fresh, path);
  if (process.platform !== 'win32') syncFile(folder);
}

/** Looks at the header only, so that a file that is not ours is neither opened nor changed. */
function refuseForeign(path: string, migrations: readonly Migration[]): void {
  if (statSync(path).size === 0) throw damaged('its file is empty');
  const head = header(path);
  if (head.toString('latin1', 0, 16) !== MAGIC)
    throw new AppError(
      'not_a_catalog',
      'The file catalog.db is not an SQLite database. Choose another catalog folder; the file was not changed.',
    );
  if (head.length < HEADER_BYTES) throw damaged('its file is cut off');
  if (head.readUInt32BE(68) !== APPLICATION_ID)
    throw new AppError(
      'not_a_catalog',
      'The file catalog.db belongs to another program. Choose another catalog folder; the file was not changed.',
    );
  refuseNewer(head.readUInt32BE(60), migrations);
}

function refuseNewer(version: number, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.version ?? 0;
  if (version > newest)
    throw new AppError(
      'catalog_too_new',
      `This catalog has version ${version}, this studio knows ${newest}. Use a newer studio; the catalog was not changed.`,
    );
}

/** Tables with their columns, indexes and triggers. */
function shapeOf(db: Db): Set<string> {
  const parts = db.prepare(`SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`).all() as {
    type: string;
    name: string;
  }[];
  return new Set(
    parts.flatMap(({ type, name }) => [
      `${type} ${name}`,
      ...(type === 'table'
        ? (db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(name) as string[]).map(
            (column) => `column ${column} of ${name}`,
          )
        : []),
    ]),
  );
}

/** Tells a name that was damaged in the catalog itself: SQLite's own checks take any name for a good one. */
function refuseMissingParts(db: Db, migrations: readonly Migration[]): void {
  const model = new Database(':memory:');
  try {
    migrate(model, migrations);
    let there: Set<string>;
    try {
      there = shapeOf(db);
    } catch {
      throw damaged('its tables cannot be listed');
    }
    const missing = [...shapeOf(model)].find((part) => !there.has(part));
    if (missing !== undefined) throw damaged(`it has no ${missing}`);
  } finally {
    model.close();
  }
}

/** What an error of SQLite says of the file; other errors pass. */
export function damageOf<T>(error: T): T | AppError {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'SQLITE_NOTADB') return damaged('SQLite cannot read its header');
  if (code.startsWith('SQLITE_CORRUPT')) return damaged('SQLite cannot read it');
  return error;
}

/** The same for what is always right on a whole catalog: a check, or to prepare a statement. */
export function damageIn<T>(error: T): T | AppError {
  if ((error as { code?: string }).code?.startsWith('SQLITE_ERROR') === true)
    return damaged('what is written of its tables does not fit', error);
  return damageOf(error);
}

/** Throws `catalog_damaged` unless the file passes. */
function quickCheck(db: Db): void {
  let verdict: unknown;
  try {
    verdict = db.pragma('quick_check', { simple: true });
  } catch (error) {
    throw damageIn(error);
  }
  if (verdict !== 'ok') throw damaged('its quick check failed');
}

/** Opens or creates `catalog.db` in a data folder; it has passed SQLite's quick check. */
export function openStore(folder: string, migrations: readonly Migration[] = MIGRATIONS): Db {
  return openFile(folder, migrations, Infinity).db;
}

/**
 * The same without waiting long: the quick check reads the whole file (two seconds for a million images), so that of a file
 * over `atOnce` bytes is left to the caller (`checkBeside`), who changes nothing before it has passed: `checked` is false.
 */
export function openSoon(folder: string, atOnce: number): { readonly db: Db; readonly checked: boolean } {
  return openFile(folder, MIGRATIONS, atOnce);
}

function openFile(
  folder: string,
  migrations: readonly Migration[],
  atOnce: number,
): { readonly db: Db; readonly checked: boolean } {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'catalog.db');
  const marker = join(folder, 'catalog.marker');
  if (existsSync(path)) refuseForeign(path, migrations);
  else if (existsSync(marker)) throw damaged('its file catalog.db is missing');
  else create(folder, path, migrations);
  const db = new Database(path);
  try {
    configure(db);
    // What is to be upgraded, and so changed, is checked first in any case.
    const isNewest = (db.pragma('user_version', { simple: true }) as number) === migrations.at(-1)?.version;
    const checked = !isNewest || statSync(path).size <= atOnce;
    if (checked) quickCheck(db);
    migrate(db, migrations, join(folder, `catalog.before-${Date.now()}.db`));
    refuseMissingParts(db, migrations);
    if (!existsSync(marker)) {
      writeFileSync(marker, 'This folder holds an Accent catalog.\n');
      syncFile(marker);
    }
    return { db, checked };
  } catch (error) {
    db.close();
    throw damageOf(error);
  }
}
