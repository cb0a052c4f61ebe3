/** Small file systems for the tests of full and read-only disks. Mounting needs root, on Linux. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of `mib` in memory at a folder that is there; false where nothing can be mounted. */
export const mountMemory = (at: string, mib: number): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', at]).status === 0;

export function unmount(at: string): void {
  spawnSync('umount', [at]);
}

/** Takes every free block of the disk at `at`; answers with the file that has them. */
export function fillDisk(at: string): string {
  const filler = join(at, 'filler');
  mkdirSync(at, { recursive: true });
  const { bavail, bsize } = statfsSync(at);
  writeFileSync(filler, new Uint8Array(bavail * bsize));
  return filler;
}
