import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/browser.ts';
import { openStudioPage } from './studio-page.ts';
import { startStudio } from './studio.ts';
import type { Studio } from './studio.ts';

const SENTENCE = 'a person with red beanie and green shades';
const SEED = 7;
const STEPS = 120;

let studio: Studio;
let browser: Browser;
beforeAll(async () => {
  studio = await startStudio();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

describe('the main job in a browser', () => {
  it('types, stresses, sees references, cancels one run, reloads in another, and gets the very pixels of the command line', async () => {
    const user = await openStudioPage(browser, studio.served.url);
    expect(user.page.url()).not.toContain('token');
    await user.write(SENTENCE);
    await user.stress('red');
    await user.stress('green');
    const references = await user.references();
    expect(references).toHaveLength(8);
    expect(references.every(({ loaded }) => loaded)).toBe(true);
    await user.setNumber('seed', SEED);
    await user.setNumber('steps', STEPS);

    await user.generate();
    await user.reachesStep(3);
    await user.cancel();
    await user.isIdle();
    expect(await user.resultCount()).toBe(0);

    await user.generate();
    await user.reachesStep(10);
    await user.reload();
    await user.reachesStep(20);
    await user.isIdle();
    const refined = await user.pixels('refined');
    const coarse = await user.pixels('coarse');
    expect(await user.resultCount()).toBe(1);
    expect(await user.recipe()).toContain('red');
    const { items } = await studio.host.services.jobs.list(
      { limit: 10 },
      { signal: new AbortController().signal },
    );
    expect(items.map(({ state }) => state)).toEqual(['done', 'cancelled']);

    mkdirSync(studio.out);
    const made = (await studio.command(
      'generate',
      SENTENCE,
      '--emphasize',
      'red',
      '--emphasize',
      'green',
      '--compare',
      '--seed',
      String(SEED),
      '--steps',
      String(STEPS),
      '--refs',
      studio.references,
      '--out',
      studio.out,
    )) as { files: { arm: string; width: number; file: string }[] };
    for (const [arm, shown] of Object.entries({ refined, coarse })) {
      const file = made.files.find((made) => made.arm === arm && made.width === shown.width)?.file;
      if (file === undefined) throw new Error(`The command line made no ${arm}: ${JSON.stringify(made)}`);
      const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([shown.width, shown.height]);
      expect(Buffer.compare(Buffer.from(shown.rgb), data), arm).toBe(0);
    }
    // Not the same picture twice: the refinement did something.
    expect(refined.rgb).not.toEqual(coarse.rgb);

    const { origin } = new URL(studio.served.url);
    const own = [`${origin}/`, `${origin.replace('http', 'ws')}/link?`];
    expect(user.requests.length).toBeGreaterThan(10);
    expect(user.requests.filter((url) => !own.some((start) => url.startsWith(start)))).toEqual([]);
    expect(user.complaints).toEqual([]);
    expect(studio.errors).toEqual([]);
  });
});
