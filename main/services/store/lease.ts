/** One owner per catalog (reliability.md T11): a lease file, looked at before the database is touched. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError } from '#contract';

interface Owner {
  readonly pid: number;
  /** The process's start time as the system tells it: a new process with an old pid is somebody else. */
  readonly started: string;
  readonly host: string;
  readonly port: number | null;
}

const FILE = 'catalog.lease';

/** Start time of a process, or null when it is gone. Elsewhere than on Linux only the pid can be asked. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    if (process.platform === 'linux') return null;
  }
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'unknown' : null;
  }
}

const isAlive = (owner: Owner): boolean => owner.host !== hostname() || startOf(owner.pid) === owner.started;

function readOwner(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

/** Takes the lease of a data folder; returns its release. Throws `catalog_locked` naming pid and port of the owner. */
export function takeLease(folder: string, port: number | null): () => void {
  const path = join(folder, FILE);
  const mine: Owner = {
    pid: process.pid,
    started: startOf(process.pid) ?? 'unknown',
    host: hostname(),
    port,
  };
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, JSON.stringify(mine));
      closeSync(file);
      return () => {
        const now = readOwner(path);
        if (now?.pid === mine.pid && now.started === mine.started) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readOwner(path);
    if (owner && isAlive(owner)) {
      const where = owner.port === null ? '' : `, port ${owner.port}`;
      throw new AppError(
        'catalog_locked',
        `This catalog is in use by process ${owner.pid} on ${owner.host}${where}. Close it there, or choose another catalog.`,
        { details: { pid: owner.pid, port: owner.port } },
      );
    }
    // Stale or half-written: whoever renames it away first may try to take it; the rename makes that exactly one.
    try {
      const aside = `${path}.${process.pid}.${attempt}`;
      renameSync(path, aside);
      const moved = readOwner(aside);
      rmSync(aside, { force: true });
      if (moved && isAlive(moved))
        throw new AppError(
          'catalog_locked',
          `This catalog was just opened by process ${moved.pid}. Try again.`,
        );
    } catch (error) {
      if (error instanceof AppError) throw error;
    }
  }
  throw new AppError(
    'catalog_locked',
    'The lease of this catalog could not be taken. Close other studios and try again.',
  );
}
