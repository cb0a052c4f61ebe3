import type { Migration } from './index.ts';

/**
 * Images get a number, and what hangs on one names it by that number: a content hash falls anywhere in an index, so that each
 * index of hashes costs a page of the disk for a row, a number goes to the end (docs/decisions/0023-numbered-images.md).
 */
export const numbers: Migration = {
  version: 1400,
  statements: [
    // Facts of no image: what a salvage of an older version may have left.
    `DELETE FROM facts WHERE content_hash NOT IN (SELECT content_hash FROM images)`,
    `CREATE TABLE images_numbered (
       number INTEGER PRIMARY KEY, image_id TEXT NOT NULL UNIQUE, content_hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
       width INTEGER NOT NULL, height INTEGER NOT NULL, imported_at INTEGER NOT NULL, root_id TEXT) STRICT`,
    `INSERT INTO images_numbered
       SELECT f.number, i.image_id, i.content_hash, i.name, i.width, i.height, i.imported_at, i.root_id
       FROM facts f JOIN images i ON i.content_hash = f.content_hash ORDER BY f.number`,
    `INSERT INTO images_numbered (image_id, content_hash, name, width, height, imported_at, root_id)
       SELECT image_id, content_hash, name, width, height, imported_at, root_id FROM images
       WHERE content_hash NOT IN (SELECT content_hash FROM facts) ORDER BY imported_at, image_id`,
    `DROP TABLE images`,
    `ALTER TABLE images_numbered RENAME TO images`,
    `CREATE INDEX images_by_time ON images (imported_at)`,
    `CREATE INDEX images_by_root ON images (root_id)`,

    `CREATE TABLE facts_numbered (
       number INTEGER PRIMARY KEY REFERENCES images (number), format TEXT, bytes INTEGER, taken_at INTEGER, look INTEGER,
       name TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '', caption TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL) STRICT`,
    `INSERT INTO facts_numbered SELECT number, format, bytes, taken_at, look, name, tags, caption, at FROM facts
       ORDER BY number`,
    `DROP TABLE facts`,
    `ALTER TABLE facts_numbered RENAME TO facts`,
    // Made again, since it may have been out of step, and without the lengths of texts, which only a ranking would need.
    `DROP TABLE facts_fts`,
    `CREATE VIRTUAL TABLE facts_fts USING fts5 (
       name, tags, caption, content = 'facts', content_rowid = 'number', columnsize = 0,
       tokenize = 'unicode61 remove_diacritics 2')`,
    `INSERT INTO facts_fts (facts_fts) VALUES ('rebuild')`,
    `CREATE INDEX facts_by_format ON facts (format)`,
    `CREATE INDEX facts_by_at ON facts (at)`,

    `CREATE TABLE encoders (encoder INTEGER PRIMARY KEY, encoder_hash TEXT NOT NULL UNIQUE) STRICT`,
    `INSERT INTO encoders (encoder_hash) SELECT DISTINCT encoder_hash FROM vectors`,
    `CREATE TABLE vectors_numbered (
       vector INTEGER PRIMARY KEY, number INTEGER NOT NULL REFERENCES images (number) ON DELETE CASCADE,
       encoder INTEGER NOT NULL REFERENCES encoders (encoder), embedding BLOB NOT NULL, UNIQUE (number, encoder)) STRICT`,
    `INSERT INTO vectors_numbered (number, encoder, embedding) SELECT i.number, e.encoder, v.embedding
       FROM images i CROSS JOIN vectors v ON v.content_hash = i.content_hash
         CROSS JOIN encoders e ON e.encoder_hash = v.encoder_hash ORDER BY i.number`,
    `DROP TABLE vectors`,
    `ALTER TABLE vectors_numbered RENAME TO vectors`,
    // What is written is counted once a transaction (images.ts); what goes with its image can be counted here alone.
    `CREATE TRIGGER vectors_dropped AFTER DELETE ON vectors BEGIN
       INSERT INTO counters SELECT encoder_hash, 1 FROM encoders WHERE encoder = OLD.encoder
         ON CONFLICT (name) DO UPDATE SET value = value + 1; END`,

    `CREATE TABLE pixels_numbered (
       number INTEGER NOT NULL REFERENCES images (number) ON DELETE CASCADE, size INTEGER NOT NULL, rgb BLOB NOT NULL,
       PRIMARY KEY (number, size)) STRICT`,
    `INSERT INTO pixels_numbered SELECT i.number, p.size, p.rgb
       FROM images i CROSS JOIN pixels p ON p.content_hash = i.content_hash ORDER BY i.number`,
    `DROP TABLE pixels`,
    `ALTER TABLE pixels_numbered RENAME TO pixels`,

    // Files keep the hash, since those of an image that was removed by hand are known still. An index over its first 48
    // bits alone is a fifth as large and stays in memory.
    `CREATE TABLE files_rowed (
       root_id TEXT NOT NULL REFERENCES roots (root_id), file TEXT NOT NULL, content_hash TEXT NOT NULL,
       bytes INTEGER NOT NULL, modified_ms REAL NOT NULL, missing_since INTEGER, read_at INTEGER NOT NULL DEFAULT 0,
       sidecar_ms REAL, UNIQUE (root_id, file)) STRICT`,
    `INSERT INTO files_rowed SELECT root_id, file, content_hash, bytes, modified_ms, missing_since, read_at, sidecar_ms
       FROM files ORDER BY root_id, file`,
    `DROP TABLE files`,
    `ALTER TABLE files_rowed RENAME TO files`,
    `CREATE INDEX files_by_hash ON files (substr(content_hash, 1, 12))`,
  ],
};
