import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobEvent, JobSummary, StudioClient } from '#contract';
import { applyEvent, newJobView } from '../../../../renderer/features/jobs/job-view.ts';
import type { JobView } from '../../../../renderer/features/jobs/job-view.ts';
import { useCostsStore } from '../../../../renderer/stores/costs.ts';
import type { Costly } from '../../../../renderer/stores/costs.ts';
import { pack, storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const ARMS = ['coarse', 'refined'] as const;
const STRESSED: Costly = {
  packId: pack.packId,
  emphases: [{ id: 'a', phrase: 'a hat' }],
  steps: 10,
  guidance: 3,
  rebuild: 'mean-shift',
  window: [0, 1000],
};

/** A pair of 10 steps in which a call of the denoiser takes 5 ms and a gradient 30. */
const EVENTS: readonly JobEvent[] = (() => {
  const events: JobEvent[] = [];
  let at = 0;
  const next = () => ({ jobId: 'j', seq: events.length + 1, at });
  events.push({ type: 'started', ...next(), arms: [...ARMS], steps: 10 });
  for (const arm of ARMS)
    for (let i = 1; i <= 10; i++) {
      at += 10;
      events.push({ type: 'step', ...next(), arm, stage: 'coarse', i, of: 10 });
      if (arm === 'coarse' || i === 10) continue;
      at += 40;
      events.push({ type: 'step', ...next(), arm, stage: 'refined', i, of: 10 });
    }
  return events;
})();
const ran = (): JobView => EVENTS.reduce(applyEvent, newJobView('j', ARMS));

/** A host that kept these runs' events, and which of them were read. */
function runsOf(runs: Readonly<Record<string, readonly string[]>>) {
  const read: string[] = [];
  const watch = async function* ({ jobId }: { jobId: string }) {
    read.push(jobId);
    yield* EVENTS.filter((event) => !('arm' in event) || runs[jobId]?.includes(event.arm));
  };
  return { client: { jobs: { watch } } as unknown as StudioClient, read };
}

let rig: StoreRig;
beforeEach(async () => {
  rig = await storeRig({});
});
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

describe('what a run will take', () => {
  it('is not guessed before a run was measured, and of arms that were not', () => {
    const costs = useCostsStore();
    expect(costs.ofArm('coarse', STRESSED)).toBeNull();
    costs.learn(STRESSED, ran());
    expect(costs.total({ ...STRESSED, arms: ['coarse', 'composable'] })).toBeNull();
    expect(costs.ofArm('coarse', { ...STRESSED, packId: 'another' })).toBeNull();
  });

  it('follows every setting that changes the number of network calls', () => {
    const costs = useCostsStore();
    costs.learn(STRESSED, ran());
    const refined = (own: Partial<Costly>) => costs.ofArm('refined', { ...STRESSED, ...own });
    expect(costs.ofArm('coarse', STRESSED)).toBe(100);
    expect(costs.ofArm('coarse', { ...STRESSED, guidance: 0 })).toBe(50);
    expect(costs.ofArm('coarse', { ...STRESSED, steps: 20 })).toBe(200);
    // 9 of 10 steps are refined: the last arrives at a clean image.
    expect(refined({})).toBe(100 + 9 * 40);
    expect(refined({ steps: 20 })).toBe(200 + 19 * 40);
    expect(refined({ rebuild: 'difference' })).toBe(100 + 9 * 50);
    // Levels 900, 700, 500, 300, 100 are refined, each with the next step in one.
    expect(refined({ rebuild: 'continue' })).toBe(5 * 50);
    expect(refined({ window: [500, 700] })).toBe(100 + 3 * 40);
    expect(refined({ emphases: [] })).toBe(100);
    expect(refined({ emphases: [{ id: 'a', phrase: 'a hat', muted: true }] })).toBe(100);
    // What is left out is the pack's own: 50 steps, levels 100 to 900.
    expect(costs.ofArm('refined', { packId: pack.packId, emphases: STRESSED.emphases })).toBe(500 + 41 * 40);
    expect(costs.total({ ...STRESSED, arms: [...ARMS] })).toBe(560);
    expect(costs.ofSteps({ ...STRESSED, arms: [...ARMS] })).toEqual({ coarse: 10, refined: 46 });
  });

  it('is the same whatever settings it was measured under', () => {
    const costs = useCostsStore();
    const none = { ...STRESSED, emphases: [] };
    costs.learn(none, { ...ran(), times: { coarse: { firstI: 1, firstAt: 0, lastI: 10, lastAt: 90 } } });
    expect(costs.ofArm('refined', STRESSED)).toBeNull();
    expect(costs.ofArm('refined', none)).toBe(100);
    const narrow: Costly = { ...STRESSED, window: [500, 700], guidance: 0 };
    // 9 + 3 calls of 5 ms and 3 gradients of 30.
    costs.learn(narrow, { ...ran(), times: { refined: { firstI: 1, firstAt: 0, lastI: 10, lastAt: 150 } } });
    expect(costs.ofArm('refined', STRESSED)).toBe(460);
  });

  it('goes with the machine where a run measured refined pictures alone', () => {
    const costs = useCostsStore();
    costs.learn(STRESSED, ran());
    const { refined } = ran().times;
    if (!refined) throw new Error('It has a refined picture.');
    const slow = { ...refined, lastAt: refined.firstAt + 2 * (refined.lastAt - refined.firstAt) };
    costs.learn(STRESSED, { ...ran(), times: { refined: slow } });
    expect(costs.ofArm('coarse', STRESSED)).toBeCloseTo(200);
    expect(costs.ofArm('refined', STRESSED)).toBeCloseTo(920);
  });

  it('is learned on a new page from the newest runs that can tell it, past those of one kind', async () => {
    const { client, read } = runsOf({ cell: ['refined'], pair: [...ARMS] });
    const of = (jobId: string, arms: JobSummary['request']['arms']) =>
      ({ jobId, state: 'done', request: { ...STRESSED, arms } }) as unknown as JobSummary;
    const cells = Array.from({ length: 9 }, () => of('cell', ['refined']));
    await useCostsStore().learnFrom(client, [...cells, of('pair', [...ARMS])]);
    expect(read).toEqual(['pair']);
    expect(useCostsStore().ofArm('refined', STRESSED)).toBe(460);
  });
});
