/** From `evaluate` to `study reveal` on the command line, over the tiny pack, a run killed in the middle included. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StudySet } from '../../contract/index.ts';
import { writePictures } from '../support/host.ts';
import { writeTinyPack } from '../support/tiny-pack.ts';
import { writeTinyLpips } from '../support/tiny-lpips.ts';
import { writeTinyReader } from '../support/tiny-reader.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'accent-evaluate-'));
const models = join(folder, 'models');
const out = join(folder, 'out');
const env = { ...process.env, ACCENT_MODELS: models, ACCENT_THREADS: '1' };
const args = (...words: string[]): string[] => [join(root, 'main/cli/index.ts'), ...words];

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
const run = (words: string[], input = ''): Run =>
  spawnSync(process.execPath, args(...words), { env, input, encoding: 'utf8', timeout: 120_000 });
const evaluation = [
  'evaluate',
  '--arms',
  'coarse,refined',
  '--seeds',
  '40',
  '--references',
  '2',
  '--out',
  out,
];

beforeAll(async () => {
  writeTinyPack(models);
  writeTinyReader(join(models, 'evaluation', 'reader'));
  mkdirSync(join(models, 'evaluation', 'prompts'), { recursive: true });
  const prompts = ['red', 'green', 'blue'].map((colour) => ({
    text: `a person with a ${colour} beard`,
    emphases: [{ phrase: `${colour} beard`, details: { colour } }],
  }));
  writeFileSync(
    join(models, 'evaluation', 'prompts', 'validation.json'),
    JSON.stringify({ format: 'accent-prompts', schema: 1, name: 'validation', prompts }),
  );
  await writePictures(join(models, 'sample'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the evaluation on the command line', () => {
  it('goes on after a kill, and its rows come out the same again', async () => {
    const child = spawn(process.execPath, args(...evaluation), { env, stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve) => {
      let heard = '';
      child.stderr.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
        // Some rows are there, most are not.
        if (/results, .*[1-9]\d* of 240/.test(heard)) child.kill('SIGKILL');
      });
      child.on('exit', () => {
        resolve();
      });
    });
    const rest = run(evaluation);
    expect(rest.stderr).toMatch(/results [1-9]\d* of 240/);
    expect(rest.status, rest.stderr).toBe(0);
    const summary = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')) as {
      complete: boolean;
      arms: Record<string, { pictures: number }>;
      rows: unknown[];
    };
    expect(summary.complete).toBe(true);
    expect(Object.entries(summary.arms).map(([arm, a]) => [arm, a.pictures])).toEqual([
      ['coarse', 120],
      ['refined', 120],
    ]);
    expect(summary.rows).toHaveLength(20);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Details shown by arm');
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('refined - coarse');

    const again = run([...evaluation, '--check', join(out, 'evaluation.json')]);
    expect(again.stdout).toContain(
      'Of 20 rows of evaluation.json made again, 20 show the same details and 20 have the same pixels',
    );
  }, 300_000);

  it('measures LPIPS between the seeds with a file that is named', () => {
    const apart = join(folder, 'apart');
    const words = ['--arms', 'coarse', '--seeds', '2', '--references', '2', '--out', apart];
    const lpips = writeTinyLpips(join(folder, 'lpips.onnx'));
    const made = run(['evaluate', ...words, '--lpips', lpips]);
    expect(made.status, made.stderr).toBe(0);
    const summary = JSON.parse(readFileSync(join(apart, 'evaluation.json'), 'utf8')) as object;
    // The tiny pack draws the same from any noise.
    expect(summary).toMatchObject({ lpips: { size: 8 }, arms: { coarse: { lpips: 0, lpipsHigh: 0 } } });
    expect(readFileSync(join(apart, 'report.html'), 'utf8')).toContain('LPIPS over seeds is the mean LPIPS');
    const lost = run(['evaluate', ...words, '--lpips', join(folder, 'none.onnx')]);
    expect(lost.stderr).toContain('There is no LPIPS file none.onnx');
    expect(lost.status).toBe(1);
  }, 60_000);

  it('lets people rate the same pictures blind, and reveals after sealing', () => {
    const [raters, revealed] = [join(folder, 'raters'), join(folder, 'revealed')];
    const made = run(['study', 'make', '--evaluation', out, '--arms', 'coarse,refined', '--out', raters]);
    expect(made.status, made.stderr).toBe(0);
    const text = readFileSync(join(raters, 'set.json'), 'utf8');
    expect(text).not.toMatch(/coarse|refined/);
    const early = run(['study', 'reveal', '--evaluation', out, '--out', revealed]);
    expect(early.status).not.toBe(0);
    expect(early.stderr).toContain('no raters yet');
    const answers = (JSON.parse(text) as StudySet).items.flatMap((item) =>
      item.kind === 'pair' ? ['right'] : ['5', '4', ...item.details.map(() => 'yes')],
    );
    const rate = ['study', 'rate', raters, '--rater', 'robot', '--synthetic'];
    // Stopped after a few answers; the next run asks for the rest only.
    expect(run(rate, answers.slice(0, 3).join('\n')).status).toBe(130);
    const sheet = join(raters, 'ratings-robot.json');
    const kept = (JSON.parse(readFileSync(sheet, 'utf8')) as { answers: { itemId: string }[] }).answers;
    const left = (JSON.parse(text) as StudySet).items
      .filter((item) => !kept.some((a) => a.itemId === item.itemId))
      .flatMap((item) => (item.kind === 'pair' ? ['right'] : ['5', '4', ...item.details.map(() => 'yes')]));
    expect(run(rate, [...left, 'yes', ''].join('\n')).status).toBe(0);
    expect(run(['study', 'merge', sheet, '--evaluation', out]).status).toBe(0);
    expect(run(['study', 'reveal', '--evaluation', out, '--out', revealed]).status).toBe(0);
    expect(readFileSync(join(revealed, 'study.md'), 'utf8')).toContain('No raters yet');
    expect(readFileSync(join(revealed, 'ratings.csv'), 'utf8')).toContain('robot,true,');
  }, 120_000);

  it.each([
    [['evaluate', '--prompts', 'none.json'], 'There is no file of prompts'],
    [['evaluate', '--arms', 'finest'], 'arms'],
    [['evaluate', '--arms', 'baseline'], 'evaluation pack'],
    [['evaluate', '--lpips', 'lpips.onnx'], '--lpips measures between seeds: expected --seeds 2 or more'],
    [['evaluate', '--steps', 'many'], '--steps: expected a number'],
    [['study', 'guess'], 'expected make, rate, merge or reveal'],
    [['study', 'rate', '/nowhere', '--rater', 'ann'], 'expected its set.json'],
  ])('says what is wrong with %j', (words, message) => {
    const { status, stderr } = run([...words, '--out', join(folder, 'refused')]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
