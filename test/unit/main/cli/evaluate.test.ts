import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ArmScore, EvaluateRequest, EvaluationReport, StudyResults } from '#contract';
import { evaluate, summaryOf } from '../../../../main/cli/evaluate.ts';
import { makeOutput } from '../../../../main/cli/output.ts';
import { bestOf, parseSweep, sweepScales } from '../../../../main/cli/sweep.ts';
import { studyMarkdown } from '../../../../main/cli/study.ts';

const score = (arm: ArmScore['arm'], value: number): ArmScore => ({
  arm,
  pictures: 60,
  detail: { value, low: value - 5, high: value + 5 },
  allRight: null,
  kept: null,
  fd: 12.3456,
  kid: null,
  encoder: 0.12345,
  diversity: null,
  lpips: null,
  seconds: 1.234,
  denoiserCalls: 40,
  vjpCalls: 0,
  unrefinedSteps: 0,
  groups: {},
  byEmphases: {},
});

describe('evaluation.json', () => {
  it('has the arms by key, rounded, with absent figures as null', () => {
    const apart = { value: 0.31415, low: 0.27182, high: 0.33333 };
    const scores = [score('baseline-guided', 71.237), { ...score('refined', 90), lpips: apart }];
    const report = { arms: scores, rows: [] };
    const { arms } = summaryOf(report as unknown as EvaluationReport);
    expect(Object.keys(arms)).toEqual(['baselineGuided', 'refined']);
    expect(arms['baselineGuided']).toMatchObject({
      detail: 71.24,
      detailLow: 66.24,
      detailHigh: 76.24,
      allRight: null,
      fd: 12.35,
      kid: null,
      seconds: 1.23,
      encoder: 0.1235,
      lpips: null,
    });
    expect(arms['refined']).toMatchObject({ lpips: 0.3142, lpipsLow: 0.2718, lpipsHigh: 0.3333 });
  });
});

describe('--lpips FILE', () => {
  it('is refused with one seed, before a picture is made', async () => {
    const out = mkdtempSync(join(tmpdir(), 'accent-evaluate-'));
    const run = evaluate({ lpips: 'lpips.onnx', out }, makeOutput(false), new AbortController().signal);
    await expect(run).rejects.toMatchObject({
      code: 'invalid_input',
      message: '--lpips measures between seeds: expected --seeds 2 or more.',
    });
    rmSync(out, { recursive: true });
  });
});

describe('--pack FOLDER', () => {
  it('says what is wrong with the pack in it, and takes no other of that id', async () => {
    const out = mkdtempSync(join(tmpdir(), 'accent-evaluate-'));
    const folder = join(out, 'candidate');
    mkdirSync(folder);
    const shipped = fileURLToPath(new URL('../../../../models/first/manifest.json', import.meta.url));
    const manifest = JSON.parse(readFileSync(shipped, 'utf8')) as object;
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, version: 'newest' }));
    const run = evaluate({ pack: folder, out }, makeOutput(false), new AbortController().signal);
    await expect(run).rejects.toThrow(/There is no pack in ".*candidate": manifest\.json: version: /);
    rmSync(out, { recursive: true });
  });
});

describe('a sweep of a scale', () => {
  it.each(['refined=1', 'first-order', 'first-order=', 'first-order=a', 'composable=1,101'])(
    'refuses %j',
    (text) => {
      expect(() => parseSweep(text)).toThrow('--sweep: expected ARM=S,S');
    },
  );
  it('takes the most details shown, of equals the smallest scale', () => {
    const row = (scale: number, detail: number | null) => ({
      scale,
      detail,
      low: null,
      high: null,
      fd: null,
    });
    expect(bestOf([row(2, 60), row(1, 60), row(4, 50), row(0.5, null)])?.scale).toBe(1);
    expect(bestOf([row(1, null)])).toBeNull();
  });
  it('runs the arm alone at each scale, in results of its own, and writes what came out', async () => {
    const out = mkdtempSync(join(tmpdir(), 'accent-sweep-'));
    const asked: [string, readonly string[], number][] = [];
    const base = {
      settings: { rivalScales: { composable: 2, 'first-order': 0.1 } },
      promptSet: { name: 'validation' },
      arms: ['coarse'],
    } as unknown as EvaluateRequest;
    const lines: string[] = [];
    await sweepScales(
      parseSweep('first-order=0.05,0.2'),
      base,
      async ({ evaluationId, arms, settings }) => {
        const scale = settings.rivalScales['first-order'];
        asked.push([evaluationId, arms, scale]);
        return { arms: [score('first-order', 100 * scale)] } as unknown as EvaluationReport;
      },
      out,
      { ...makeOutput(false), line: (text) => lines.push(text) },
    );
    expect(asked).toEqual([
      ['sweep-first-order-0_05', ['first-order'], 0.05],
      ['sweep-first-order-0_2', ['first-order'], 0.2],
    ]);
    expect(JSON.parse(readFileSync(join(out, 'sweep-first-order.json'), 'utf8'))).toMatchObject({
      arm: 'first-order',
      best: 0.2,
      rows: [
        { scale: 0.05, detail: 5 },
        { scale: 0.2, detail: 20 },
      ],
    });
    expect(lines.at(-1)).toBe('best: 0.2');
    rmSync(out, { recursive: true });
  });
});

describe("a study's table", () => {
  const none = { alpha: null, selfConsistency: null };
  const results = (raters: number, synthetic: number): StudyResults => ({
    studyId: 's',
    raters,
    synthetic,
    arms: [
      {
        arm: 'refined',
        pictures: 2,
        photorealism: { value: 4, low: 3, high: 5 },
        alignment: null,
        detail: null,
        strength: null,
      },
    ],
    agreement: { photorealism: none, alignment: none, detail: none, pair: none },
    readerAgreement: null,
  });

  it('says first that nobody has rated where all sheets are synthetic', () => {
    const text = studyMarkdown(results(0, 2));
    expect(text).toMatch(/^\*\*No raters yet: these figures are of 2 synthetic sheets/);
    expect(text).toContain('| refined | 4.00 (3.00 to 5.00) |');
  });
  it('says that synthetic sheets are left out where people rated', () => {
    expect(studyMarkdown(results(3, 1))).toMatch(/^3 raters \(1 synthetic sheets are left out\)/);
  });
});
