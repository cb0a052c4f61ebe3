import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleRequest, TogetherEvent } from '../../../../main/engine/index.ts';
import { openPack } from '../../../../main/engine/pack.ts';
import type { OpenPack } from '../../../../main/engine/pack.ts';
import { sample } from '../../../../main/engine/sample.ts';
import { sampleTogether } from '../../../../main/engine/sample-together.ts';
import { makePacks } from '../../../../main/services/packs/index.ts';
import { benchRequest } from '../../../bench/request.ts';
import { writeTinyPack } from '../../../support/tiny-pack.ts';
import {
  direction,
  enginePhrase,
  eventsOf,
  resultsOf,
  sampleRequest,
} from '../../../support/tiny-pack-engine.ts';
import type { EngineResult } from '../../../support/tiny-pack-engine.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
let parent: string;
let pack: OpenPack;
/** Images in each call, by network. */
let calls: { denoiser: number[]; kernel: number[]; encoder: number[] };
const live = new AbortController().signal;

/** The pack with its calls counted. */
function counted(own: OpenPack): OpenPack {
  return {
    ...own,
    async denoiser() {
      const denoiser = await own.denoiser();
      return {
        ...denoiser,
        predict(x, t, branches) {
          calls.denoiser.push(branches.length);
          return denoiser.predict(x, t, branches);
        },
      };
    },
    async gradientKernel() {
      const kernel = await own.gradientKernel();
      return {
        vjp(image, cotangent) {
          calls.kernel.push(cotangent.length / own.manifest.embedding.dims);
          return kernel.vjp(image, cotangent);
        },
      };
    },
    async imageEncoder() {
      const encoder = await own.imageEncoder();
      return {
        embed(images, n) {
          calls.encoder.push(n);
          return encoder.embed(images, n);
        },
      };
    },
  };
}

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'accent-together-'));
  const tiny = writeTinyPack(parent);
  pack = counted(openPack(tiny.folder, tiny.manifest, { threads: 1, order: ['cpu'] }));
  calls = { denoiser: [], kernel: [], encoder: [] };
});
afterAll(async () => {
  await pack.close();
  rmSync(parent, { recursive: true });
});

const request = (k: number, change: Partial<SampleRequest> = {}): SampleRequest =>
  sampleRequest({
    arms: ['coarse', 'refined'],
    source: direction(k),
    phrases: [enginePhrase(1, change.steps ?? 4, k + 1, k + 2)],
    seed: 70 + k,
    ...change,
  });
const together = async (requests: SampleRequest[], signal = live): Promise<TogetherEvent[]> => {
  calls = { denoiser: [], kernel: [], encoder: [] };
  const events: TogetherEvent[] = [];
  for await (const event of sampleTogether(requests, pack, undefined, signal)) events.push(event);
  return events;
};
const resultsBy = (events: readonly TogetherEvent[], of: number): Record<string, EngineResult> =>
  resultsOf(events.filter((e) => e.of === of).map((e) => e.event));

/** All that does not depend on the clock, pictures within one of 256 levels and embeddings within rounding. */
function expectSame(got: EngineResult | undefined, alone: EngineResult | undefined): void {
  expect(got?.rgb).toHaveLength(alone?.rgb.length ?? 0);
  got?.rgb.forEach((value, i) => {
    expect(Math.abs(value - (alone?.rgb[i] as number))).toBeLessThanOrEqual(1);
  });
  got?.embedding.forEach((value, d) => {
    expect(value).toBeCloseTo(alone?.embedding[d] as number, 4);
  });
  expect(got?.counters).toEqual(alone?.counters);
  expect(got?.unrefinedSteps).toEqual(alone?.unrefinedSteps);
  expect(got?.backends).toEqual(alone?.backends);
}

