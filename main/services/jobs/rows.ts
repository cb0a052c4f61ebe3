/** Jobs as they stand in the catalog, in the words of the contract. Pure. */
import type { ErrorBody, GenerateRequest, JobState, JobSummary, Result } from '#contract';
import type { SampleEvent } from '../../engine/index.ts';
import type { JobRow } from '../store/index.ts';
import type { EventBody } from './events.ts';

export const interruption: ErrorBody = {
  code: 'interrupted',
  message: 'The studio stopped while this job ran. Submit it again.',
};

const errorOf = ({ error }: JobRow): ErrorBody | null =>
  error === null ? null : (JSON.parse(error) as ErrorBody);

export const summary = (row: JobRow, results: JobSummary['results']): JobSummary => ({
  jobId: row.job_id,
  state: row.state as JobState,
  request: JSON.parse(row.request) as GenerateRequest,
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  attempts: row.attempts,
  pairId: row.pair_id,
  results,
  error: errorOf(row),
});

/** The final event of a job that ended without one, from its row. */
export function lastEvent(row: JobRow, resultsOf: (pairId: string) => Result[]): EventBody {
  const pairId = row.pair_id;
  if (row.state === 'done' && pairId !== null)
    return {
      type: 'done',
      pairId,
      results: resultsOf(pairId),
      wallSeconds: Math.max(0, (row.ended_at ?? 0) - (row.started_at ?? row.ended_at ?? 0)) / 1000,
    };
  const kept = pairId === null ? {} : { pairId };
  if (row.state === 'cancelled') return { type: 'cancelled', ...kept };
  return { type: 'failed', error: errorOf(row) ?? interruption, ...kept };
}

/** A preview for the page: [size, size, 4] of [size, size, 3]. */
export function previewOf({ arm, i, size, rgb }: SampleEvent & { readonly type: 'preview' }): EventBody {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4)
    rgba.set(rgb.subarray(from, from + 3), to);
  return { type: 'preview', arm, i, width: size, height: size, rgba };
}
