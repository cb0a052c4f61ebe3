/** What lies in the data folder, how large it is, where, and how much room is left. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageReport } from '#contract';

type Place = StorageReport['places'][number];

/** First name below the data folder -> what it is. */
const PLACES: Readonly<Record<string, Place['name']>> = {
  images: 'results',
  thumbnails: 'thumbnails',
  packs: 'packs',
  evaluations: 'evaluations',
  studies: 'studies',
  backups: 'backups',
};

async function sizeOf(path: string): Promise<{ bytes: number; files: number }> {
  // What goes away while it is looked at does not count.
  const found = await stat(path).catch(() => null);
  if (!found) return { bytes: 0, files: 0 };
  if (!found.isDirectory()) return { bytes: found.size, files: 1 };
  const sum = { bytes: 0, files: 0 };
  for (const name of await readdir(path).catch(() => [] as string[])) {
    const { bytes, files } = await sizeOf(join(path, name));
    sum.bytes += bytes;
    sum.files += files;
  }
  return sum;
}

/**
 * Sizes by what it is; `catalog` is the database with its indexes, `other` all that has no name of its own. Paths are told
 * only to those who may know them (`withPaths`): no path goes to another machine.
 */
export async function storageOf(home: string, withPaths: boolean): Promise<StorageReport> {
  const sums = new Map<Place['name'], Omit<Place, 'name'>>();
  for (const entry of await readdir(home).catch(() => [] as string[])) {
    const name = PLACES[entry] ?? (/^(catalog|vectors|index)/.test(entry) ? 'catalog' : 'other');
    const path = join(home, entry);
    const { bytes, files } = await sizeOf(path);
    if (files === 0) continue;
    const sum = sums.get(name);
    sums.set(name, {
      bytes: (sum?.bytes ?? 0) + bytes,
      files: (sum?.files ?? 0) + files,
      path: withPaths && !sum ? path : null,
    });
  }
  const disk = await statfs(home).catch(() => null);
  return {
    path: withPaths ? home : null,
    places: [...sums].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.bytes - a.bytes),
    free: disk && disk.bavail * disk.bsize,
  };
}
