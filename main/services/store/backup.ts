/** Copies of the catalog that count: each was opened and checked before it got its name (reliability.md T30). */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { copyFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError, because } from '#contract';
import type { Db } from './open.ts';

export interface BackupFile {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

const FOLDER = 'backups';
const NAME = /^catalog-(\d{13})\.db$/;
const DAY = 86_400_000;
/** What is kept: so many newest, and the newest of so many days, weeks and months. */
const TIERS = [
  [8, 1],
  [7, DAY],
  [5, 7 * DAY],
  [6, 30 * DAY],
] as const;
/** A backup leaves at least so much of the disk free. */
const SPARE_BYTES = 256 * 2 ** 20;

export function listBackups(folder: string): BackupFile[] {
  if (!existsSync(join(folder, FOLDER))) return [];
  return readdirSync(join(folder, FOLDER))
    .flatMap((name) => {
      const at = NAME.exec(name)?.[1];
      return at === undefined
        ? []
        : [{ name, at: Number(at), bytes: statSync(join(folder, FOLDER, name)).size }];
    })
    .sort((a, b) => b.at - a.at);
}

/** Of backups, newest first, those that no tier keeps. */
export function surplus(backups: readonly BackupFile[]): BackupFile[] {
  const kept = new Set<BackupFile>();
  for (const [most, span] of TIERS) {
    const spans = new Set<number>();
    for (const backup of backups) {
      const slot = Math.floor(backup.at / span);
      if (spans.has(slot)) continue;
      if (spans.size === most) break;
      spans.add(slot);
      kept.add(backup);
    }
  }
  return backups.filter((b) => !kept.has(b));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  } finally {
    closeSync(file);
  }
}

/** Throws `catalog_damaged` for a file that SQLite finds fault with. */
function verify(path: string): void {
  const copy = new Database(path, { readonly: true });
  try {
    if (copy.pragma('integrity_check(1)', { simple: true }) !== 'ok') throw because('backup_unsound', {});
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw because('backup_unreadable', {}, { cause: error });
  } finally {
    copy.close();
  }
}

/**
 * A backup of an open catalog, made while it goes on being used; then the surplus of older ones goes. Throws `disk_full`
 * with the bytes that are needed and free, `catalog_damaged` when the copy fails its check (older ones are kept then).
 */
export async function backUp(db: Db, now: number): Promise<BackupFile> {
  const home = dirname(db.name);
  const folder = join(home, FOLDER);
  mkdirSync(folder, { recursive: true });
  const size =
    (db.pragma('page_count', { simple: true }) as number) *
    (db.pragma('page_size', { simple: true }) as number);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < size + SPARE_BYTES)
    throw because(
      'backup_room',
      {
        needed: Math.ceil(size / 2 ** 20),
        spare: SPARE_BYTES / 2 ** 20,
        free: Math.floor((bavail * bsize) / 2 ** 20),
      },
      { details: { neededBytes: size + SPARE_BYTES, freeBytes: bavail * bsize } },
    );
  const name = `catalog-${now}.db`;
  const part = join(folder, `${name}.part`);
  try {
    await db.backup(part);
    const copy = new Database(part);
    // One file, without a log beside it that a copying user would forget.
    copy.pragma('journal_mode = DELETE');
    copy.close();
    verify(part);
    sync(part);
    renameSync(part, join(folder, name));
    if (process.platform !== 'win32') sync(folder);
  } catch (error) {
    // What is in the way stays there when it is not ours to remove; the reason is told in any case.
    for (const rest of ['', '-wal', '-shm', '-journal'])
      try {
        rmSync(`${part}${rest}`, { force: true });
      } catch {
        continue;
      }
    throw error;
  }
  for (const old of surplus(listBackups(home))) rmSync(join(folder, old.name), { force: true });
  return { name, at: now, bytes: statSync(join(folder, name)).size };
}

/** Puts the files of a catalog that is not open aside, under names that nothing else uses; tells the new name. */
export function setAside(home: string, why: string, now: number): string {
  const name = `catalog.${why}-${now}.db`;
  for (const rest of ['-wal', '-shm', ''])
    if (existsSync(join(home, `catalog.db${rest}`)))
      renameSync(join(home, `catalog.db${rest}`), join(home, `${name}${rest}`));
  return name;
}

/**
 * Puts a backup in the place of a catalog that is not open; the one that was there is kept beside it. Throws `not_found`
 * for another name than `listBackups` gives, `catalog_damaged` for a backup that does not pass its check now.
 */
export async function restoreBackup(home: string, name: string, now: number): Promise<{ kept: string }> {
  if (!listBackups(home).some((b) => b.name === name))
    throw new AppError('not_found', `There is no backup "${name}". Choose one from the list.`);
  const part = join(home, 'catalog.db.part');
  await copyFile(join(home, FOLDER, name), part);
  try {
    verify(part);
    sync(part);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  const kept = setAside(home, 'before-restore', now);
  renameSync(part, join(home, 'catalog.db'));
  if (process.platform !== 'win32') sync(home);
  return { kept };
}
