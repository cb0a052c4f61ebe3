import type { Migration } from './index.ts';

/** A number that moves with every change of an encoder's vectors, so that a file made of them knows whether it is stale. */
export const counters: Migration = {
  version: 1210,
  statements: [
    `CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TRIGGER vectors_added AFTER INSERT ON vectors BEGIN
       INSERT INTO counters VALUES (NEW.encoder_hash, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1; END`,
    `CREATE TRIGGER vectors_dropped AFTER DELETE ON vectors BEGIN
       INSERT INTO counters VALUES (OLD.encoder_hash, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1; END`,
    `CREATE TRIGGER vectors_changed AFTER UPDATE ON vectors BEGIN
       INSERT INTO counters VALUES (NEW.encoder_hash, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1; END`,
  ],
};
