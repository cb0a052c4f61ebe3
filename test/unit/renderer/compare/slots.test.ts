import { describe, expect, it } from 'vitest';
import { completed, slotsOfJob, slotsOfPair } from '../../../../renderer/features/compare/slots.ts';
import { newJobView } from '../../../../renderer/features/jobs/job-view.ts';
import type { JobState, Result } from '#contract';

const result = (arm: Result['arm']): Result => ({
  arm,
  imageId: arm,
  contentHash: 'a'.repeat(64),
  width: 64,
  height: 64,
});
const seen = (slots: ReturnType<typeof slotsOfPair>): string[] =>
  slots.map(({ arm, state }) => `${arm} ${state}`);

describe('the places of the viewer', () => {
  it('has coarse left and refined right, in whatever order they came', () => {
    const both = ['coarse picture', 'refined picture'];
    expect(seen(slotsOfPair({ results: [result('refined'), result('coarse')] }))).toEqual(both);
    expect(seen(slotsOfPair({ results: [result('coarse'), result('refined')] }))).toEqual(both);
  });

  it('keeps the place of a half that is missing', () => {
    expect(seen(slotsOfPair({ results: [result('coarse')] }))).toEqual(['coarse picture', 'refined missing']);
    expect(seen(slotsOfPair({ results: [result('refined')] }))).toEqual([
      'coarse missing',
      'refined picture',
    ]);
    expect(seen(slotsOfPair({ results: [] }))).toEqual(['coarse missing', 'refined missing']);
  });

  it('shows in the empty place the run that completes the pair, as long as it may succeed', () => {
    const own = slotsOfPair({ results: [result('coarse')] });
    const view = { ...newJobView('j', ['refined']), arm: 'refined' as const };
    const at = (state: JobState, results: Result[] = []) => seen(completed(own, { ...view, state, results }));
    expect(at('queued')).toEqual(['coarse picture', 'refined running']);
    expect(at('done', [result('coarse'), result('refined')])).toEqual(['coarse picture', 'refined picture']);
    expect(at('failed')).toEqual(['coarse picture', 'refined missing']);
    const whole = slotsOfPair({ results: [result('coarse'), result('refined')] });
    expect(completed(whole, view)).toBe(whole);
  });

  it('shows other arms too', () => {
    const slots = slotsOfPair({ results: [result('coarse2'), result('sentence')] });
    expect(seen(slots)).toEqual(['sentence picture', 'coarse2 picture']);
  });

  it('shows where a run is, and what it left when it ended early', () => {
    const preview = { i: 1, width: 1, height: 1, rgba: new Uint8Array(4) };
    const view = {
      ...newJobView('j', ['coarse', 'refined']),
      state: 'running' as const,
      arm: 'coarse' as const,
    };
    expect(seen(slotsOfJob(view))).toEqual(['coarse running', 'refined waiting']);
    const further = { ...view, previews: { coarse: preview } };
    expect(seen(slotsOfJob(further))).toEqual(['coarse preview', 'refined waiting']);
    expect(seen(slotsOfJob({ ...further, state: 'cancelled' }))).toEqual([
      'coarse preview',
      'refined missing',
    ]);
  });
});
