/** Whether a catalog is whole, and what can be had of one that is not. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#contract';
import { setAside } from './backup.ts';
import { recountImages } from './files.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { APPLICATION_ID, migrate } from './open.ts';
import type { Db } from './open.ts';

/** Indexes of words; each can be made again from its table. */
const WORDS = ['pairs_fts', 'facts_fts'] as const;

/** Everything wrong with an open catalog, in words; indexes of words and counts that are out of step are made again on the way. */
export function checkStore(db: Db): { problems: string[]; mended: string[] } {
  const problems = (db.pragma('integrity_check(20)') as { integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((line) => line !== 'ok');
  for (const row of (db.pragma('foreign_key_check') as { table: string; parent: string }[]).slice(0, 20))
    problems.push(`a row of ${row.table} names a row of ${row.parent} that is not there`);
  const mended: string[] = [];
  for (const index of WORDS) {
    try {
      db.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`);
    } catch {
      db.exec(`INSERT INTO ${index} (${index}) VALUES ('rebuild')`);
      mended.push(index);
    }
  }
  if (recountImages(db)) mended.push('root_images');
  return { problems, mended };
}

export interface Salvaged {
  /** The damaged catalog, kept as it was. */
  readonly kept: string;
  /** Rows that were saved, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Tables of which a part could not be read. */
  readonly partly: readonly string[];
}

/** Reads rows from one end until the file fails; true when it came to the end. */
function copyFrom(
  rows: () => Iterable<unknown[]>,
  put: (row: unknown[]) => boolean,
  count: () => void,
): boolean {
  try {
    for (const row of rows()) if (put(row)) count();
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes a new catalog out of what can be read of a damaged one that is not open: each table from its beginning and, where it
 * breaks off, from its end. The damaged file is kept. Throws `catalog_damaged` when not even its list of tables is legible,
 * `not_found` when there is none.
 */
export function salvage(home: string, now: number): Salvaged {
  const path = join(home, 'catalog.db');
  if (!existsSync(path)) throw new AppError('not_found', 'There is no catalog.db in this folder to salvage.');
  const part = join(home, 'catalog.db.part');
  rmSync(part, { force: true });
  const rows: Record<string, number> = {};
  const partly: string[] = [];
  const fresh = new Database(part);
  let old: Db | undefined;
  try {
    fresh.pragma(`application_id = ${APPLICATION_ID}`);
    old = new Database(path, { readonly: true });
    // The tables of its own version, which are brought up to date when they are full.
    const version = old.pragma('user_version', { simple: true });
    const known = MIGRATIONS.findIndex((m) => m.version === version);
    migrate(fresh, known < 0 ? MIGRATIONS : MIGRATIONS.slice(0, known + 1));
    fresh.pragma('foreign_keys = OFF');
    const tables = fresh
      .prepare<[], { name: string; sql: string }>(
        `SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_fts%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
      )
      .all();
    const legible = new Set(
      old.prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all(),
    );
    for (const { name, sql } of tables) {
      if (!legible.has(name)) continue;
      const has = new Set((old.pragma(`table_info(${name})`) as { name: string }[]).map((c) => c.name));
      const info = (fresh.pragma(`table_info(${name})`) as { name: string; pk: number }[]).filter((c) =>
        has.has(c.name),
      );
      const columns = info.map((c) => c.name).join(', ');
      const key = /WITHOUT ROWID/i.test(sql)
        ? info
            .filter((c) => c.pk > 0)
            .sort((a, b) => a.pk - b.pk)
            .map((c) => c.name)
        : ['rowid'];
      const insert = fresh.prepare(
        `INSERT OR IGNORE INTO ${name} (${columns}) VALUES (${info.map(() => '?').join(', ')})`,
      );
      const put = (row: unknown[]): boolean => {
        try {
          return insert.run(...row).changes > 0;
        } catch {
          // A row whose values fit its table no more is a part of the damage.
          return false;
        }
      };
      const from = (direction: string) => (): Iterable<unknown[]> =>
        (old as Db)
          .prepare<[], unknown[]>(
            `SELECT ${columns} FROM ${name} ORDER BY ${key.map((k) => `${k} ${direction}`).join(', ')}`,
          )
          .safeIntegers(true)
          .raw()
          .iterate() as Iterable<unknown[]>;
      rows[name] = 0;
      const count = (): void => {
        rows[name] = (rows[name] as number) + 1;
      };
      fresh.exec('BEGIN');
      if (!copyFrom(from('ASC'), put, count)) {
        partly.push(name);
        copyFrom(from('DESC'), put, count);
      }
      fresh.exec('COMMIT');
    }
    for (const { table, rowid } of fresh.pragma('foreign_key_check') as {
      table: string;
      rowid: number | null;
    }[])
      if (rowid !== null) fresh.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(rowid);
    migrate(fresh);
    // Vectors may have been lost: an index file that was made of all counts no more.
    fresh.exec('UPDATE counters SET value = value + 1');
    // And files.
    recountImages(fresh);
    for (const index of WORDS) fresh.exec(`INSERT INTO ${index} (${index}) VALUES ('rebuild')`);
    if (fresh.pragma('integrity_check(1)', { simple: true }) !== 'ok')
      throw new AppError('internal', 'The salvaged catalog did not pass its check.');
  } catch (error) {
    old?.close();
    fresh.close();
    rmSync(part, { force: true });
    if (error instanceof AppError) throw error;
    throw new AppError(
      'catalog_damaged',
      'Nothing of this catalog can be read. It was left as it is; restore a backup, or choose another catalog folder.',
      { cause: error },
    );
  }
  old.close();
  fresh.close();
  const kept = setAside(home, 'damaged', now);
  renameSync(part, path);
  return { kept, rows, partly };
}
