/**
 * Makes the pictures of docs/tour.md that need a model: the Why view, the strip and the grid, over the studio itself with the
 * packs and sample pictures that ship with it. Minutes, not seconds:
 *   npm exec -c 'node test/support/tour-compare.ts docs/images/tour'
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { launchChromium } from './browser.ts';
import { makePair, openDemo, writeMarked } from './demo-page.ts';
import { serveReal } from './real-serve.ts';

const MOST_BYTES = 150_000;
/** A pair in which refinement brings a detail that the coarse picture lacks, also of the README (studio-picture.ts). */
const SENTENCE =
  'a blocky robot with (a siren:1.0), (a heart on the chest:1.0), (yellow metal:1.0), (green lights:1.0) and round eyes on a cream background';
const SEED = '1026';
/** What docs/tour.md shows; the others are for `all`. */
const TOLD = new Set(['why', 'why-step', 'strip', 'vary', 'grid', 'cell']);
const SIZES = [
  [1280, 800],
  [1920, 1080],
] as const;

const [folder, ...flags] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder for the pictures.');
/** With `all`: every picture in both sizes and both themes, to be looked at, as PNG. */
const all = flags.includes('all');
mkdirSync(folder, { recursive: true });

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(500);
  const { width = 0 } = page.viewportSize() ?? {};
  const theme = await page.evaluate(() =>
    matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  );
  const picture = await page.screenshot();
  if (all) writeFileSync(join(String(folder), `${name}-${width}-${theme}.png`), picture);
  if (all || width !== SIZES[0][0] || !TOLD.has(name)) return;
  for (const quality of [88, 76, 60]) {
    const small = await sharp(picture).webp({ quality, effort: 6 }).toBuffer();
    if (small.length > MOST_BYTES) continue;
    writeFileSync(join(String(folder), `${name}-${theme}.webp`), small);
    return;
  }
  throw new Error(`${name} stays above ${MOST_BYTES} bytes.`);
}

/** Waits until every cell of the table has its picture. */
const filled = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('[data-testid="set-cell"]')];
    return cells.length > 0 && cells.every((cell) => cell.getAttribute('data-state') === 'done');
  });

const home = mkdtempSync(join(tmpdir(), 'accent-tour-'));
const served = await serveReal(home);
const browser = await launchChromium();
try {
  let isFirst = true;
  for (const [width, height] of all ? SIZES : SIZES.slice(0, 1)) {
    for (const colorScheme of ['dark', 'light'] as const) {
      const { page, complaints, close } = await openDemo(browser, served, { width, height, colorScheme });
      page.setDefaultTimeout(300_000);
      const by = (id: string) => page.getByTestId(id);
      await writeMarked(page, SENTENCE);
      await by('reference').first().waitFor();
      if (isFirst) {
        await by('seed').fill(SEED);
        await makePair(page);
      } else await by('result').last().click();
      await page.locator('img.loaded[data-testid="picture-refined"]').waitFor();
      await by('copy-recipe').waitFor();
      await by('why-button').click();
      if (isFirst) {
        await shoot(page, 'why-ask');
        await by('why-run').click();
      }
      await by('why-row').first().waitFor();
      await shoot(page, 'why');
      await by('why-row').nth(1).click();
      for (let i = 0; i < 4; i++) await page.keyboard.press('.');
      await shoot(page, 'why-step');
      await page.keyboard.press('w');
      if (isFirst) await page.keyboard.press('b');
      else {
        await page.keyboard.press('v');
        await by('earlier-set').last().click();
      }
      await filled(page);
      await shoot(page, 'strip');
      await by('set-close').click();
      if (isFirst) await page.keyboard.press('v');
      await by('vary').waitFor();
      await by('rows-what').selectOption('seed');
      await by('rows-values').fill(`${SEED}, 7, 8`);
      await shoot(page, 'vary');
      if (isFirst) await by('make-grid').click();
      else await by('earlier-set').first().click();
      if (isFirst) await page.waitForTimeout(9000);
      if (isFirst) await shoot(page, 'grid-running');
      await filled(page);
      await shoot(page, 'grid');
      await by('set-cell').last().click();
      await by('differs').waitFor();
      await shoot(page, 'cell');
      if (complaints.length > 0) console.log(complaints);
      await close();
      isFirst = false;
    }
  }
} finally {
  await browser.close();
  await served.close();
  rmSync(home, { recursive: true, force: true });
}
