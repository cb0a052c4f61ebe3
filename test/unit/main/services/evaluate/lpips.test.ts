/** LPIPS over seeds, by a graph that stands in for it, over the tiny pack: what is measured, kept, reported and refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EvaluateRequest } from '#contract';
import type { EvaluateEvent, EvaluationReport } from '#contract';
import { makeConfig } from '../../../../../main/config.ts';
import { openLpips } from '../../../../../main/engine/lpips.ts';
import { average } from '../../../../../main/services/evaluate/statistics.ts';
import { findLpips, openPairs, pairsOf } from '../../../../../main/services/evaluate/lpips.ts';
import { openResults } from '../../../../../main/services/store/index.ts';
import type { ResultsFile } from '../../../../../main/services/store/index.ts';
import { idle, makeTestHost, importPictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';
import { writeTinyLpips } from '../../../../support/tiny-lpips.ts';
import { writeTinyReader } from '../../../../support/tiny-reader.ts';

let rig: TestHost;
let graph: string;
const ARMS = ['coarse', 'refined'] as const;
const prompts = ['red', 'green', 'blue'].map((colour) => ({
  text: `a person with a ${colour} beard`,
  emphases: [{ phrase: `${colour} beard`, details: { colour } }],
}));
/** All events, or those up to the one that `isEnough`, where the run is then cut off. */
const run = async (
  change: object = {},
  isEnough: (event: EvaluateEvent) => boolean = () => false,
): Promise<EvaluateEvent[]> => {
  const request = v.parse(EvaluateRequest, {
    evaluationId: 'apart',
    settings: { packId: 'tiny', referencesPerEmphasis: 2 },
    promptSet: { format: 'accent-prompts', schema: 1, name: 'validation', prompts },
    arms: ARMS,
    seeds: 2,
    ...change,
  });
  const events: EvaluateEvent[] = [];
  for await (const event of rig.host.services.evaluation.run(request, idle)) {
    events.push(event);
    if (isEnough(event)) break;
  }
  return events;
};
const report = (evaluationId = 'apart') => rig.host.services.evaluation.report({ evaluationId }, idle);
const armOf = (r: EvaluationReport, arm: string) => r.arms.find((a) => a.arm === arm);
const results = <T>(use: (file: ResultsFile) => T): T => {
  const file = openResults(join(rig.home, 'evaluations', 'apart.db'));
  try {
    return use(file);
  } finally {
    file.close();
  }
};

/** Sets the seeds of what is there apart, each prompt and arm by another amount: the tiny pack draws the same from any noise. */
const scatter = (): void => {
  results((file) => {
    const rows = file.rows().map((row) => {
      const rgb = file.pixels(row.prompt, row.seed, row.arm)?.rgb ?? new Uint8Array();
      const by = row.seed * (9 + 5 * row.prompt + (row.arm === 'refined' ? 3 : 0));
      return { ...row, rgb: rgb.map((x) => (x < 128 ? x + by : x - by)) };
    });
    file.add(rows);
  });
};

/** The stand-in's distance of two seeds of a prompt, from the bytes that are kept. */
function byHand(arm: string, prompt: number, first: number, second: number): number {
  const [a, b] = results((file) => [file.pixels(prompt, first, arm), file.pixels(prompt, second, arm)]);
  if (!a || !b) throw new Error('no such picture');
  return average([...a.rgb].map((x, i) => ((x - (b.rgb[i] as number)) / 127.5) ** 2));
}
const allByHand = (arm: string, pairs: readonly (readonly [number, number])[]): number[] =>
  prompts.map((_, i) => average(pairs.map(([a, b]) => byHand(arm, i, a, b))));

beforeAll(async () => {
  rig = makeTestHost();
  graph = writeTinyLpips(join(rig.folder, 'lpips.onnx'));
  writeTinyReader(join(rig.home, 'reader'));
  await importPictures(rig);
}, 60_000);
afterAll(async () => {
  await rig.dispose();
});

