export { migrate, openStore } from './open.ts';
export type { Db } from './open.ts';
export { MIGRATIONS } from './migrations/index.ts';
export type { Migration } from './migrations/index.ts';
export { takeLease } from './lease.ts';
export { imageReads, imageWrites } from './images.ts';
export type { FileRow, ImageReads, ImageRow, ImageWrites, Place, RootRow } from './images.ts';
export { openResults } from './evaluation.ts';
export type { ResultRecord, ResultsFile, ScoredRow } from './evaluation.ts';
export { jobReads, jobWrites } from './jobs.ts';
export type { EventRow, JobRow } from './jobs.ts';
export { galleryReads, galleryWrites } from './gallery.ts';
export type { PairRow, ResultRow } from './gallery.ts';
export { quarantineReads, quarantineWrites } from './quarantine.ts';
export type { QuarantineRow } from './quarantine.ts';

import { galleryReads, galleryWrites } from './gallery.ts';
import { imageReads, imageWrites } from './images.ts';
import { jobReads, jobWrites } from './jobs.ts';
import type { Db } from './open.ts';
import { quarantineReads, quarantineWrites } from './quarantine.ts';

/** Everything the services may do with the database; reads and writes apart. */
export function makeStore(db: Db) {
  return {
    read: { images: imageReads(db), jobs: jobReads(db), gallery: galleryReads(db), quarantine: quarantineReads(db) },
    write: { images: imageWrites(db), jobs: jobWrites(db), gallery: galleryWrites(db), quarantine: quarantineWrites(db) },
    /** All or nothing. */
    transaction: <T>(work: () => T): T => db.transaction(work).immediate(),
    /**
     * All or nothing, but without waiting for the disk: a power cut may lose it, a crash of the process does not. For what
     * is worthless once its job was cut off (steps and previews: hundreds a job).
     */
    relaxed: <T>(work: () => T): T => {
      db.pragma('synchronous = NORMAL');
      try {
        return db.transaction(work).immediate();
      } finally {
        db.pragma('synchronous = FULL');
      }
    },
    close: () => {
      db.close();
    },
  };
}
export type Store = ReturnType<typeof makeStore>;
