/** Sets of jobs: which job stands at which place. */
import type { JobRow } from './jobs.ts';
import type { Db } from './open.ts';

export interface SetRow {
  readonly number: number;
  readonly set_id: string;
  readonly created_at: number;
  /** Kind, axes and base pair as JSON. */
  readonly body: string;
}
export interface CellRow {
  readonly row: number;
  readonly col: number;
  readonly job_id: string;
}

export function setReads(db: Db) {
  const one = db.prepare<[string], SetRow>('SELECT * FROM job_sets WHERE set_id = ?');
  const page = db.prepare<[number, number], SetRow>(
    'SELECT * FROM job_sets WHERE number < ? ORDER BY number DESC LIMIT ?',
  );
  const cells = db.prepare<[string], CellRow & JobRow>(
    `SELECT c.row, c.col, j.* FROM set_cells c JOIN jobs j ON j.job_id = c.job_id
       WHERE c.set_id = ? ORDER BY c.row, c.col`,
  );
  const ofJob = db.prepare<[string], string>('SELECT set_id FROM set_cells WHERE job_id = ?').pluck();
  return {
    one: (setId: string) => one.get(setId),
    page: (below: number, limit: number) => page.all(below, limit),
    /** Places with their jobs, row by row. */
    cells: (setId: string) => cells.all(setId),
    /** The set that a job belongs to. */
    ofJob: (jobId: string) => ofJob.get(jobId),
  };
}

export function setWrites(db: Db) {
  const add = db.prepare('INSERT INTO job_sets (set_id, created_at, body) VALUES (?, ?, ?)');
  const cell = db.prepare('INSERT OR REPLACE INTO set_cells (set_id, row, col, job_id) VALUES (?, ?, ?, ?)');
  return {
    add: (setId: string, at: number, body: string) => add.run(setId, at, body),
    /** A job that stands there already gives way. */
    cell: (setId: string, row: number, col: number, jobId: string) => cell.run(setId, row, col, jobId),
  };
}
