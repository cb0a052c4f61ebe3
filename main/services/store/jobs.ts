import type { Db } from './open.ts';

export interface JobRow {
  readonly number: number;
  readonly job_id: string;
  readonly state: string;
  readonly request: string;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly attempts: number;
  readonly pair_id: string | null;
  readonly error: string | null;
}
export interface EventRow {
  readonly seq: number;
  readonly type: string;
  readonly body: string;
  readonly bytes: Buffer | null;
}

/** The types of `isFinal` events (contract/schema/job.ts). */
const FINAL = `type IN ('done', 'failed', 'cancelled')`;

export function jobReads(db: Db) {
  const one = db.prepare<[string], JobRow>('SELECT * FROM jobs WHERE job_id = ?');
  const next = db.prepare<[], JobRow>(`SELECT * FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1`);
  const before = db.prepare<[number], { n: number }>(
    `SELECT count(*) AS n FROM jobs WHERE state IN ('queued', 'running') AND number < ?`,
  );
  const page = db.prepare<[number, number], JobRow>(
    'SELECT * FROM jobs WHERE number < ? ORDER BY number DESC LIMIT ?',
  );
  const events = db.prepare<[string, number], EventRow>(
    'SELECT seq, type, body, bytes FROM events WHERE job_id = ? AND seq > ? ORDER BY seq',
  );
  const last = db.prepare<[string], { seq: number | null }>(
    'SELECT max(seq) AS seq FROM events WHERE job_id = ?',
  );
  const waiting = db
    .prepare<[], string>(`SELECT job_id FROM jobs WHERE state = 'queued' ORDER BY number`)
    .pluck();
  const paused = db.prepare<[], number>(`SELECT value FROM counters WHERE name = 'queue_paused'`).pluck();
  const running = db.prepare<[], JobRow>(`SELECT * FROM jobs WHERE state = 'running'`);
  const final = db.prepare<[string], { seq: number }>(`SELECT seq FROM events WHERE job_id = ? AND ${FINAL}`);
  const unfinished = db.prepare<[], JobRow>(
    `SELECT * FROM jobs WHERE state NOT IN ('queued', 'running')
       AND NOT EXISTS (SELECT 1 FROM events WHERE events.job_id = jobs.job_id AND ${FINAL}) ORDER BY number`,
  );
  return {
    one: (id: string) => one.get(id),
    next: () => next.get(),
    /** Ids, in the order in which they will run. */
    waiting: () => waiting.all(),
    paused: () => paused.get() === 1,
    before: (n: number) => before.get(n)?.n ?? 0,
    page: (below: number, limit: number) => page.all(below, limit),
    events: (id: string, after: number) => events.all(id, after),
    lastSeq: (id: string) => last.get(id)?.seq ?? 0,
    running: () => running.all(),
    /** Number of the event that ended the job's log, or undefined while more may come. */
    finalSeq: (id: string) => final.get(id)?.seq,
    /** Jobs that have ended while their log has no final event. */
    withoutFinal: () => unfinished.all(),
  };
}

export function jobWrites(db: Db) {
  const add = db.prepare(
    `INSERT INTO jobs (job_id, state, request, created_at, attempts) VALUES (?, 'queued', ?, ?, 0)`,
  );
  const start = db.prepare(
    `UPDATE jobs SET state = 'running', started_at = ?, attempts = attempts + 1 WHERE job_id = ?`,
  );
  const end = db.prepare('UPDATE jobs SET state = ?, ended_at = ?, pair_id = ?, error = ? WHERE job_id = ?');
  const event = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)');
  const pause = db.prepare(
    `INSERT INTO counters VALUES ('queue_paused', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  );
  const numberOf = db.prepare<[string], number>('SELECT number FROM jobs WHERE job_id = ?').pluck();
  const renumber = db.prepare('UPDATE jobs SET number = ? WHERE job_id = ?');
  const dropPreviews = db.prepare(`DELETE FROM events WHERE job_id = ? AND type = ?`);
  return {
    add: (id: string, request: string, at: number) => add.run(id, request, at).lastInsertRowid as number,
    pause: (paused: boolean) => pause.run(paused ? 1 : 0),
    /** Deals the numbers of these jobs out again in this order. Call inside a transaction. */
    reorder: (ids: readonly string[]) => {
      const numbers = ids.map((id) => numberOf.get(id) as number).sort((a, b) => a - b);
      // Numbers are unique: out of the way first.
      ids.forEach((id, i) => renumber.run(-1 - i, id));
      ids.forEach((id, i) => renumber.run(numbers[i], id));
    },
    start: (id: string, at: number) => start.run(at, id),
    end: (id: string, state: string, at: number, pairId: string | null, error: string | null) =>
      end.run(state, at, pairId, error, id),
    event: (id: string, seq: number, type: string, body: string, bytes: Uint8Array | null) =>
      event.run(id, seq, type, body, bytes),
    /** Only the last preview of an arm is kept; its rows carry the type `preview:<arm>`. */
    dropEvents: (id: string, type: string) => dropPreviews.run(id, type),
  };
}
