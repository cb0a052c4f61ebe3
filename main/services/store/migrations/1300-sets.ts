import type { Migration } from './index.ts';

/** Runs that were asked for together: axes as JSON, and which job stands at which place. */
export const sets: Migration = {
  version: 1300,
  statements: [
    `CREATE TABLE job_sets (
       number INTEGER PRIMARY KEY AUTOINCREMENT, set_id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
       body TEXT NOT NULL) STRICT`,
    `CREATE TABLE set_cells (
       set_id TEXT NOT NULL REFERENCES job_sets (set_id), row INTEGER NOT NULL, col INTEGER NOT NULL, job_id TEXT NOT NULL,
       PRIMARY KEY (set_id, row, col)) STRICT, WITHOUT ROWID`,
    `CREATE INDEX set_cells_by_job ON set_cells (job_id)`,
  ],
};
