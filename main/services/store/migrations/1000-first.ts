import type { Migration } from './index.ts';

/** The first catalog: roots, images by content, vectors by (content, encoder), jobs with events, pairs with recipes. */
export const first: Migration = {
  version: 1000,
  statements: [
    `CREATE TABLE roots (
       root_id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
       built_in INTEGER NOT NULL, added_at INTEGER NOT NULL) STRICT`,
    `CREATE TABLE images (
       image_id TEXT PRIMARY KEY, content_hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, width INTEGER NOT NULL,
       height INTEGER NOT NULL, imported_at INTEGER NOT NULL, root_id TEXT) STRICT`,
    `CREATE INDEX images_by_time ON images (imported_at DESC, image_id DESC)`,
    // Packs differ in their image size; rows of one size are made again from the original.
    `CREATE TABLE pixels (
       content_hash TEXT NOT NULL, size INTEGER NOT NULL, rgb BLOB NOT NULL, PRIMARY KEY (content_hash, size)) STRICT`,
    `CREATE TABLE files (
       root_id TEXT NOT NULL REFERENCES roots (root_id), file TEXT NOT NULL, content_hash TEXT NOT NULL,
       bytes INTEGER NOT NULL, modified_ms REAL NOT NULL, PRIMARY KEY (root_id, file)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX files_by_hash ON files (content_hash)`,
    `CREATE TABLE vectors (
       content_hash TEXT NOT NULL, encoder_hash TEXT NOT NULL, embedding BLOB NOT NULL,
       PRIMARY KEY (content_hash, encoder_hash)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE noised (
       content_hash TEXT NOT NULL, encoder_hash TEXT NOT NULL, level INTEGER NOT NULL, embedding BLOB NOT NULL,
       used_at INTEGER NOT NULL, PRIMARY KEY (content_hash, encoder_hash, level)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE jobs (
       number INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, request TEXT NOT NULL,
       created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, attempts INTEGER NOT NULL,
       pair_id TEXT, error TEXT) STRICT`,
    `CREATE TABLE events (
       job_id TEXT NOT NULL REFERENCES jobs (job_id), seq INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
       bytes BLOB, PRIMARY KEY (job_id, seq)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE pairs (
       number INTEGER PRIMARY KEY AUTOINCREMENT, pair_id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL,
       created_at INTEGER NOT NULL, prompt TEXT NOT NULL, seed INTEGER NOT NULL) STRICT`,
    `CREATE TABLE results (
       image_id TEXT PRIMARY KEY, pair_id TEXT NOT NULL REFERENCES pairs (pair_id), arm TEXT NOT NULL,
       content_hash TEXT NOT NULL, file TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
       recipe TEXT NOT NULL) STRICT`,
    `CREATE INDEX results_by_pair ON results (pair_id)`,
    `CREATE INDEX results_by_hash ON results (content_hash)`,
  ],
};
