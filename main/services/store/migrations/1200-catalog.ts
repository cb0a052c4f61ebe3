import type { Migration } from './index.ts';

/** What reconciling, filters, full text, choices per phrase and removal need of the catalog. */
export const catalog: Migration = {
  version: 1200,
  statements: [
    // A file that went stays as a row until its bytes turn up elsewhere: going is no deletion.
    `ALTER TABLE files ADD COLUMN missing_since INTEGER`,
    // A file as young as its reading may change once more within the same time stamp.
    `ALTER TABLE files ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE files ADD COLUMN sidecar_ms REAL`,
    `CREATE TABLE facts (
       number INTEGER PRIMARY KEY, content_hash TEXT NOT NULL UNIQUE, format TEXT, bytes INTEGER, taken_at INTEGER,
       look INTEGER, name TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '', caption TEXT NOT NULL DEFAULT '') STRICT`,
    `INSERT INTO facts (content_hash, name, bytes) SELECT content_hash, name,
       (SELECT max(bytes) FROM files f WHERE f.content_hash = images.content_hash) FROM images`,
    `CREATE INDEX facts_by_format ON facts (format)`,
    `CREATE INDEX facts_by_taken ON facts (taken_at)`,
    `CREATE VIRTUAL TABLE facts_fts USING fts5 (
       name, tags, caption, content = 'facts', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2')`,
    `INSERT INTO facts_fts (facts_fts) VALUES ('rebuild')`,
    `CREATE INDEX images_by_root ON images (root_id, imported_at DESC, image_id DESC)`,
    `CREATE TABLE image_tags (
       content_hash TEXT NOT NULL, tag TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (tag, content_hash)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX image_tags_by_hash ON image_tags (content_hash)`,
    `CREATE TABLE choices (
       phrase TEXT NOT NULL COLLATE NOCASE, content_hash TEXT NOT NULL, choice TEXT NOT NULL, chosen_at INTEGER NOT NULL,
       PRIMARY KEY (phrase, content_hash)) STRICT, WITHOUT ROWID`,
    // What is left of an image that was taken out: so much that a recipe which names it can still say what it was.
    `CREATE TABLE stubs (
       content_hash TEXT PRIMARY KEY, name TEXT NOT NULL, removed_at INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
