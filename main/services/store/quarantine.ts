import type { Db } from './open.ts';

export interface QuarantineRow {
  readonly content_hash: string;
  readonly version: string;
  readonly bytes: number;
  /** How often the file ended its decoder. */
  readonly strikes: number;
  /** The error code of the last time. */
  readonly reason: string;
  readonly last_at: number;
}

export function quarantineReads(db: Db) {
  const one = db.prepare<[string, string], QuarantineRow>(
    'SELECT * FROM quarantine WHERE content_hash = ? AND version = ?',
  );
  const some = db.prepare<[string, number], unknown>(
    'SELECT 1 FROM quarantine WHERE version = ? AND bytes = ?',
  );
  return {
    one: (hash: string, version: string) => one.get(hash, version),
    /** Whether a file of this length is known at all, so that others need not be hashed. */
    hasLength: (version: string, bytes: number) => some.get(version, bytes) !== undefined,
  };
}

export function quarantineWrites(db: Db) {
  const strike = db.prepare(
    `INSERT INTO quarantine VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (content_hash, version)
       DO UPDATE SET strikes = strikes + 1, reason = excluded.reason, last_at = excluded.last_at`,
  );
  return {
    /** One more strike. */
    strike: (r: Omit<QuarantineRow, 'strikes'>) =>
      strike.run(r.content_hash, r.version, r.bytes, r.reason, r.last_at),
  };
}
