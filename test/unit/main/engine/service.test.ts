import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackManifest } from '#contract';
import { engineServices } from '../../../../main/engine/index.ts';
import type { EngineServices, SampleRequest } from '../../../../main/engine/index.ts';
import { makeCondition } from '../../../../main/engine/sample.ts';
import {
  addNoise,
  bankNoise,
  clip,
  ddimStep,
  fromRgb,
  guide,
  makeSchedule,
  normals,
  samplingLevels,
  toRgb,
} from '../../../../main/engine/sampler/index.ts';
import {
  DIMS,
  REFERENCES,
  SIZE,
  VOCABULARY,
  tinyClean,
  tinyEmbedding,
  tinyText,
  writeTinyPack,
} from '../../../support/tiny-pack.ts';
import {
  direction,
  enginePhrase,
  eventsOf,
  resultsOf,
  sampleRequest,
} from '../../../support/tiny-pack-engine.ts';

let parent: string;
let manifest: PackManifest;
let engine: EngineServices['engine'];
const live = { signal: new AbortController().signal };
const PIXELS = 3 * SIZE ** 2;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'accent-engine-'));
  const tiny = writeTinyPack(parent);
  manifest = tiny.manifest;
  engine = engineServices({ threads: 1, order: ['cpu'] }).engine;
  await engine.open({ folder: tiny.folder, manifest }, live);
  const baseline = writeTinyPack(parent, { id: 'one-stage', channels: 3 });
  await engine.open({ folder: baseline.folder, manifest: baseline.manifest }, live);
});
afterAll(() => {
  rmSync(parent, { recursive: true });
});

const run = async (change: Partial<SampleRequest> = {}) =>
  resultsOf(await eventsOf(engine.sample(sampleRequest(change), live)));

