/** Explaining over the tiny pack, whose gradient is a closed formula. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  const { folder, manifest } = writeTinyPack(parent);
  engine = engineServices({ threads: 1, order: ['cpu'] }).engine;
  await engine.open({ folder, manifest }, live);
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
  it('is the similarity of both pictures to the phrase’s own references', async () => {
    const { found } = await explain();
    const { coarse, refined } = resultsOf(
      await eventsOf(engine.sample({ ...full, arms: ['coarse', 'refined'] }, live)),
    );
    const [first] = found.phrases;
    const mean = (embedding: Float32Array): number =>
      [1, 2].reduce((sum, k) => sum + direction(k).reduce((s, v, d) => s + v * (embedding[d] ?? 0), 0), 0) /
      2;
    expect(first?.before).toBeCloseTo(mean(coarse?.embedding ?? new Float32Array(DIMS)), 4);
    expect(first?.after).toBeCloseTo(mean(refined?.embedding ?? new Float32Array(DIMS)), 4);
    const shown = tinyEmbedding(fromRgb(found.pictures.subarray(0, 3 * SIZE ** 2)));
    expect(first?.refined[0]).toBeCloseTo(mean(shown), 1);
    expect(first?.coarse).toHaveLength(8);
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
