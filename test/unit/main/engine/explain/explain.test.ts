/** Explaining over the tiny pack, whose gradient is a closed formula. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Arm } from '#contract';
import { verdictOf } from '../../../../../main/engine/explain/maps.ts';
import { engineServices } from '../../../../../main/engine/index.ts';
import type { EngineExplainEvent, EngineServices } from '../../../../../main/engine/index.ts';
import { fromRgb, makeSchedule, refinedSteps } from '../../../../../main/engine/sampler/index.ts';
import { DIMS, SIZE, tinyEmbedding, writeTinyPack } from '../../../../support/tiny-pack.ts';
import {
  direction,
  enginePhrase,
  eventsOf,
  resultsOf,
  sampleRequest,
} from '../../../../support/tiny-pack-engine.ts';

let parent: string;
let engine: EngineServices['engine'];
const live = { signal: new AbortController().signal };
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'accent-explain-'));
  engine = engineServices({ threads: 1, order: ['cpu'] }).engine;
  await engine.open(writeTinyPack(parent), live);
  await engine.open(writeTinyPack(parent, { id: 'contrast', contrast: true }), live);
});
afterAll(() => {
  rmSync(parent, { recursive: true });
});

const STEPS = 30;
const full = sampleRequest({
  steps: STEPS,
  phrases: [enginePhrase(1.4, STEPS, 1, 2), enginePhrase(0, STEPS, 3), enginePhrase(1, STEPS, 4)],
});
const { packId, source, phrases, seed, steps, guidance, rebuild, window } = full;
const asked = { packId, source, phrases, seed, steps, guidance, rebuild, window };
type Explained = EngineExplainEvent & { type: 'explained' };

async function explain(change: Partial<typeof asked> = {}): Promise<{ steps: number; found: Explained }> {
  const events: EngineExplainEvent[] = [];
  for await (const event of engine.explain({ ...asked, ...change }, live)) events.push(event);
  const found = events.at(-1);
  if (found?.type !== 'explained') throw new Error('nothing was explained');
  return { steps: events.length - 1, found };
}

describe.each(['mean-shift', 'continue', 'difference'] as const)('explaining, %s', (form) => {
  it('runs the very run, looks at eight of its refined steps, and leaves out what had no effect', async () => {
    const { found } = await explain({ rebuild: form });
    const { refined } = resultsOf(await eventsOf(engine.sample({ ...full, rebuild: form }, live)));
    expect(found.rgb).toEqual(refined?.rgb);
    expect(found.at).toHaveLength(8);
    const plan = {
      schedule: makeSchedule('cosine'),
      steps,
      rebuild: form,
      window,
      stages: 'gradient',
    } as const;
    expect(refinedSteps(plan)).toEqual(expect.arrayContaining(found.at));
    expect(found.phrases.map(({ index }) => index)).toEqual([0, 2]);
    expect(found.pictures).toHaveLength(8 * 3 * SIZE ** 2);
  });
});

describe('what is found', () => {
  const dot = (a: readonly number[], b: Float32Array): number =>
    a.reduce((s, x, d) => s + x * (b[d] ?? 0), 0);
  /** The mean of the first phrase's references. */
  const mean = Array.from({ length: DIMS }, (_, d) => ((direction(1)[d] ?? 0) + (direction(2)[d] ?? 0)) / 2);
  const offset = mean.map((x) => x - 0.1);
  /** What the first phrase's references have beside the tiny contrast's background, at unit length. */
  const beside = offset.map((x) => x / Math.hypot(...offset));

  it.each([
    ['noised', 'tiny', mean],
    ['held against the background', 'contrast', beside],
  ])('is the score that the gradient climbs, references %s', async (_, pack, climbed) => {
    const { found } = await explain({ packId: pack });
    const request = { ...full, packId: pack, arms: ['coarse', 'refined'] as Arm[] };
    const { coarse, refined } = resultsOf(await eventsOf(engine.sample(request, live)));
    const [first] = found.phrases;
    const [before, after] = [coarse, refined].map((made) => made?.embedding ?? new Float32Array(DIMS)) as [
      Float32Array,
      Float32Array,
    ];
    // Whatever the phrase's weight, which is 1.4 here.
    expect(first?.before).toBeCloseTo(dot(climbed, before), 4);
    expect(first?.after).toBeCloseTo(dot(climbed, after), 4);
    expect(first?.similarity[0]).toBeCloseTo(dot(mean, before), 4);
    expect(first?.similarity[1]).toBeCloseTo(dot(mean, after), 4);
    const shown = tinyEmbedding(fromRgb(found.pictures.subarray(0, 3 * SIZE ** 2)));
    expect(first?.refined[0]).toBeCloseTo(dot(climbed, shown), 1);
    expect(first?.coarse).toHaveLength(8);
    const { before: from, after: to, inside, verdict } = first ?? { before: 0, after: 0, inside: 0 };
    expect(verdict).toBe(verdictOf(from, to, inside));
  });

  it('has a map for each probe whose strongest pull of the run is 255', async () => {
    const { found } = await explain();
    for (const { maps, tops, overall, overallTop } of found.phrases) {
      expect(maps).toHaveLength(8 * SIZE ** 2);
      expect(Math.max(...maps)).toBe(255);
      expect(Math.max(...overall)).toBe(255);
      const area = SIZE ** 2;
      tops.forEach((top, k) => {
        const map = maps.subarray(k * area, (k + 1) * area);
        expect(map.filter((value) => value >= top).length).toBeGreaterThanOrEqual(area / 5);
      });
      expect(overall.filter((value) => value >= overallTop).length).toBeLessThan(area / 2);
    }
  });

  it('needs a phrase with an effect, and stops when told', async () => {
    await expect(explain({ phrases: [enginePhrase(0, STEPS, 1)] })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    const abort = new AbortController();
    let steps = 0;
    const run = (async () => {
      for await (const event of engine.explain(asked, { signal: abort.signal }))
        if (event.type === 'step' && ++steps === 3) abort.abort();
    })();
    await expect(run).rejects.toThrow();
    expect(steps).toBe(3);
  });
});
