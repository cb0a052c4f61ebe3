import type { Migration } from '../../main/services/store/index.ts';

/** A later version of the catalog, as an upgrade would bring it. */
export const SECOND: Migration = {
  version: 9000,
  statements: [
    `ALTER TABLE images ADD COLUMN note TEXT`,
    `UPDATE images SET note = 'moved'`,
    `CREATE INDEX images_by_note ON images (note)`,
  ],
};
