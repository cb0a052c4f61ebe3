import { t } from '../../strings/index.ts';
import type { JobView } from './job-view.ts';

/** What a run does just now, in words; `ahead` are the runs before it while it waits. */
export function jobLine({ state, arm, stage, i, steps }: JobView, ahead: number): string {
  if (state === 'queued') return t.job.queued(ahead);
  if (arm === null || stage === null) return t.job.starting;
  return t.job.step(t.arms[arm], t.job.stage(stage, arm), i, steps);
}
