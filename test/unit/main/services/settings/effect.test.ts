/** Each setting of the host does what it says. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readText } from '../../../../../main/services/gallery/index.ts';
import { threadsOf } from '../../../../../main/config.ts';
import { generate, generateDone, idle, makeTestHost } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';

let test: TestHost;
beforeAll(() => {
  test = makeTestHost();
});
beforeEach(() => {
  writeFileSync(join(test.home, 'settings.json'), '{}');
});
afterAll(async () => {
  await test.dispose();
});

const set = (change: Parameters<typeof test.host.services.settings.set>[0]) =>
  test.host.services.settings.set(change, idle);
const changed = { emphases: [], arms: ['sentence' as const], upscale: false };

async function textOf(imageId: string): Promise<string[]> {
  const asset = await test.host.asset(imageId);
  return [...readText(asset?.bytes ?? new Uint8Array()).keys()].sort();
}

/** How each part of the pack says that it runs. */
async function details(): Promise<string[]> {
  const { packs } = await test.host.services.packs.doctor({ packId: 'tiny' }, idle);
  return packs.flatMap(({ ports }) => ports.map(({ chosen }) => chosen?.detail ?? 'nothing'));
}

describe('settings', () => {
  it('previews: off means no preview event, and on at least one an arm', async () => {
    const on = await generateDone(test.host, changed);
    expect(on.events.some((e) => e.type === 'preview')).toBe(true);
    await set({ previews: false });
    const off = await generateDone(test.host, changed);
    expect(off.events.some((e) => e.type === 'preview')).toBe(false);
    expect(off.events.filter((e) => e.type === 'step')).toHaveLength(
      on.events.filter((e) => e.type === 'step').length,
    );
  });

  it('embedRecipe: off leaves recipe and prompt out of the file, but not out of the catalog', async () => {
    const [on] = (await generateDone(test.host, changed)).done.results;
    expect(await textOf(on?.imageId ?? '')).toEqual(['Description', 'Software', 'accent:recipe']);
    await set({ embedRecipe: false });
    const [off] = (await generateDone(test.host, changed)).done.results;
    expect(await textOf(off?.imageId ?? '')).toEqual(['Software']);
    const recipe = await test.host.services.gallery.recipe({ imageId: off?.imageId ?? '' }, idle);
    expect(recipe.prompt).toBe('a person with a red beard');
  });

  it('threads: hold from the next start of the engine on', async () => {
    for (const detail of await details()) expect(detail).toContain('1 threads');
    await set({ threads: 2 });
    for (const detail of await details()) expect(detail).toContain('1 threads');
    await test.restart();
    for (const detail of await details()) expect(detail).toContain('2 threads');
    await set({ threads: null });
    await test.restart();
    for (const detail of await details()) expect(detail).toContain('1 threads');
  });

  it('that cannot be read fail the job with the reason, and the next works once they are mended', async () => {
    await test.restart();
    writeFileSync(join(test.home, 'settings.json'), '{ "previews": "yes" }');
    const { last } = await generate(test.host, changed);
    expect(last).toMatchObject({
      type: 'failed',
      error: { code: 'invalid_input', message: expect.stringContaining('previews') as string },
    });
    writeFileSync(join(test.home, 'settings.json'), '{}');
    await generateDone(test.host, changed);
  });
});

describe('ACCENT_THREADS', () => {
  it('is a number of threads, nothing, or an error that names it', () => {
    expect(threadsOf('3')).toBe(3);
    expect(threadsOf('')).toBeNull();
    expect(threadsOf(undefined)).toBeNull();
    for (const wrong of ['0', 'many', '1.5', '-1', '9999'])
      expect(() => threadsOf(wrong)).toThrow(/ACCENT_THREADS.*1 to 256/);
  });
});
