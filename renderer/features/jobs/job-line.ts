import type { QueueState } from '#contract';
import { t } from '../../strings/index.ts';
import type { JobView } from './job-view.ts';

/**
 * What a run does just now, in words. While it waits: `ahead` are the runs before it, `turn` is what has the engine; only the
 * first in the line waits for that.
 */
export function jobLine(
  { state, arm, stage, i, steps }: JobView,
  ahead: number,
  turn: QueueState['turn'] = null,
): string {
  if (state === 'queued') return ahead === 0 && turn !== null ? t.job.waitsFor[turn] : t.job.queued(ahead);
  if (arm === null || stage === null) return t.job.starting;
  return t.job.step(t.arms[arm], t.job.stage(stage, arm), i, steps);
}
