import type { Migration } from './index.ts';

/** Stars, tags, bin and filters of the gallery; what the filters ask for is drawn out of the recipes once. */
export const gallery: Migration = {
  version: 1100,
  statements: [
    `ALTER TABLE pairs ADD COLUMN pack_id TEXT NOT NULL DEFAULT 'unknown'`,
    `ALTER TABLE pairs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE pairs ADD COLUMN deleted_at INTEGER`,
    `UPDATE pairs SET pack_id = coalesce(
       (SELECT json_extract(recipe, '$.pack.id') FROM results r WHERE r.pair_id = pairs.pair_id LIMIT 1), 'unknown')`,
    `CREATE INDEX pairs_starred ON pairs (number) WHERE starred = 1`,
    `CREATE INDEX pairs_deleted ON pairs (number) WHERE deleted_at IS NOT NULL`,
    `CREATE INDEX pairs_by_time ON pairs (created_at, number)`,
    `CREATE INDEX pairs_by_pack ON pairs (pack_id, number)`,
    `CREATE TABLE pair_tags (
       number INTEGER NOT NULL REFERENCES pairs (number) ON DELETE CASCADE, tag TEXT NOT NULL COLLATE NOCASE,
       PRIMARY KEY (tag, number)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX pair_tags_by_pair ON pair_tags (number)`,
    `CREATE TABLE pair_emphases (
       number INTEGER NOT NULL REFERENCES pairs (number) ON DELETE CASCADE, emphasis TEXT NOT NULL COLLATE NOCASE,
       PRIMARY KEY (emphasis, number)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX pair_emphases_by_pair ON pair_emphases (number)`,
    `CREATE TABLE pair_references (
       number INTEGER NOT NULL REFERENCES pairs (number) ON DELETE CASCADE, content_hash TEXT NOT NULL,
       PRIMARY KEY (content_hash, number)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX pair_references_by_pair ON pair_references (number)`,
    `INSERT OR IGNORE INTO pair_emphases SELECT p.number, json_extract(e.value, '$.phrase')
       FROM pairs p JOIN results r ON r.pair_id = p.pair_id, json_each(r.recipe, '$.emphases') e`,
    `INSERT OR IGNORE INTO pair_references SELECT p.number, json_extract(f.value, '$.contentHash')
       FROM pairs p JOIN results r ON r.pair_id = p.pair_id, json_each(r.recipe, '$.emphases') e,
         json_each(e.value, '$.references') f`,
    `INSERT OR IGNORE INTO pair_references SELECT p.number, json_extract(f.value, '$.contentHash')
       FROM pairs p JOIN results r ON r.pair_id = p.pair_id, json_each(r.recipe, '$.wrongEmphases') e,
         json_each(e.value, '$.references') f`,
    `INSERT OR IGNORE INTO pair_references SELECT p.number, json_extract(f.value, '$.contentHash')
       FROM pairs p JOIN results r ON r.pair_id = p.pair_id, json_each(r.recipe, '$.source.references') f`,
    // The words stay in the table of pairs; the index can be made again from it at any time.
    `CREATE VIRTUAL TABLE pairs_fts USING fts5 (
       prompt, content = 'pairs', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2')`,
    `INSERT INTO pairs_fts (pairs_fts) VALUES ('rebuild')`,
  ],
};
