export { migrate, openSoon, openStore } from './open.ts';
export { checkBeside } from './check-beside.ts';
export type { Check } from './check-beside.ts';
export type { Db } from './open.ts';
export { MIGRATIONS } from './migrations/index.ts';
export type { Migration } from './migrations/index.ts';
export { takeLease } from './lease.ts';
export { listBackups, restoreBackup, surplus } from './backup.ts';
export type { BackupFile } from './backup.ts';
export { salvage } from './check.ts';
export type { Salvaged } from './check.ts';
export { imageReads, imageWrites } from './images.ts';
export type { ImageReads, ImageRow, ImageWrites, Place, RootRow } from './images.ts';
export { fileReads, fileWrites } from './files.ts';
export type { FileRow } from './files.ts';
export { factReads, factWrites } from './facts.ts';
export type { FactRow, ImageFilter } from './facts.ts';
export { openResults } from './evaluation.ts';
export type { DistanceRecord, ResultRecord, ResultsFile, ScoredRow } from './evaluation.ts';
export { jobReads, jobWrites } from './jobs.ts';
export { wordsQuery } from './words.ts';
export type { EventRow, JobRow } from './jobs.ts';
export { galleryReads, galleryWrites } from './gallery.ts';
export { assertWritable, placeProblems } from './location.ts';
export type { PlaceProblem, System } from './location.ts';
export { openSharedVectors, placeOf } from './shared-vectors.ts';
export type { SharedClient, SharedOptions, SharedRow, SharedVectors } from './shared-vectors.ts';
export type { PairFilter, PairRow, ResultRow } from './gallery.ts';
export { setReads, setWrites } from './sets.ts';
export type { CellRow, SetRow } from './sets.ts';
export { quarantineReads, quarantineWrites } from './quarantine.ts';
export type { QuarantineRow } from './quarantine.ts';

import { dirname } from 'node:path';
import { backUp, listBackups } from './backup.ts';
import { checkStore } from './check.ts';
import { completionReads } from './completion.ts';
import { factReads, factWrites } from './facts.ts';
import { fileReads, fileWrites } from './files.ts';
import { galleryReads, galleryWrites } from './gallery.ts';
import { imageReads, imageWrites } from './images.ts';
import { jobReads, jobWrites } from './jobs.ts';
import { damageIn } from './open.ts';
import type { Db } from './open.ts';
import { setReads, setWrites } from './sets.ts';
import { transferReads } from './transfer.ts';
import { quarantineReads, quarantineWrites } from './quarantine.ts';

/**
 * Everything the services may do with the database; reads and writes apart. Throws `catalog_damaged`, with the database closed,
 * where a statement cannot be prepared: tables that have their names and not what was written of their columns.
 */
export function makeStore(db: Db): Store {
  try {
    return prepareStore(db);
  } catch (error) {
    db.close();
    throw damageIn(error);
  }
}

function prepareStore(db: Db) {
  const images = imageWrites(db);
  const files = fileWrites(db);
  const commit = <T>(work: () => T): T => {
    const before = files.counts();
    try {
      return db
        .transaction(() => {
          const out = work();
          images.countVectors();
          files.countImages();
          return out;
        })
        .immediate();
    } catch (error) {
      files.forgetCounts(before);
      throw error;
    }
  };
  return {
    read: {
      images: imageReads(db),
      files: fileReads(db),
      facts: factReads(db),
      completion: completionReads(db),
      jobs: jobReads(db),
      gallery: galleryReads(db),
      sets: setReads(db),
      quarantine: quarantineReads(db),
      transfer: transferReads(db),
    },
    write: {
      images,
      files,
      facts: factWrites(db),
      jobs: jobWrites(db),
      gallery: galleryWrites(db),
      sets: setWrites(db),
      quarantine: quarantineWrites(db),
    },
    /** All or nothing. */
    transaction: commit,
    /**
     * All or nothing, but without waiting for the disk: a power cut may lose it, a crash of the process does not. For what
     * is worthless once its job was cut off (steps and previews: hundreds a job).
     */
    relaxed: <T>(work: () => T): T => {
      db.pragma('synchronous = NORMAL');
      try {
        return commit(work);
      } finally {
        db.pragma('synchronous = FULL');
      }
    },
    /** Copies that count, and whether the catalog is whole. */
    care: {
      backUp: (now: number) => backUp(db, now),
      backups: () => listBackups(dirname(db.name)),
      check: () => checkStore(db),
    },
    /** Whether anything may be changed; otherwise a write fails with `read_only`. */
    allowWrites: (yes: boolean) => {
      db.pragma(`query_only = ${yes ? 'OFF' : 'ON'}`);
    },
    close: () => {
      db.close();
    },
  };
}
export type Store = ReturnType<typeof prepareStore>;