describe('LPIPS over seeds', () => {
  it('is not measured without its file, and the report says so', async () => {
    await run();
    scatter();
    const { report: r, markdown } = await report();
    expect(r.lpips).toBeNull();
    expect(r.arms.map((a) => a.lpips)).toEqual([null, null]);
    expect(r.paired[0]?.lpips).toBeNull();
    expect(markdown).toContain('LPIPS over seeds was not measured: no file of it was given.');
  }, 60_000);

  it('is measured over pictures that are there already, as the mean over prompts, in every form of the report', async () => {
    await rig.restart({ lpipsFile: graph });
    // No picture is made again.
    expect(await run()).toEqual([
      { type: 'progress', done: 12, of: 12, secondsLeft: null },
      { type: 'progress', done: 12, of: 12, secondsLeft: 0 },
      { type: 'done', rows: 12 },
    ]);
    const { report: r, markdown, html } = await report();
    const [coarse, refined] = ARMS.map((arm) => allByHand(arm, [[0, 1]])) as [number[], number[]];
    expect(new Set([...coarse, ...refined].map((d) => d.toFixed(4))).size).toBe(6);
    expect(armOf(r, 'coarse')?.lpips?.value).toBeCloseTo(average(coarse), 6);
    expect(armOf(r, 'refined')?.lpips?.value).toBeCloseTo(average(refined), 6);
    expect(armOf(r, 'coarse')?.lpips?.low).toBeCloseTo(Math.min(...coarse), 4);
    expect(r.paired[0]?.lpips?.value).toBeCloseTo(average(refined) - average(coarse), 6);
    expect(r.lpips).toEqual({ hash: (await findLpips(graph)).sha256, size: 8 });
    for (const text of [markdown, html]) expect(text).toContain('LPIPS over seeds is the mean LPIPS');
    expect(markdown).toMatch(/\| diversity \| LPIPS over seeds \|/);
    expect(markdown).toContain(
      ` | ${average(coarse).toFixed(3)} (${Math.min(...coarse).toFixed(3)} to ${Math.max(...coarse).toFixed(3)}) | `,
    );
  }, 60_000);

  it('is measured for new pairs alone when seeds are added', async () => {
    const { sha256 } = await findLpips(graph);
    // What is there is taken as it is, even a false value.
    results((file) => {
      const [first] = file.distances(sha256);
      file.addDistances(sha256, [{ ...first, arm: 'coarse', prompt: 0, first: 0, second: 1, value: 9 }]);
    });
    await run({ seeds: 3 });
    const kept = results((file) => file.distances(sha256));
    expect(kept).toHaveLength(2 * 3 * 3);
    expect(kept.filter((d) => d.value === 9)).toHaveLength(1);
    const sums = allByHand('refined', [
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect(armOf((await report()).report, 'refined')?.lpips?.value).toBeCloseTo(average(sums), 6);
    expect(results((file) => openPairs(file, { file: graph, sha256 }))).toEqual([]);
  }, 60_000);

  it('goes on where it was cut off between two parts of the pairs', async () => {
    const { sha256 } = await findLpips(graph);
    const count = () => results((file) => file.distances(sha256).length);
    await run({ seeds: 5 }, (event) => count() > 18 && event.type === 'progress');
    expect(count()).toBe(18 + 32);
    expect((await report()).report).toMatchObject({
      complete: true,
      arms: [{ lpips: null }, { lpips: null }],
    });
    await run({ seeds: 5 });
    expect(count()).toBe(10 * 3 * 2);
    expect((await report()).report.arms.every((a) => a.lpips !== null)).toBe(true);
  }, 60_000);

  it('is not said of an arm whose pairs are not all measured, and the report names it', async () => {
    await rig.restart({ lpipsFile: undefined });
    await run({ arms: ['coarse', 'refined', 'coarse2'] });
    const { report: r, markdown } = await report();
    expect(armOf(r, 'coarse2')?.lpips).toBeNull();
    expect(armOf(r, 'refined')?.lpips?.value).toBeGreaterThan(0);
    expect(markdown).toContain('Pairs of coarse2 are not measured yet');
  }, 60_000);

  it('of another graph is measured anew', async () => {
    await rig.restart({ lpipsFile: writeTinyLpips(join(rig.folder, 'double.onnx'), { scale: 2 }) });
    const before = armOf((await report()).report, 'refined')?.lpips?.value ?? 0;
    await run({ seeds: 5 });
    expect(armOf((await report()).report, 'refined')?.lpips?.value).toBeCloseTo(2 * before, 6);
  }, 60_000);

  it('needs two seeds, and the report says so', async () => {
    await run({ evaluationId: 'one-seed', seeds: 1 });
    const { report: r, markdown } = await report('one-seed');
    expect(r.arms.map((a) => a.lpips)).toEqual([null, null]);
    expect(markdown).toContain('it needs two seeds or more');
  }, 60_000);

  it.each([
    ['is not there', () => join(rig.folder, 'none.onnx'), 'not_found', 'no LPIPS file none.onnx'],
    [
      'is no graph',
      () => {
        writeFileSync(join(rig.folder, 'text.onnx'), 'text');
        return join(rig.folder, 'text.onnx');
      },
      'bad_graph',
      'not a graph',
    ],
    [
      'takes something else',
      () => writeTinyLpips(join(rig.folder, 'other.onnx'), { inputs: ['a', 'image'] }),
      'bad_graph',
      'takes a, image: expected a and b',
    ],
    [
      'is no distance',
      () => writeTinyLpips(join(rig.folder, 'zero.onnx'), { scale: 0 }),
      'bad_graph',
      'at 0 from itself and at 0 from another',
    ],
  ])('is refused before a picture is made when the file %s', async (_, file, code, message) => {
    await rig.restart({ lpipsFile: file() });
    await expect(run({ evaluationId: 'refused' })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    await expect(report('refused')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the engine on pairs', () => {
  const pixels = 3 * 8 ** 2;
  it('measures each pair by itself, more of them than fit one call', async () => {
    const lpips = await openLpips(graph, (await findLpips(graph)).sha256, 1);
    const a = new Uint8Array(70 * pixels);
    const b = Uint8Array.from(a, (_, i) => Math.floor(i / pixels));
    const distances = await lpips.distances(a, b, 8, idle.signal);
    expect(distances).toHaveLength(70);
    distances.forEach((d, k) => {
      expect(d).toBeCloseTo((k / 127.5) ** 2, 5);
    });
    await expect(lpips.distances(a, b.slice(pixels), 8, idle.signal)).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(openLpips(graph, '0'.repeat(64), 1)).rejects.toMatchObject({ code: 'hash_mismatch' });
    await expect(lpips.distances(a, b, 8, AbortSignal.abort())).rejects.toThrow();
  });

  it('are all pairs of seeds within a prompt and arm, once', () => {
    const keys = [0, 1, 2].map((seed) => ({ prompt: 4, seed, arm: 'coarse' }));
    expect(
      pairsOf([...keys, { prompt: 5, seed: 0, arm: 'coarse' }, { prompt: 4, seed: 1, arm: 'refined' }]),
    ).toEqual([
      { prompt: 4, arm: 'coarse', first: 0, second: 1 },
      { prompt: 4, arm: 'coarse', first: 0, second: 2 },
      { prompt: 4, arm: 'coarse', first: 1, second: 2 },
    ]);
  });
});

describe('the LPIPS file', () => {
  it('is named by a flag, else by ACCENT_LPIPS, else there is none', () => {
    vi.stubEnv('ACCENT_LPIPS', '/weights/lpips.onnx');
    expect(makeConfig().lpipsFile).toBe('/weights/lpips.onnx');
    expect(makeConfig({ lpips: '/mine.onnx' }).lpipsFile).toBe('/mine.onnx');
    vi.stubEnv('ACCENT_LPIPS', '');
    expect(makeConfig().lpipsFile).toBeUndefined();
    vi.unstubAllEnvs();
  });
});
