/** A whole evaluation over the tiny pack, with real child processes and a results file that outlives its host. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { EvaluateRequest } from '#contract';
import type { Arm, EvaluateEvent, EvaluationReport, EvaluationState, StartEvaluation } from '#contract';
import { follow, makeTestHost, idle, importAll, request, importPictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';
import { writeTinyReader } from '../../../../support/tiny-reader.ts';

let rig: TestHost;
const prompt = (colour: string, wanted = colour) => ({
  text: `a person with a ${colour} beard`,
  emphases: [{ phrase: `${colour} beard`, details: { colour: wanted } }],
  others: {},
});
const promptSet = {
  format: 'accent-prompts',
  schema: 1,
  name: 'validation',
  prompts: [prompt('red'), prompt('green'), prompt('blue'), prompt('red', 'blue')],
} as const;
const requestOf = (change: object = {}): EvaluateRequest =>
  v.parse(EvaluateRequest, {
    evaluationId: 'first',
    settings: { packId: 'tiny', referencesPerEmphasis: 2 },
    promptSet,
    arms: ['coarse', 'wrong', 'refined'],
    ...change,
  });
const run = async (request: EvaluateRequest, stopAfter = Infinity): Promise<EvaluateEvent[]> => {
  const events: EvaluateEvent[] = [];
  for await (const event of rig.host.services.evaluation.run(request, idle)) {
    events.push(event);
    if (events.length >= stopAfter) break;
  }
  return events;
};
const report = async (evaluationId = 'first') => rig.host.services.evaluation.report({ evaluationId }, idle);
const armOf = (r: EvaluationReport, arm: Arm) => r.arms.find((a) => a.arm === arm);

beforeAll(async () => {
  rig = makeTestHost();
  writeTinyReader(join(rig.home, 'reader'));
  writeTinyPack(rig.packs, { id: 'one-stage', channels: 3 });
  await importPictures(rig);
}, 60_000);
afterAll(async () => {
  await rig.dispose();
});

describe('an evaluation', () => {
  it('that is cut off goes on in another process where it stopped, to the same rows as one without a break', async () => {
    // Two prompts at a time, cut off with two of their three arms.
    const cut = await run(requestOf({ batch: 2 }), 3);
    expect(cut.at(-1)).toMatchObject({ type: 'progress', done: 4, of: 12 });
    expect((await report()).report).toMatchObject({ complete: false, prompts: { count: 2, total: 4 } });
    await rig.restart();
    const rest = await run(requestOf({ batch: 2 }));
    expect(rest[0]).toEqual({ type: 'progress', done: 4, of: 12, secondsLeft: null });
    expect(rest.map((e) => (e.type === 'progress' ? e.done : e.rows))).toEqual([4, 6, 8, 10, 12, 12]);
    expect(rest.at(-1)).toEqual({ type: 'done', rows: 12 });
    expect(await run(requestOf())).toHaveLength(2);
    await run(requestOf({ evaluationId: 'at-once', batch: 2 }));
    const [a, b] = [(await report()).report, (await report('at-once')).report];
    expect(a.complete).toBe(true);
    expect(a.rows).toEqual(b.rows);
    expect(a.rows.map((r) => r.shown).every((s) => /^[01]$/.test(s))).toBe(true);
    expect(a.arms.map((x) => x.detail)).toEqual(b.arms.map((x) => x.detail));
  }, 60_000);

  it('shows the same however many pictures are made side by side', async () => {
    for (const batch of [1, 3, 32]) {
      await run(requestOf({ evaluationId: `by-${batch}`, batch }));
      const [a, b] = [(await report()).report, (await report(`by-${batch}`)).report];
      expect(b.rows.map(({ pixelsHash: _, ...row }) => row)).toEqual(
        a.rows.map(({ pixelsHash: _, ...row }) => row),
      );
      expect(b.arms.map((x) => [x.detail, x.denoiserCalls, x.vjpCalls])).toEqual(
        a.arms.map((x) => [x.detail, x.denoiserCalls, x.vjpCalls]),
      );
    }
    for (const batch of [0, 1.5, 33]) expect(() => requestOf({ batch })).toThrow(/batch/);
  }, 60_000);

  it('reports what its rows say', async () => {
    const { report: r, markdown, html, sheet } = await report();
    expect(r.prompts).toMatchObject({ name: 'validation', count: 4, details: 4, seeds: 1 });
    expect(r.settings).toMatchObject({ steps: 4, guidance: 3, window: [100, 900], firstSeed: 1000 });
    expect(r.arms.map((a) => [a.arm, a.pictures, a.denoiserCalls, a.vjpCalls])).toEqual([
      ['coarse', 4, 8, 0],
      ['wrong', 4, 14, 3],
      ['refined', 4, 14, 3],
    ]);
    for (const a of r.arms) {
      const shown = r.rows.filter((row) => row.arm === a.arm).filter((row) => row.shown === '1').length;
      expect(a.detail?.value).toBeCloseTo((100 * shown) / 4, 9);
      expect(a.groups).toEqual({ colour: [shown, 4] });
      expect(a.fd).toBeGreaterThan(0);
      expect(a.diversity).toBeNull();
    }
    // The first three show the colour that they are made of, the last is asked for another than it is made of.
    expect(r.rows.filter((row) => row.arm === 'refined').map((row) => row.shown)).toEqual([
      '1',
      '1',
      '1',
      '0',
    ]);
    expect(armOf(r, 'refined')?.detail?.low).toBeLessThan(75);
    expect(r.paired.map((d) => [d.a, d.b])).toEqual([
      ['refined', 'coarse'],
      ['refined', 'wrong'],
    ]);
    expect(r.paired[1]?.detail?.value).toBeCloseTo(
      (armOf(r, 'refined')?.detail?.value ?? 0) - (armOf(r, 'wrong')?.detail?.value ?? 0),
      9,
    );
    expect(r.features).toMatchObject({ name: 'channel means', dims: 3, split: 'validation', images: 20 });
    expect(markdown).toContain('| refined - wrong |');
    expect(markdown).toContain('neither is FID');
    expect(html).toContain('data:image/png;base64,');
    expect([...sheet.subarray(1, 4)].map((c) => String.fromCharCode(c)).join('')).toBe('PNG');
  });

  it('takes more arms and seeds into the same results, and every rival', async () => {
    const arms = [
      'coarse',
      'refined',
      'baseline',
      'baseline-guided',
      'first-order',
      'composable',
      'structure',
    ];
    const request = requestOf({
      evaluationId: 'rivals',
      settings: { packId: 'tiny', baselinePackId: 'one-stage', referencesPerEmphasis: 2 },
      arms: arms.slice(0, 2),
    });
    await run(request);
    const events = await run({ ...request, arms: arms as Arm[], seeds: 2 });
    expect(events[0]).toMatchObject({ done: 8, of: 56 });
    const { report: r } = await report('rivals');
    expect(r.arms.map((a) => a.arm)).toEqual(arms);
    expect(r.arms.every((a) => a.pictures === 8 && (a.diversity ?? -1) >= 0)).toBe(true);
    expect(armOf(r, 'composable')?.denoiserCalls).toBe(12);
    expect(r.prompts.seeds).toBe(2);
  }, 60_000);

  it('refuses to mix results of other settings, and says which', async () => {
    await expect(
      run(requestOf({ settings: { packId: 'tiny', referencesPerEmphasis: 2, steps: 5 } })),
    ).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('other settings') as string,
    });
    // What the pack says anyway is no other setting.
    const same = { packId: 'tiny', referencesPerEmphasis: 2, steps: 4 };
    expect(await run(requestOf({ settings: same }))).toHaveLength(2);
  });

  it('makes only the rows that are asked for, the same as in the whole', async () => {
    const whole = (await report()).report.rows;
    const only = whole.filter((r) => r.prompt === 2 || r.arm === 'wrong');
    await run(
      requestOf({
        evaluationId: 'again',
        only: only.map(({ prompt: p, seed, arm }) => ({ prompt: p, seed, arm })),
      }),
    );
    const again = (await report('again')).report;
    const byKey = (r: (typeof only)[number]): string => `${r.prompt} ${r.arm}`;
    expect(Object.fromEntries(again.rows.map((r) => [byKey(r), r]))).toEqual(
      Object.fromEntries(only.map((r) => [byKey(r), r])),
    );
    expect(again.prompts.hash).toBe((await report()).report.prompts.hash);
  }, 60_000);

  it.each([
    [
      'a detail that the reader has no word for',
      { promptSet: { ...promptSet, prompts: [prompt('red'), prompt('purple')] } },
      'no colour "purple"',
    ],
    ['a row of no prompt', { only: [{ prompt: 9, seed: 0, arm: 'coarse' }] }, 'no prompt number 9'],
    ['wrong with one prompt', { promptSet: { ...promptSet, prompts: [prompt('red')] } }, 'second prompt'],
    ['the Baseline without its pack', { arms: ['baseline'] }, 'evaluation pack'],
  ])('is refused before it starts with %s', async (_, change, message) => {
    await expect(run(requestOf({ evaluationId: 'refused', ...change }))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message) as string,
    });
  });

  describe('that the host runs by itself', () => {
    const services = () => rig.host.services.evaluation;
    const start = (change: object = {}) => services().start({ ...startOf(), ...change }, idle);
    const startOf = (): StartEvaluation => {
      const { promptSet: prompts, ...rest } = requestOf({
        evaluationId: 'alone',
        arms: ['coarse', 'refined'],
        batch: 1,
      });
      return { ...rest, prompts };
    };
    const states = async (evaluationId = 'alone') => {
      const seen: EvaluationState[] = [];
      for await (const state of services().watch({ evaluationId }, idle)) seen.push(state);
      return seen;
    };
    const one = async (evaluationId = 'alone') =>
      (await services().list({}, idle)).evaluations.find((e) => e.evaluationId === evaluationId);

    it('is stopped, goes on after a restart of the studio, and is told to whoever watches', async () => {
      expect(await start()).toMatchObject({ done: 0, of: 8, run: { type: 'progress', done: 0, of: 8 } });
      await expect(start({ evaluationId: 'second' })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('"alone" is running') as string,
      });
      for await (const state of services().watch({ evaluationId: 'alone' }, idle))
        if (state.type === 'progress' && state.done > 0) break;
      const stopped = await services().stop({ evaluationId: 'alone' }, idle);
      expect(stopped.run).toEqual({ type: 'stopped' });
      expect(stopped.done).toBeGreaterThan(0);
      expect(stopped.done).toBeLessThan(8);
      await rig.restart();
      expect(await one()).toMatchObject({
        done: stopped.done,
        of: 8,
        run: null,
        arms: ['coarse', 'refined'],
      });
      await services().resume({ evaluationId: 'alone' }, idle);
      const [a, b] = await Promise.all([states(), states()]);
      expect(a.at(-1)).toEqual({ type: 'done', rows: 8 });
      expect(b.at(-1)).toEqual({ type: 'done', rows: 8 });
      expect(await one()).toMatchObject({
        done: 8,
        run: { type: 'done' },
        promptSet: 'validation',
        seeds: 1,
      });
      expect((await report('alone')).report.complete).toBe(true);
    }, 60_000);

    it('takes turns with the runs of the queue: never both, and neither waits for all of the other', async () => {
      const { jobs } = rig.host.services;
      const left = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const { running, turn, waiting } of jobs.queue({}, { signal: left.signal })) {
          if (running !== null && turn !== null) seen.push('both');
          else if (running !== null && seen.at(-1) !== 'job') seen.push('job');
          else if (turn !== null && seen.at(-1) !== `${turn}`) seen.push(turn);
          if (turn === 'evaluate' && waiting.length > 0 && !seen.includes('waits')) seen.push('waits');
        }
      })();
      await jobs.pause({ paused: true }, idle);
      const ids: string[] = [];
      for (const seed of [1, 2]) {
        const asked = request({ seed, steps: 40, upscale: false });
        ids.push((await jobs.submit(asked, idle)).jobId);
      }
      await start({ evaluationId: 'turns', seeds: 3 });
      await jobs.pause({ paused: false }, idle);
      const told = await states('turns');
      await Promise.all(ids.map((id) => follow(rig.host, id)));
      left.abort();
      await watching;
      expect(told.at(-1)).toEqual({ type: 'done', rows: 24 });
      expect(told.some((s) => s.type === 'progress' && s.waits === true)).toBe(true);
      expect(seen).not.toContain('both');
      expect(seen).toContain('waits');
      // One job, then pictures of the evaluation, then the other job.
      const order = seen.filter((s) => s !== 'waits').join(' ');
      expect(order).toMatch(/job evaluate job/);
    }, 60_000);

    it('takes the first prompts of a set that ships, and offers those', async () => {
      mkdirSync(join(rig.home, 'prompts'), { recursive: true });
      writeFileSync(join(rig.home, 'prompts', 'validation.json'), JSON.stringify(promptSet));
      writeFileSync(join(rig.home, 'prompts', 'damaged.json'), '{}');
      expect(await services().promptSets({ packId: 'tiny' }, idle)).toEqual({
        sets: [{ name: 'validation', prompts: 4, details: 4 }],
      });
      await start({ evaluationId: 'named', prompts: { name: 'validation', count: 2 }, arms: ['coarse'] });
      expect((await states('named')).at(-1)).toEqual({ type: 'done', rows: 2 });
      await expect(start({ prompts: { name: 'none' } })).rejects.toMatchObject({ code: 'not_found' });
      await expect(start({ prompts: { name: 'damaged' } })).rejects.toMatchObject({ code: 'unreadable' });
    }, 60_000);

    it('is refused at once where it could not be run, and leaves nothing running', async () => {
      await expect(start({ evaluationId: 'bad', arms: ['baseline'] })).rejects.toMatchObject({
        code: 'invalid_input',
      });
      await expect(states('bad')).rejects.toMatchObject({ code: 'not_found' });
      await expect(services().resume({ evaluationId: 'bad' }, idle)).rejects.toMatchObject({
        code: 'not_found',
      });
      writeFileSync(join(rig.home, 'evaluations', 'odd.db'), 'this is no database');
      const { refused } = await services().list({}, idle);
      expect(refused.map((r) => r.evaluationId)).toEqual(['odd']);
    });
  });

  it('of a pack that draws something else is read by the reader of that, and refused without it', async () => {
    writeTinyPack(rig.packs, { id: 'other', manifest: (m) => ({ ...m, domain: 'scenes' }) });
    const pictures = join(rig.folder, 'pictures');
    await importAll(rig.host, pictures, 'other');
    const other = requestOf({
      evaluationId: 'other',
      settings: { packId: 'other', referencesPerEmphasis: 2 },
    });
    await expect(run(other)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('models/evaluation/reader-scenes/manifest.json') as string,
    });
    writeTinyReader(join(rig.home, 'reader-scenes'));
    await expect(run(other)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('reads the domain "first", and the pack draws "scenes"') as string,
    });
    writeTinyReader(join(rig.home, 'reader-scenes'), { domain: 'scenes', sharp: 7 });
    expect((await run(other)).at(-1)).toEqual({ type: 'done', rows: 12 });
    const sets = (packId: string) => rig.host.services.evaluation.promptSets({ packId }, idle);
    expect(await sets('other')).toEqual({ sets: [] });
    mkdirSync(join(rig.home, 'prompts-scenes'));
    const two = { ...promptSet, name: 'two', prompts: promptSet.prompts.slice(2) };
    writeFileSync(join(rig.home, 'prompts-scenes', 'two.json'), JSON.stringify(two));
    expect(await sets('other')).toEqual({ sets: [{ name: 'two', prompts: 2, details: 2 }] });
    expect((await sets('tiny')).sets.map(({ name }) => name)).not.toContain('two');
    await expect(sets('none')).rejects.toMatchObject({ code: 'not_found' });
    const { packId, of } = await rig.host.services.evaluation.start(
      {
        evaluationId: 'by-name',
        settings: other.settings,
        prompts: { name: 'two' },
        arms: ['coarse'],
        seeds: 1,
        batch: 2,
      },
      idle,
    );
    expect([packId, of]).toEqual(['other', 2]);
    const { modelHash } = (await report('other')).report.reader;
    expect(modelHash).not.toBe((await report()).report.reader.modelHash);
  });

  it('without results, and without a reader, says so', async () => {
    await expect(report('nothing')).rejects.toMatchObject({ code: 'not_found' });
    writeFileSync(join(rig.home, 'reader', 'reader.onnx'), 'changed');
    await expect(run(requestOf())).rejects.toMatchObject({ code: 'hash_mismatch' });
    writeTinyReader(join(rig.home, 'reader'), { sharp: 3 });
    await expect(report()).rejects.toMatchObject({ code: 'conflict' });
  });
});
