import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  expectedMs,
  isActive,
  leftMs,
  measuredCosts,
  newJobView,
  progressOf,
} from '../../../../renderer/features/jobs/job-view.ts';
import type { JobEvent } from '#contract';
import { jobLine } from '../../../../renderer/features/jobs/job-line.ts';
import { t } from '../../../../renderer/strings/index.ts';
import type { JobView } from '../../../../renderer/features/jobs/job-view.ts';

type Bare<E = JobEvent> = E extends unknown ? Omit<E, 'jobId' | 'seq'> : never;

function after(...events: Bare[]): JobView {
  return events.reduce<JobView>(
    (view, event, index) => applyEvent(view, { ...event, jobId: 'j', seq: index + 1 }),
    newJobView('j'),
  );
}

const started: Bare = { type: 'started', at: 0, arms: ['coarse', 'refined'], steps: 4 };
const step = (arm: 'coarse' | 'refined', i: number, at: number): Bare => ({
  type: 'step',
  at,
  arm,
  stage: arm,
  i,
  of: 4,
});
const preview: Bare = {
  type: 'preview',
  at: 1,
  arm: 'coarse',
  i: 1,
  width: 1,
  height: 1,
  rgba: Uint8Array.of(1, 2, 3, 4),
};

describe('the view of a job', () => {
  it('follows its events to the pair', () => {
    const results = [
      { arm: 'refined' as const, imageId: 'i', contentHash: 'a'.repeat(64), width: 8, height: 8 },
    ];
    const running = after({ type: 'queued', at: 0, position: 2 }, started, step('coarse', 2, 10), preview);
    expect(running).toMatchObject({ state: 'running', arm: 'coarse', i: 2, steps: 4, position: 0 });
    expect(running.previews.coarse?.rgba).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(isActive(running)).toBe(true);
    const done = applyEvent(running, {
      type: 'done',
      jobId: 'j',
      seq: 9,
      at: 99,
      pairId: 'p',
      results,
      wallSeconds: 3,
    });
    expect(done).toMatchObject({ state: 'done', pairId: 'p', results, previews: {} });
    expect(isActive(done)).toBe(false);
  });

  it('is the same whether events come once or again after a reconnect', () => {
    const view = after(started, step('coarse', 3, 10));
    const old: JobEvent = {
      type: 'step',
      jobId: 'j',
      seq: 2,
      at: 1,
      arm: 'coarse',
      stage: 'coarse',
      i: 1,
      of: 4,
    };
    expect(applyEvent(view, old)).toBe(view);
  });

  it('starts anew when the host starts the job again', () => {
    const view = after(started, step('coarse', 4, 10), step('refined', 1, 20), preview, started);
    expect(view).toMatchObject({ arm: 'coarse', i: 0, previews: {}, times: {} });
  });

  it('tells an interrupted job from a failed one', () => {
    const failed = (code: 'interrupted' | 'out_of_memory') =>
      after(started, { type: 'failed', at: 1, error: { code, message: 'm' } }).state;
    expect([failed('interrupted'), failed('out_of_memory')]).toEqual(['interrupted', 'failed']);
  });
});

describe('the line of a run that waits', () => {
  it('says what has the engine where nothing else is before it', () => {
    const view = newJobView('j');
    expect(jobLine(view, 0)).toBe(t.job.queued(0));
    expect(jobLine(view, 0, 'explain')).toBe(t.job.waitsFor.explain);
    expect(jobLine(view, 0, 'evaluate')).toBe(t.job.waitsFor.evaluate);
    expect(jobLine(view, 2, 'explain')).toBe(t.job.queued(2));
    expect(jobLine({ ...view, state: 'running' }, 0, 'explain')).toBe(t.job.starting);
  });
});

describe('time', () => {
  it('is measured from the first to the last step of an arm', () => {
    const view = after(started, step('coarse', 1, 100), step('coarse', 4, 400), step('refined', 1, 900));
    expect(measuredCosts(view)).toEqual({ coarse: 100 });
  });

  it('is not guessed where nothing was measured', () => {
    const view = after(started, step('coarse', 1, 100), step('coarse', 2, 200));
    expect(leftMs(view, {})).toBeNull();
    expect(leftMs(view, { refined: 250 })).toBe(2 * 100 + 4 * 250);
    expect(expectedMs(['coarse', 'refined'], 50, { coarse: 10 })).toBeNull();
    expect(expectedMs(['coarse', 'refined'], 50, { coarse: 10, refined: 30 })).toBe(2000);
  });

  it('weighs arms by their cost in the progress, and never goes back', () => {
    const costs = { coarse: 100, refined: 300 };
    const events: Bare[] = [started];
    let last = 0;
    for (const arm of ['coarse', 'refined'] as const) {
      for (let i = 1; i <= 4; i++) {
        events.push(step(arm, i, events.length * 100));
        const progress = progressOf(after(...events), costs);
        expect(progress).toBeGreaterThanOrEqual(last);
        last = progress;
      }
    }
    expect(last).toBe(1);
    expect(progressOf(after(started), costs)).toBe(0);
  });
});
