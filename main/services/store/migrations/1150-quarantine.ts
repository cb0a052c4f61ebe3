import type { Migration } from './index.ts';

/** Files that end the decoder's process, by content. Rows of another version of the studio count for nothing. */
export const quarantine: Migration = {
  version: 1150,
  statements: [
    `CREATE TABLE quarantine (
       content_hash TEXT NOT NULL, version TEXT NOT NULL, bytes INTEGER NOT NULL, strikes INTEGER NOT NULL,
       reason TEXT NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (content_hash, version)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX quarantine_by_bytes ON quarantine (version, bytes)`,
  ],
};