describe('embeddings', () => {
  it('of a text, with what was not understood', async () => {
    const { embedding, cutAt, unknown } = await engine.embedText(
      { packId: 'tiny', text: 'Red beard, zebra' },
      live,
    );
    const ids = ['[CLS]', 'red', 'beard', ',', '[UNK]', '[SEP]'].map((w) => VOCABULARY[w] as number);
    tinyText(ids).forEach((v, d) => {
      expect(embedding[d]).toBeCloseTo(v, 5);
    });
    expect({ cutAt, unknown }).toEqual({ cutAt: null, unknown: [[11, 16]] });
    expect((await engine.embedText({ packId: 'tiny', text: 'red '.repeat(30) }, live)).cutAt).toBe(14 * 4);
  });

  it('of a text, with how near it lies to what the pack can name', async () => {
    const ids = (words: string[]) => ['[CLS]', ...words, '[SEP]'].map((w) => VOCABULARY[w] as number);
    const beard = tinyText(ids(['red', 'beard']));
    const named = writeTinyPack(parent, {
      id: 'named',
      namedValues: Float32Array.from([...beard, ...tinyText(ids(['[UNK]']))].map((x) => x * 3)),
    });
    await engine.open({ folder: named.folder, manifest: named.manifest }, live);
    const nearest = async (packId: string, text: string) =>
      (await engine.embedText({ packId, text }, live)).nearest;
    expect(await nearest('named', 'red beard')).toBeCloseTo(1, 5);
    const blue = tinyText(ids(['blue']));
    const products = [beard, tinyText(ids(['[UNK]']))].map((x) => x.reduce((s, v, d) => s + v * blue[d]!, 0));
    expect(await nearest('named', 'blue')).toBeCloseTo(Math.max(...products), 5);
    expect(await nearest('tiny', 'red beard')).toBeNull();
  });

  it('of a text, with what an image must show to show it, where the pack has the odds', async () => {
    const ids = (words: string[]) => ['[CLS]', ...words, '[SEP]'].map((w) => VOCABULARY[w] as number);
    const namedValues = Float32Array.from(['red', 'blue'].flatMap((w) => [...tinyText(ids([w]))]));
    const meaning = async (id: string, odds: boolean, text: string) => {
      const { folder, manifest } = writeTinyPack(parent, { id, namedValues, odds });
      await engine.open({ folder, manifest }, live);
      return (await engine.embedText({ packId: id, text }, live)).meaning;
    };
    expect((await meaning('odds', true, 'red'))?.readings).toEqual([[0]]);
    const both = await meaning('odds', true, 'red blue');
    expect(both?.readings).toEqual([[0, 1]]);
    expect([...(both?.bias ?? [])]).toEqual([-4, -4]);
    namedValues.forEach((v, i) => {
      expect(both?.weights[i]).toBeCloseTo(8 * v, 4);
    });
    expect(await meaning('no-odds', false, 'red')).toBeNull();
  });

  it('of images, in batches, equal to one at a time', async () => {
    const rgb = Uint8Array.from({ length: 40 * PIXELS }, (_, i) => (i * 37 + (i >> 5)) & 255);
    const { embeddings } = await engine.embedImages({ packId: 'tiny', rgb }, live);
    expect(embeddings).toHaveLength(40 * DIMS);
    for (const n of [0, 31, 32, 39])
      tinyEmbedding(fromRgb(rgb.subarray(n * PIXELS, (n + 1) * PIXELS))).forEach((v, d) => {
        expect(embeddings[n * DIMS + d]).toBeCloseTo(v, 4);
      });
    await expect(
      (async () => engine.embedImages({ packId: 'tiny', rgb: rgb.subarray(1) }, live))(),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('of a noised reference, with the noise that its content chooses', async () => {
    const rgb = Uint8Array.from({ length: PIXELS }, (_, i) => (i * 91) & 255);
    const contentHash = '00000005'.padEnd(64, 'a');
    const levels = [1000, 500, 0];
    const { embeddings } = await engine.embedNoised({ packId: 'tiny', contentHash, rgb, levels }, live);
    const noise = bankNoise({ seed: 1n, count: 8 }, contentHash, SIZE);
    levels.forEach((level, i) => {
      tinyEmbedding(addNoise(makeSchedule('cosine'), fromRgb(rgb), noise, level)).forEach((v, d) => {
        expect(embeddings[i * DIMS + d]).toBeCloseTo(v, 4);
      });
    });
  });

  it('name a pack that is not open', async () => {
    await expect(
      (async () => engine.embedText({ packId: 'other', text: 'x' }, live))(),
    ).rejects.toMatchObject({ code: 'pack_not_ready' });
  });
});

describe('c = concat(e, e^1 .. e^K)', () => {
  const token = (c: { tokens: Float32Array }, slot: number): Float32Array =>
    c.tokens.slice(slot * DIMS, (slot + 1) * DIMS);

  it('takes references in turn from each phrase by rank, as many as the pack takes', () => {
    const c = makeCondition(
      direction(0),
      [enginePhrase(1, 1, 1, 2, 3), enginePhrase(1, 1, 11, 12, 13)],
      REFERENCES,
    );
    expect([0, 1, 2, 3, 4].map((s) => token(c, s))).toEqual([0, 1, 11, 2, 12].map(direction));
    expect([...c.mask]).toEqual([1, 1, 1, 1, 1]);
  });

  it('leaves out phrases without weight, and masks what is absent', () => {
    const c = makeCondition(direction(0), [enginePhrase(0, 1, 1), enginePhrase(0.5, 1, 11)], REFERENCES);
    expect(token(c, 1)).toEqual(direction(11));
    expect([...c.mask]).toEqual([1, 1, 0, 0, 0]);
    expect([...makeCondition(direction(0), [], REFERENCES).mask]).toEqual([1, 0, 0, 0, 0]);
  });
});

describe('sampling', () => {
  it('the coarse arm is guided DDIM of the formulas', async () => {
    const { coarse } = await run({ arms: ['coarse'] });
    const schedule = makeSchedule('cosine');
    const levels = samplingLevels(schedule, 4);
    const tokens = [direction(0), direction(1), direction(2)];
    let x = normals(7n, PIXELS);
    for (let i = 1; i <= 4; i++) {
      const t = levels[i - 1] as number;
      const clean = guide(tinyClean(x, null, t, tokens), tinyClean(x, null, t, []), 3);
      x = ddimStep(schedule, x, clip(clean, -1, 1), t, levels[i] as number);
    }
    const wanted = toRgb(x);
    coarse?.rgb.forEach((v, i) => {
      expect(Math.abs(v - (wanted[i] as number))).toBeLessThanOrEqual(1);
    });
    expect(coarse?.embedding[0]).toBeCloseTo(tinyEmbedding(x)[0] as number, 3);
  });

  it('counts its calls: two a step and branch, one VJP a refined step however many emphases', async () => {
    const many = [1, 2, 3, 4, 5].map((k) => enginePhrase(1, 10, k, k + 20, k + 40));
    const arms = ['sentence', 'coarse', 'coarse2', 'refined'] as const;
    const results = await run({ arms: [...arms], steps: 10, phrases: many, window: [0, 1000] });
    expect(Object.fromEntries(arms.map((arm) => [arm, results[arm]?.counters]))).toEqual({
      sentence: { denoiserCalls: 20, vjpCalls: 0 },
      coarse: { denoiserCalls: 20, vjpCalls: 0 },
      coarse2: { denoiserCalls: 38, vjpCalls: 0 },
      refined: { denoiserCalls: 38, vjpCalls: 9 },
    });
    const single = await run({ steps: 10, window: [0, 1000], guidance: 0 });
    expect(single['refined']?.counters).toEqual({ denoiserCalls: 19, vjpCalls: 9 });
  });

  it('same seed, same bytes; another seed, other bytes', async () => {
    const [a, b, c] = await Promise.all([run(), run(), run({ seed: 8 })]);
    expect(a['refined']?.rgb).toEqual(b['refined']?.rgb);
    expect(a['refined']?.rgb).not.toEqual(c['refined']?.rgb);
  });

  it('an arm is the same alone and beside others', async () => {
    const together = await run({ arms: ['coarse', 'refined'] });
    expect(together['refined']?.rgb).toEqual((await run())['refined']?.rgb);
    expect(together['coarse']?.rgb).toEqual((await run({ arms: ['coarse'] }))['coarse']?.rgb);
    expect(together['coarse']?.rgb).not.toEqual(together['refined']?.rgb);
  });

  it('each arm differs where it should', async () => {
    const results = await run({
      arms: ['sentence', 'coarse', 'coarse2', 'wrong', 'refined', 'baseline'],
      wrongPhrases: [enginePhrase(1, 4, 31, 32)],
      baselinePackId: 'one-stage',
    });
    const pictures = Object.values(results).map((r) => Buffer.from(r.rgb).toString('hex'));
    // `baseline` has the formula of `coarse` here, since the tiny denoiser without gradient is the same network.
    expect(new Set(pictures).size).toBe(5);
    expect(results['baseline']?.rgb).toEqual(results['coarse']?.rgb);
  });

  describe('rivals', () => {
    const source = direction(40);
    const phrases = [{ ...enginePhrase(1, 4, 1, 2), source }];
    const scales = (change: Partial<SampleRequest['rivalScales']>): SampleRequest['rivalScales'] => ({
      ...sampleRequest().rivalScales,
      ...change,
    });

    it('are pictures of their own, and each scale matters', async () => {
      const arms = ['coarse', 'refined', 'first-order', 'composable', 'structure'] as const;
      const first = await run({ arms: [...arms], phrases });
      const rgb = Object.values(first).map((r) => Buffer.from(r.rgb).toString('hex'));
      expect(new Set(rgb).size).toBe(5);
      const other = await run({
        arms: [...arms],
        phrases,
        rivalScales: scales({ 'first-order': 3, composable: 1, structure: 1 }),
      });
      for (const arm of ['first-order', 'composable', 'structure'])
        expect(other[arm]?.rgb, arm).not.toEqual(first[arm]?.rgb);
      expect(other['refined']?.rgb).toEqual(first['refined']?.rgb);
    });

    it('first-order at scale 0 is coarse, at the price of one VJP a step', async () => {
      const { coarse, 'first-order': none } = await run({
        arms: ['coarse', 'first-order'],
        rivalScales: scales({ 'first-order': 0 }),
        window: [0, 1000],
      });
      expect(none?.rgb).toEqual(coarse?.rgb);
      expect(none?.counters).toEqual({ denoiserCalls: 8, vjpCalls: 3 });
    });

    it('composable is the formula on the sentence and each phrase by itself', async () => {
      const { composable } = await run({ arms: ['composable'], steps: 1, phrases });
      const x = normals(7n, PIXELS);
      const none = tinyClean(x, null, 1000, []);
      const sentence = tinyClean(x, null, 1000, [direction(0)]);
      const phrase = tinyClean(x, null, 1000, [source, direction(1), direction(2)]);
      const wanted = toRgb(
        clip(
          none.map((n, i) => n + 2 * ((sentence[i] as number) - n) + 2 * ((phrase[i] as number) - n)),
          -1,
          1,
        ),
      );
      composable?.rgb.forEach((v, i) => {
        expect(Math.abs(v - (wanted[i] as number))).toBeLessThanOrEqual(1);
      });
      expect(composable?.counters.denoiserCalls).toBe(3);
    });

    it('structure averages c and the renewed noun phrase before its one guidance', async () => {
      const { structure } = await run({ arms: ['structure'], steps: 1, phrases });
      const x = normals(7n, PIXELS);
      const none = tinyClean(x, null, 1000, []);
      const whole = tinyClean(x, null, 1000, [0, 1, 2].map(direction));
      const renewed = tinyClean(x, null, 1000, [direction(0), source, direction(1), direction(2)]);
      const wanted = toRgb(
        clip(
          guide(
            whole.map((w, i) => (w + (renewed[i] as number)) / 2),
            none,
            3,
          ),
          -1,
          1,
        ),
      );
      structure?.rgb.forEach((v, i) => {
        expect(Math.abs(v - (wanted[i] as number))).toBeLessThanOrEqual(1);
      });
    });

    it('baseline-guided pulls the Baseline towards the text at every level, without references', async () => {
      const change = { baselinePackId: 'one-stage', window: [900, 1000] as [number, number] };
      const { 'baseline-guided': guided, baseline } = await run({
        ...change,
        arms: ['baseline', 'baseline-guided'],
        phrases: [],
      });
      expect(guided?.rgb).not.toEqual(baseline?.rgb);
      expect(guided?.counters).toEqual({ denoiserCalls: 8, vjpCalls: 3 });
      const { 'baseline-guided': other } = await run({
        ...change,
        arms: ['baseline-guided'],
        phrases: [],
        text: direction(5),
      });
      expect(other?.rgb).not.toEqual(guided?.rgb);
      await expect(run({ arms: ['baseline-guided'] })).rejects.toMatchObject({ code: 'invalid_input' });
    });
  });

  it('the weight matters, also beyond 1, and a phrase without weight is as if it were not there', async () => {
    const by = async (w: number) =>
      (await run({ phrases: [enginePhrase(1, 4, 3), enginePhrase(w, 4, 1)] }))['refined']?.rgb;
    const [none, one, more] = await Promise.all([by(0), by(1), by(1.4)]);
    expect(one).not.toEqual(none);
    expect(more).not.toEqual(one);
    expect(none).toEqual((await run({ phrases: [enginePhrase(1, 4, 3)] }))['refined']?.rgb);
  });

  it('reports steps and previews in order, and what ran', async () => {
    const events = await eventsOf(
      engine.sample(
        sampleRequest({
          arms: ['coarse', 'refined'],
          steps: 2,
          previews: true,
          upscale: true,
          window: [0, 1000],
        }),
        live,
      ),
    );
    const steps = events.filter((e) => e.type === 'step').map((e) => [e.arm, e.stage, e.i, e.of]);
    expect(steps).toEqual([
      ['coarse', 'coarse', 1, 2],
      ['coarse', 'coarse', 2, 2],
      ['refined', 'coarse', 1, 2],
      ['refined', 'gradient', 1, 2],
      ['refined', 'refined', 1, 2],
      ['refined', 'coarse', 2, 2],
    ]);
    expect(events.filter((e) => e.type === 'preview').length).toBeGreaterThan(0);
    const { coarse, refined } = resultsOf(events);
    expect(Object.keys(coarse?.backends ?? {})).not.toContain('gradient');
    expect(refined?.backends['gradient']).toEqual(refined?.backends['denoiser']);
    expect(refined?.large?.size).toBe(4 * SIZE);
    // Nearest: the corner pixel of both.
    expect([...(refined?.large?.rgb.subarray(0, 3) ?? [])]).toEqual([...(refined?.rgb.subarray(0, 3) ?? [])]);
  });

  it('a gradient that is not finite leaves steps unrefined and names them', async () => {
    const phrase = enginePhrase(1, 4, 1);
    const noised = phrase.references[0]?.noised as Float32Array;
    // Sampling level number 2 (t = 500).
    noised.fill(Number.NaN, 2 * DIMS, 3 * DIMS);
    const { refined } = await run({ phrases: [phrase] });
    expect(refined?.unrefinedSteps).toEqual([2]);
    expect(refined?.counters.vjpCalls).toBe(3);
  });

  it('a source that is not finite is an error, not a black picture', async () => {
    await expect(run({ source: new Float32Array(DIMS).fill(Number.NaN) })).rejects.toMatchObject({
      code: 'non_finite',
    });
  });

  it('cancels before the next network call', async () => {
    const abort = new AbortController();
    const stream = engine
      .sample(sampleRequest({ steps: 100 }), { signal: abort.signal })
      [Symbol.asyncIterator]();
    await stream.next();
    abort.abort();
    await expect(stream.next()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('the arm "baseline" without its pack is an error that says so', async () => {
    await expect(run({ arms: ['baseline'] })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('baselinePackId') as string,
    });
  });
});

describe('doctor', () => {
  it('says for each port what runs it, how well it agrees, and what was refused', async () => {
    const { ports } = await engine.inspect({ packId: 'tiny' }, live);
    expect(ports.map((p) => p.port)).toEqual([
      'denoiser',
      'imageEncoder',
      'gradient',
      'textEncoder',
      'prior',
      'upscaler',
    ]);
    for (const { chosen } of ports) {
      expect(chosen?.name).toBe('ort-cpu');
      expect(chosen?.goldenError).toBeLessThan(1);
    }
  });

  it('keeps the reason where nothing runs a port, and still reports the others', async () => {
    const bad = writeTinyPack(parent, {
      id: 'bad-golden',
      golden: (bytes) => {
        const copy = Uint8Array.from(bytes);
        copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 0x80;
        return copy;
      },
    });
    await engine.open({ folder: bad.folder, manifest: bad.manifest }, live);
    const { ports } = await engine.inspect({ packId: 'bad-golden' }, live);
    const upscaler = ports.find((p) => p.port === 'upscaler');
    expect(upscaler?.chosen).toBeNull();
    expect(upscaler?.refused[0]?.reason).toMatch(/golden check failed/);
    expect(ports.filter((p) => p.chosen !== null)).toHaveLength(5);
  });
});
