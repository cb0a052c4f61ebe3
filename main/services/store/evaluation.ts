/** The results of one evaluation: an SQLite file of its own, so that it can be kept, copied and thrown away by itself. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { because } from '#contract';

/** 'ACEV' */
const APPLICATION_ID = 0x41434556;
const VERSION = 1;

export interface ResultRecord {
  readonly prompt: number;
  readonly seed: number;
  readonly arm: string;
  readonly size: number;
  /** RGB bytes [size, size, 3]. */
  readonly rgb: Uint8Array;
  readonly pixels_hash: string;
  /** JSON: attribute group -> value that the reader sees, or null. */
  readonly seen: string;
  /** Float32, little-endian. */
  readonly features: Uint8Array;
  readonly encoder: number;
  readonly seconds: number;
  readonly denoiser_calls: number;
  readonly vjp_calls: number;
  readonly unrefined: number;
  /** JSON: port -> backend. */
  readonly backends: string;
}
/** How far the pictures of two seeds of one prompt and arm lie apart, `first` below `second`. */
export interface DistanceRecord {
  readonly prompt: number;
  readonly arm: string;
  readonly first: number;
  readonly second: number;
  readonly value: number;
}
export type ScoredRow = Omit<ResultRecord, 'rgb'>;

export interface ResultsFile {
  /** The text kept under a key, or null. */
  fact(key: string): string | null;
  setFact(key: string, value: string): void;
  /** prompt, seed and arm of every row. */
  keys(): { prompt: number; seed: number; arm: string }[];
  /** Every row without its pixels, by prompt, seed, arm. */
  rows(): ScoredRow[];
  pixels(prompt: number, seed: number, arm: string): { size: number; rgb: Uint8Array } | null;
  /** All or none. */
  add(rows: readonly ResultRecord[]): void;
  /** Distances by the network with this hash, by prompt, arm, seeds. */
  distances(model: string): DistanceRecord[];
  /** All or none. */
  addDistances(model: string, rows: readonly DistanceRecord[]): void;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE result (
    prompt INTEGER NOT NULL, seed INTEGER NOT NULL, arm TEXT NOT NULL, size INTEGER NOT NULL, rgb BLOB NOT NULL,
    pixels_hash TEXT NOT NULL, seen TEXT NOT NULL, features BLOB NOT NULL, encoder REAL NOT NULL, seconds REAL NOT NULL,
    denoiser_calls INTEGER NOT NULL, vjp_calls INTEGER NOT NULL, unrefined INTEGER NOT NULL, backends TEXT NOT NULL,
    PRIMARY KEY (prompt, seed, arm)
  ) STRICT;`;

/** Beside the first schema, which knows nothing of it: files of before have it added, and earlier versions read them as ever. */
const DISTANCES = `
  CREATE TABLE IF NOT EXISTS distance (
    model TEXT NOT NULL, prompt INTEGER NOT NULL, arm TEXT NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL,
    value REAL NOT NULL, PRIMARY KEY (model, prompt, arm, first, second)
  ) STRICT, WITHOUT ROWID;`;

/** Opens or creates the file. Throws `conflict` for a file that is something else; it is then left as it is. */
export function openResults(path: string): ResultsFile {
  mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path);
  try {
    const id = db.pragma('application_id', { simple: true });
    const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
    if (id !== APPLICATION_ID && tables > 0) throw new Error('it belongs to another program');
    if (tables > 0 && db.pragma('user_version', { simple: true }) !== VERSION)
      throw new Error('it was made by another version of the studio');
    db.pragma('journal_mode = WAL');
    // A power cut may lose the last pictures, which are then made again; a killed process loses none.
    db.pragma('synchronous = NORMAL');
    if (tables === 0)
      db.transaction(() => {
        db.exec(SCHEMA);
        db.pragma(`application_id = ${APPLICATION_ID}`);
        db.pragma(`user_version = ${VERSION}`);
      }).immediate();
    db.exec(DISTANCES);
  } catch (cause) {
    db.close();
    throw because(
      'results_unusable',
      { why: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
  const fact = db.prepare('SELECT value FROM fact WHERE key = ?').pluck();
  const put = db.prepare('INSERT OR REPLACE INTO fact VALUES (?, ?)');
  const columns = [
    'prompt, seed, arm, size, pixels_hash, seen, features, encoder, seconds',
    'denoiser_calls, vjp_calls, unrefined, backends',
  ].join(', ');
  const all = db.prepare<[], ScoredRow>(`SELECT ${columns} FROM result ORDER BY prompt, seed, arm`);
  const keys = db.prepare<[], { prompt: number; seed: number; arm: string }>(
    'SELECT prompt, seed, arm FROM result ORDER BY prompt, seed, arm',
  );
  const pixels = db.prepare<[number, number, string], { size: number; rgb: Uint8Array }>(
    'SELECT size, rgb FROM result WHERE prompt = ? AND seed = ? AND arm = ?',
  );
  const insert = db.prepare<[ResultRecord]>(
    `INSERT OR REPLACE INTO result (${columns}, rgb) VALUES
     (@prompt, @seed, @arm, @size, @pixels_hash, @seen, @features, @encoder, @seconds,
      @denoiser_calls, @vjp_calls, @unrefined, @backends, @rgb)`,
  );
  const distances = db.prepare<[string], DistanceRecord>(
    'SELECT prompt, arm, first, second, value FROM distance WHERE model = ? ORDER BY prompt, arm, first, second',
  );
  const putDistance = db.prepare<[DistanceRecord & { model: string }]>(
    'INSERT OR REPLACE INTO distance VALUES (@model, @prompt, @arm, @first, @second, @value)',
  );
  return {
    fact: (key) => (fact.get(key) as string | undefined) ?? null,
    setFact: (key, value) => {
      put.run(key, value);
    },
    keys: () => keys.all(),
    rows: () => all.all(),
    pixels: (prompt, seed, arm) => pixels.get(prompt, seed, arm) ?? null,
    add: (rows) => {
      db.transaction(() => {
        for (const row of rows) insert.run(row);
      }).immediate();
    },
    distances: (model) => distances.all(model),
    addDistances: (model, rows) => {
      db.transaction(() => {
        for (const row of rows) putDistance.run({ model, ...row });
      }).immediate();
    },
    close: () => {
      db.close();
    },
  };
}
