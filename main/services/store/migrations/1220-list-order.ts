import type { Migration } from './index.ts';

/** When an image was taken or else came in, as one number with an index, so that a stretch of time is found in it. */
export const listOrder: Migration = {
  version: 1220,
  statements: [
    `ALTER TABLE facts ADD COLUMN at INTEGER NOT NULL DEFAULT 0`,
    `UPDATE facts SET at = coalesce(taken_at,
       (SELECT imported_at FROM images i WHERE i.content_hash = facts.content_hash), 0)`,
    `CREATE INDEX facts_by_at ON facts (at)`,
  ],
};
