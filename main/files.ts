/** Files that are old or new after a crash, never in between: temporary name, fsync, rename, fsync of the folder. */
import { randomUUID } from 'node:crypto';
import { access, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ofDomain } from '#contract';

export async function writeAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await write(path, data, true);
}

/** The same without waiting for the disk: for what can be made again (thumbnails). Never half a file, perhaps none. */
export async function writeDerived(path: string, data: Uint8Array): Promise<void> {
  await write(path, data, false);
}

/** The folder of a domain (absent: `first`) that stands beside the first one's at `plain`. */
export function domainFolder(plain: string, domain: string | undefined): string {
  return join(dirname(plain), ofDomain(basename(plain), domain));
}

/** Whether something is at this path. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function write(path: string, data: Uint8Array | string, durable: boolean): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(part, 'wx');
    try {
      await file.writeFile(data);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  if (!durable || process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const PART = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;

/**
 * Removes what a killed process left half-written below a folder: files with our temporary names that are older than
 * `before` (milliseconds since 1970). What cannot be removed stays.
 */
export async function removeParts(folder: string, before: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !PART.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => null);
    if (found && found.mtimeMs < before) await rm(path, { force: true }).catch(() => undefined);
  }
}