describe('samplings side by side', () => {
  it('are the pictures of each alone, in as many network calls as one of them', async () => {
    const requests = [0, 10, 20].map((k) => request(k));
    const events = await together(requests);
    const gathered = calls;
    for (const [of, one] of requests.entries()) {
      calls = { denoiser: [], kernel: [], encoder: [] };
      const alone = resultsOf(await eventsOf(sample(one, pack, undefined, live)));
      for (const arm of one.arms) expectSame(resultsBy(events, of)[arm], alone[arm]);
      // c and the null condition of each picture in one call.
      expect(gathered.denoiser).toEqual(calls.denoiser.map((n) => 3 * n));
      expect(gathered.kernel).toEqual(calls.kernel.map((n) => 3 * n));
      expect(gathered.encoder).toEqual(calls.encoder.map((n) => 3 * n));
    }
    expect(calls.denoiser.length).toBeGreaterThan(8);
    expect(calls.kernel).toHaveLength(3);
    const pictures = requests.map((_, of) => Buffer.from(resultsBy(events, of)['refined']?.rgb ?? []));
    expect(new Set(pictures.map((p) => p.toString('hex'))).size).toBe(3);
  });

  it.each([true, false])(
    'are the same on the pack that ships (our own kernel: %s)',
    async (native) => {
      const { folder, manifest: own } = await makePacks([`${root}/models`]).get('accent-first');
      const shipped = openPack(folder, own, { threads: 1, order: ['cpu'], native });
      const requests = [1, 2].map((seed) => benchRequest(own, 'refined', { steps: 2, guidance: 1, seed }));
      const rgb: Uint8Array[] = [];
      for await (const { of, event } of sampleTogether(requests, shipped, undefined, live))
        if (event.type === 'result') rgb[of] = event.rgb;
      for (const [of, one] of requests.entries()) {
        const { refined } = resultsOf(await eventsOf(sample(one, shipped, undefined, live)));
        expect(refined?.backends['gradient']?.name).toBe(native ? 'native' : 'ort-cpu');
        const gaps = refined?.rgb.map((value, i) => Math.abs(value - (rgb[of]?.[i] as number)));
        expect(Math.max(...(gaps ?? [255]))).toBeLessThanOrEqual(1);
      }
      await shipped.close();
    },
    120_000,
  );

  it('that do not keep step are answered all the same', async () => {
    const source = direction(40);
    const requests = [
      request(0, { arms: ['refined'], steps: 7 }),
      request(10, { arms: ['coarse', 'composable'], phrases: [{ ...enginePhrase(1, 4, 5), source }] }),
      request(20, { arms: ['refined', 'coarse'], window: [0, 1000], guidance: 0 }),
      request(30, { rebuild: 'difference' }),
    ];
    const events = await together(requests);
    for (const [of, one] of requests.entries()) {
      const alone = resultsOf(await eventsOf(sample(one, pack, undefined, live)));
      expect(Object.keys(resultsBy(events, of))).toEqual(one.arms);
      for (const arm of one.arms) expectSame(resultsBy(events, of)[arm], alone[arm]);
    }
  });

  it('share the time among them', async () => {
    const began = performance.now();
    const events = await together([0, 10, 20, 30].map((k) => request(k, { steps: 30 })));
    const spent = (performance.now() - began) / 1000;
    const sum = events.reduce((s, { event }) => s + (event.type === 'result' ? event.seconds.total : 0), 0);
    expect(sum).toBeLessThanOrEqual(spent);
    expect(sum).toBeGreaterThan(spent / 4);
  });

  it('stop within a network call when they are cancelled, also while all wait', async () => {
    const abort = new AbortController();
    calls = { denoiser: [], kernel: [], encoder: [] };
    const stream = sampleTogether(
      [0, 10].map((k) => request(k, { steps: 100 })),
      pack,
      undefined,
      abort.signal,
    );
    await stream.next();
    abort.abort();
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toMatchObject({ name: 'AbortError' });
    const made = calls.denoiser.length;
    expect(made).toBeLessThan(5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls.denoiser).toHaveLength(made);
  });

  it('stop when nobody reads on', async () => {
    calls = { denoiser: [], kernel: [], encoder: [] };
    for await (const _ of sampleTogether(
      [0, 10].map((k) => request(k, { steps: 100 })),
      pack,
      undefined,
      live,
    ))
      break;
    const made = calls.denoiser.length;
    expect(made).toBeLessThan(5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls.denoiser).toHaveLength(made);
  });

  it('end with the error of the first that fails', async () => {
    const bad = request(10, { source: direction(0).fill(Number.NaN) });
    await expect(together([request(0, { steps: 100 }), bad])).rejects.toMatchObject({ code: 'non_finite' });
    expect(calls.denoiser.length).toBeLessThan(5);
    await expect(together([request(0), request(10, { arms: ['baseline'] })])).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});
