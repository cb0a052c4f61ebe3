/** `generate` over a whole host: what is asked for, what is said, what is written. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generate } from '../../../../main/cli/generate.ts';
import type { GenerateFlags } from '../../../../main/cli/generate.ts';
import type { Output } from '../../../../main/cli/output.ts';
import { recipeOf } from '../../../../main/host.ts';
import { idle, makeTestHost, importPictures } from '../../../support/host.ts';
import type { TestHost } from '../../../support/host.ts';

let test: TestHost;
let notes: string[];
let lines: string[];
let out: string;
let runs = 0;
const output: Output = {
  json: false,
  line: (text) => lines.push(text),
  note: (text) => notes.push(text),
  result: () => undefined,
  progress: () => undefined,
};

beforeAll(async () => {
  test = makeTestHost();
  await importPictures(test);
});
beforeEach(() => {
  notes = [];
  lines = [];
  out = join(test.folder, `out-${String(++runs)}`);
});
afterAll(async () => {
  await test.dispose();
});

/** Runs the command and gives the recipe of the refined picture. */
async function run(prompt: string, flags: GenerateFlags) {
  const given = { steps: '4', seed: '7', references: '2', 'no-upscale': true, out, ...flags };
  await generate(test.host, prompt, given, output, idle.signal);
  const file = readdirSync(out).find((name) => name.endsWith('refined.png'));
  return recipeOf(readFileSync(join(out, file ?? '')));
}

describe('generate', () => {
  it('freezes the references that were found, and names them', async () => {
    const recipe = await run('a person with a red beard', { emphasize: ['red beard:1.4'] });
    expect(recipe.emphases).toHaveLength(1);
    expect(recipe.emphases[0]).toMatchObject({ phrase: 'red beard', weight: 1.4, muted: false });
    expect(recipe.emphases[0]?.references).toHaveLength(2);
    expect(notes).toEqual([]);
    expect(lines.filter((l) => /red-[12]\.(jpg|png)/.test(l))).toHaveLength(2);
  });

  it('mutes a phrase that no image shows, says so, and leaves the others as they are', async () => {
    const recipe = await run('a person with a red beard and a zeppelin', {
      emphasize: ['red beard', 'zeppelin'],
    });
    expect(recipe.emphases.map((e) => [e.phrase, e.muted])).toEqual([
      ['red beard', false],
      ['zeppelin', true],
    ]);
    expect(notes.filter((n) => n.startsWith('"zeppelin" runs without effect'))).toHaveLength(1);
    expect(notes.filter((n) => n.includes('does not know "zeppelin"'))).toHaveLength(1);
    expect(lines.some((l) => l.startsWith('"zeppelin" ran without effect'))).toBe(true);
  });

  it('uses what was found all the same with --anyway, and with a pin', async () => {
    const anyway = await run('a zeppelin', { emphasize: ['zeppelin'], anyway: true });
    expect(anyway.emphases[0]?.muted).toBe(false);
    const pin = anyway.emphases[0]?.references[1]?.contentHash ?? '';
    const pinned = await run('a zeppelin', { emphasize: ['zeppelin'], pin: [pin] });
    expect(pinned.emphases[0]).toMatchObject({ muted: false });
    expect(pinned.emphases[0]?.references[0]).toMatchObject({ contentHash: pin, pinned: true });
    expect(notes.filter((n) => n.includes('runs without effect'))).toEqual([]);
  });

  it('makes the same pixels again from a picture, mutes included', async () => {
    const first = await run('a person with a red beard and a zeppelin', {
      emphasize: ['red beard', 'zeppelin'],
    });
    const file = readdirSync(out)[0] ?? '';
    const from = join(out, file);
    out = join(test.folder, 'again');
    await generate(test.host, undefined, { from, out }, output, idle.signal);
    const again = recipeOf(readFileSync(join(out, file)));
    expect(again.output.pixelsHash).toBe(first.output.pixelsHash);
    expect(again.emphases).toEqual(first.emphases);
  });

  it('writes nothing when the request is wrong', async () => {
    await expect(run('a person', { steps: 'many' })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(existsSync(out)).toBe(false);
  });
});
