/** Runs that are asked for together. Each is an ordinary job of the queue; a set knows where in its table it stands. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { AppError, GenerateRequest, because } from '#contract';
import type {
  ErrorBody,
  JobSet,
  JobState,
  Result,
  SetCell,
  SetSummary,
  StudioServices,
  SubmitSet,
} from '#contract';
import { makeBell } from '../../bell.ts';
import type { Gallery } from '../gallery/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { SetRow, Store } from '../store/index.ts';

export interface SetsOptions {
  readonly store: Store;
  readonly jobs: Pick<Jobs, 'enqueue' | 'onChange' | 'service'>;
  readonly gallery: Pick<Gallery, 'results'>;
  readonly now: () => number;
}

type Body = Pick<SubmitSet, 'kind' | 'basePairId' | 'columns' | 'rows'> &
  Pick<SetSummary, 'prompt' | 'packId'>;

const OVER: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled', 'interrupted']);

const largest = (results: readonly Result[]): Result | null =>
  results.reduce<Result | null>((best, each) => (best && best.width >= each.width ? best : each), null);

export function makeSets({ store, jobs, gallery, now }: SetsOptions): StudioServices['sets'] {
  const { read, write } = store;

  function rowOf(setId: string): SetRow {
    const row = read.sets.one(setId);
    if (!row) throw because('set_unknown', {});
    return row;
  }

  function whole({ set_id, created_at, body }: SetRow): JobSet {
    const cells = read.sets.cells(set_id).map((cell): SetCell => {
      const results = cell.pair_id === null ? [] : gallery.results(cell.pair_id);
      return {
        column: cell.col,
        row: cell.row,
        jobId: cell.job_id,
        state: cell.state as JobState,
        pairId: results.length > 0 ? cell.pair_id : null,
        result: largest(results),
        error: cell.error === null ? null : (JSON.parse(cell.error) as ErrorBody),
      };
    });
    const done = cells.filter(({ result }) => result !== null).length;
    return {
      setId: set_id,
      createdAt: created_at,
      ...(JSON.parse(body) as Body),
      of: cells.length,
      done,
      cells,
    };
  }

  async function cancel(setId: string): Promise<void> {
    // The last first, so that nothing new starts meanwhile.
    for (const { job_id, state } of read.sets.cells(setId).reverse())
      if (!OVER.has(state as JobState))
        await jobs.service.cancel({ jobId: job_id }, { signal: new AbortController().signal });
  }

  return {
    async submit({ kind, basePairId, columns, rows, cells }) {
      const setId = randomUUID();
      const [first] = cells;
      if (!first) throw new AppError('invalid_input', 'Expected at least one cell.');
      const { prompt, packId } = first.request;
      const body: Body = { kind, basePairId, columns, rows, prompt, packId };
      await jobs.enqueue(
        cells.map(({ request }) => request),
        (jobIds) => {
          write.sets.add(setId, now(), JSON.stringify(body));
          cells.forEach(({ row, column }, i) => write.sets.cell(setId, row, column, jobIds[i] as string));
        },
      );
      return { setId };
    },
    list({ after, limit }) {
      const rows = read.sets.page(after === undefined ? Number.MAX_SAFE_INTEGER : Number(after), limit + 1);
      const items = rows.slice(0, limit).map((row): SetSummary => {
        const { cells, ...summary } = whole(row);
        return { ...summary, of: cells.length };
      });
      return { items, next: rows.length > limit ? String(rows[limit - 1]?.number) : null };
    },
    async *watch({ setId }, { signal }) {
      rowOf(setId);
      const news = makeBell();
      const off = jobs.onChange((jobId) => {
        if (read.sets.ofJob(jobId) === setId) news.ring();
      });
      try {
        for (; !signal.aborted; await news.rung(signal)) yield whole(rowOf(setId));
      } finally {
        off();
      }
    },
    async cancel({ setId }) {
      rowOf(setId);
      await cancel(setId);
      return whole(rowOf(setId));
    },
    async resume({ setId }) {
      rowOf(setId);
      const missing = read.sets
        .cells(setId)
        .filter(
          ({ state, pair_id }) =>
            OVER.has(state as JobState) && (pair_id === null || gallery.results(pair_id).length === 0),
        );
      if (missing.length > 0)
        await jobs.enqueue(
          missing.map(({ request }) => v.parse(GenerateRequest, JSON.parse(request))),
          (jobIds) => {
            missing.forEach(({ row, col }, i) => write.sets.cell(setId, row, col, jobIds[i] as string));
          },
        );
      return whole(rowOf(setId));
    },
  };
}
