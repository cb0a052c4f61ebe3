/** What is done to a catalog that is not open: put a backup in its place, or save what can be read of it. */
import { join } from 'node:path';
import { AppError } from '#contract';
import type { Config } from './config.ts';
import { listBackups, restoreBackup, salvage, takeLease } from './services/store/index.ts';
import type { BackupFile, Salvaged } from './services/store/index.ts';

async function alone<T>(config: Config, work: () => T | Promise<T>): Promise<T> {
  const release = takeLease(config.home, config.port);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Newest first; needs no catalog that opens. */
export const backupsOf = (config: Config): BackupFile[] => listBackups(config.home);

/** Puts a backup in the catalog's place; what was there is kept beside it. `latest` names the newest. */
export function restoreCatalog(
  config: Config,
  name: string,
  now = Date.now(),
): Promise<{ from: string; kept: string }> {
  return alone(config, async () => {
    const from = name === 'latest' ? listBackups(config.home)[0]?.name : name;
    if (from === undefined)
      throw new AppError('not_found', `There is no backup in ${join(config.home, 'backups')} yet.`);
    return { from, ...(await restoreBackup(config.home, from, now)) };
  });
}

/** Makes a new catalog of what can be read of a damaged one, which is kept beside it. */
export const salvageCatalog = (config: Config, now = Date.now()): Promise<Salvaged> =>
  alone(config, () => salvage(config.home, now));
