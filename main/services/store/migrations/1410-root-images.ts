import type { Migration } from './index.ts';

/** How many images each folder holds, kept with its files: counting them anew reads every file's row (files.ts). */
export const rootImages: Migration = {
  version: 1410,
  statements: [
    `CREATE TABLE root_images (root_id TEXT PRIMARY KEY, images INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `INSERT INTO root_images SELECT root_id, count(DISTINCT content_hash) FROM files GROUP BY root_id`,
  ],
};
