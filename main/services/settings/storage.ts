/** What lies in the data folder, how large it is, and how much room is left. No path of it goes anywhere. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageReport } from '#contract';

/** First name below the data folder -> what it is. */
const PLACES: Readonly<Record<string, StorageReport['places'][number]['name']>> = {
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

/** Sizes by what it is; `catalog` is the database with its indexes, `other` all that has no name of its own. */
export async function storageOf(home: string): Promise<StorageReport> {
  const sums = new Map<StorageReport['places'][number]['name'], { bytes: number; files: number }>();
  for (const entry of await readdir(home).catch(() => [] as string[])) {
    const name = PLACES[entry] ?? (/^(catalog|vectors|index)/.test(entry) ? 'catalog' : 'other');
    const { bytes, files } = await sizeOf(join(home, entry));
    const sum = sums.get(name) ?? { bytes: 0, files: 0 };
    sums.set(name, { bytes: sum.bytes + bytes, files: sum.files + files });
  }
  const disk = await statfs(home).catch(() => null);
  return {
    places: [...sums]
      .map(([name, sum]) => ({ name, ...sum }))
      .filter(({ files }) => files > 0)
      .sort((a, b) => b.bytes - a.bytes),
    free: disk && disk.bavail * disk.bsize,
  };
}
