import type { Db } from './open.ts';

export interface PairRow {
  readonly number: number;
  readonly pair_id: string;
  readonly job_id: string;
  readonly created_at: number;
  readonly prompt: string;
  readonly seed: number;
}
export interface ResultRow {
  readonly image_id: string;
  readonly pair_id: string;
  readonly arm: string;
  readonly content_hash: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly recipe: string;
}

export function galleryReads(db: Db) {
  const pair = db.prepare<[string], PairRow>('SELECT * FROM pairs WHERE pair_id = ?');
  const page = db.prepare<[number, number], PairRow>(
    'SELECT * FROM pairs WHERE number < ? ORDER BY number DESC LIMIT ?',
  );
  const results = db.prepare<[string], ResultRow>('SELECT * FROM results WHERE pair_id = ? ORDER BY rowid');
  const result = db.prepare<[string], ResultRow>('SELECT * FROM results WHERE image_id = ?');
  const byHash = db.prepare<[string], ResultRow>('SELECT * FROM results WHERE content_hash = ? LIMIT 1');
  return {
    pair: (id: string) => pair.get(id),
    page: (below: number, limit: number) => page.all(below, limit),
    results: (pairId: string) => results.all(pairId),
    result: (imageId: string) => result.get(imageId),
    resultByHash: (contentHash: string) => byHash.get(contentHash),
  };
}

export function galleryWrites(db: Db) {
  const pair = db.prepare(
    'INSERT INTO pairs (pair_id, job_id, created_at, prompt, seed) VALUES (?, ?, ?, ?, ?)',
  );
  const result = db.prepare('INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  return {
    pair: (p: Omit<PairRow, 'number'>) => pair.run(p.pair_id, p.job_id, p.created_at, p.prompt, p.seed),
    result: (r: ResultRow) =>
      result.run(r.image_id, r.pair_id, r.arm, r.content_hash, r.file, r.width, r.height, r.recipe),
  };
}
