import type { Migration } from './index.ts';

/** A name for this catalog, so that others can keep theirs and its vectors apart on a server that they share. */
export const identity: Migration = {
  version: 1310,
  statements: [
    `CREATE TABLE IF NOT EXISTS identity (one INTEGER PRIMARY KEY CHECK (one = 1), catalog_id TEXT NOT NULL) STRICT`,
    `INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(32))))`,
  ],
};
