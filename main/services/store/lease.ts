/**
 * One owner per catalog (reliability.md T11), decided before the catalog is touched. The lease is a lock of the operating
 * system, held through a small SQLite file of its own: it ends with its process however that ends, so no stale lease is
 * left to be judged, and a copied folder brings none along. A file beside it tells others who the owner is.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#contract';

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly port: number | null;
}

const LOCK = 'catalog.lock';
const OWNER = 'catalog.lease';
/** How often the owner's name is looked for: it is written just after the lock was taken. */
const LOOKS = 20;
const PAUSE_MS = 10;

/** False for what a crash left behind: the lock's new owner is about to write its own name over it. */
function mayLive({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOwner(path: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Owner;
    return Number.isInteger(owner.pid) && mayLive(owner) ? owner : null;
  } catch {
    return null;
  }
}

function writeOwner(path: string, owner: Owner): void {
  const part = `${path}.part`;
  const file = openSync(part, 'w', 0o600);
  writeSync(file, JSON.stringify(owner));
  closeSync(file);
  renameSync(part, path);
}

function lockedError(path: string): AppError {
  let owner = readOwner(path);
  for (let look = 0; !owner && look < LOOKS; look++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    owner = readOwner(path);
  }
  const who = owner
    ? `process ${owner.pid} on ${owner.host}${owner.port === null ? '' : `, port ${owner.port}`}`
    : 'another process';
  return new AppError(
    'catalog_locked',
    `This catalog is in use by ${who}. Close it there, or choose another catalog.`,
    {
      details: { pid: owner?.pid ?? null, port: owner?.port ?? null },
    },
  );
}

/** Takes the lease of a data folder; returns its release. Throws `catalog_locked` naming pid and port of the owner. */
export function takeLease(folder: string, port: number | null): () => void {
  const ownerFile = join(folder, OWNER);
  const lock = new Database(join(folder, LOCK), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const code = (error as { code?: string }).code ?? '';
    if (code.startsWith('SQLITE_BUSY')) throw lockedError(ownerFile);
    throw new AppError(
      'io_error',
      `The file ${LOCK} of the catalog cannot be locked. Delete it, or choose a folder on a local disk.`,
      { cause: error },
    );
  }
  try {
    writeOwner(ownerFile, { pid: process.pid, host: hostname(), port });
  } catch (error) {
    lock.close();
    throw error;
  }
  let released = false;
  return () => {
    if (released) return;
    released = true;
    rmSync(ownerFile, { force: true });
    lock.close();
  };
}
