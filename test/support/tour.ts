/**
 * Makes the pictures of docs/tour.md over the demonstration studio, each screen in both themes:
 *   npm exec -c 'node test/support/tour.ts docs/images/tour'
 * Names behind the folder (study, packs ...) make only those pictures.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { launchChromium } from './browser.ts';
import { makePair, openDemo, rateWhole, visitOthers, writeMarked } from './demo-page.ts';
import { serveDemo } from './demo-serve.ts';

const MOST_BYTES = 150_000;
const SENTENCES = [
  'A blocky person with (freckles:1.0) and (pink buns:1.6) on a light background',
  'A robot with (antenna:1.2) and a (heart:1.8) on its chest',
  'A blocky person with a (blue beanie:1.0) and (round glasses:1.4)',
  'A blocky person with a (full beard:1.4), (dark shades:1.0), a (blue beanie:0.6) and a (moth brooch:1.0)',
];

const folder = process.argv[2];
if (folder === undefined) throw new Error('Name the folder for the pictures.');
mkdirSync(folder, { recursive: true });
const wanted = new Set(process.argv.slice(3));

async function shoot(page: Page, name: string): Promise<void> {
  if (wanted.size > 0 && !wanted.has(name.replace(/-(dark|light)$/, ''))) return;
  await page.waitForTimeout(400);
  const picture = await page.screenshot();
  for (const colours of [256, 128, 64, 32]) {
    const small = await sharp(picture).png({ palette: true, colours, dither: 0, effort: 10 }).toBuffer();
    if (small.length > MOST_BYTES) continue;
    writeFileSync(join(String(folder), `${name}.png`), small);
    return;
  }
  throw new Error(`${name} stays above ${MOST_BYTES} bytes.`);
}

const served = await serveDemo({ stepMs: 4, images: 240 });
const fresh = await serveDemo({ isFresh: true, images: 24 });
const browser = await launchChromium();
try {
  for (const theme of ['dark', 'light'] as const) {
    const { page, close } = await openDemo(browser, fresh, { colorScheme: theme });
    await page.getByTestId('first-run').waitFor();
    await shoot(page, `first-${theme}`);
    await close();
  }
  for (const theme of ['dark', 'light'] as const) {
    const { page, close } = await openDemo(browser, served, { colorScheme: theme });
    const name = (place: string): string => `${place}-${theme}`;
    if (theme === 'dark') {
      for (const sentence of SENTENCES) {
        await writeMarked(page, sentence);
        await makePair(page);
      }
    } else {
      await writeMarked(page, String(SENTENCES.at(-1)));
      await page.getByTestId('result').first().click();
    }
    await page.getByTestId('emphasis').nth(1).click();
    await page.getByTestId('reference').first().waitFor();
    await page.locator('img.loaded[data-testid="picture-refined"]').waitFor();
    await shoot(page, name('compose'));
    await page.getByTestId('more-settings-button').click();
    await page.getByTestId('rebuild').selectOption('difference');
    await page.getByTestId('window-high').fill('600');
    await page.getByTestId('window-high').press('Enter');
    await page.getByTestId('window-own').waitFor();
    await shoot(page, name('more'));
    await page.getByTestId('all-own').click();
    await page.keyboard.press('Escape');
    await page.getByTestId('mode-difference').check({ force: true });
    await shoot(page, name('difference'));
    await page.getByTestId('mode-slider').check({ force: true });
    await page.getByTestId('twin').click();
    await shoot(page, name('twin'));
    await page.keyboard.press('Escape');
    await page.getByTestId('mode-side').check({ force: true });
    await page.getByTestId('queue-button').click();
    await page.getByTestId('queue-history').waitFor();
    await page.getByTestId('queue-pause').click();
    for (let i = 1; i <= 3; i++) {
      await page.getByTestId('generate').click();
      await page.waitForFunction(
        (count) =>
          document.querySelector('[data-testid="queue-pill"]')?.textContent?.includes(`${count} waiting`),
        i,
      );
    }
    if (!(await page.getByTestId('queue').isVisible())) await page.getByTestId('queue-button').click();
    await page.getByTestId('queue-row').nth(2).waitFor();
    await shoot(page, name('queue'));
    await page.getByTestId('cancel-all').click();
    await page.getByTestId('queue-pause').click();
    await page.keyboard.press('Escape');
    await page.getByTestId('place-gallery').click();
    await page.getByTestId('grid-item').nth(2).click();
    await page.getByTestId('marked-sentence').locator('.chip').first().waitFor();
    await shoot(page, name('gallery'));
    await page.getByTestId('mark-all').click();
    await page.getByTestId('export-marked').click();
    await shoot(page, name('export'));
    await page.keyboard.press('Escape');
    await page.getByTestId('place-references').click();
    await page.getByTestId('library-search').fill('dark shades');
    await page.getByText('best first').waitFor();
    await page.getByTestId('grid-item').nth(2).click();
    await shoot(page, name('references'));
    await page.getByTestId('place-study').click();
    await page.getByTestId('study-item').first().click();
    await page.getByTestId('rater-name').fill(`demonstration-${theme}`);
    await page.keyboard.press('Enter');
    await page.getByTestId('pass-intro').waitFor();
    await rateWhole(page, async () => {
      if ((await page.getByTestId('detail-row').count()) > 0) await shoot(page, name('study'));
    });
    await page.getByTestId('seal').click();
    await page.getByTestId('rate-close').click();
    await page.getByTestId('reveal').click();
    await page.getByTestId('study-results').scrollIntoViewIfNeeded();
    await shoot(page, name('results'));
    await page.locator('[data-testid="evaluation-item"]', { hasText: 'whole' }).click();
    await page.getByTestId('emphases-chart').locator('canvas').waitFor();
    await shoot(page, name('evaluation'));
    await page.getByTestId('make-study').scrollIntoViewIfNeeded();
    await shoot(page, name('evaluation-pictures'));
    const notStudy = { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{}') };
    await page.getByTestId('study-file').setInputFiles(notStudy);
    await page.getByTestId('error-note').first().waitFor();
    await page.getByTestId('place-references').click();
    await page.getByTestId('folder-path').fill('/media/card/pictures');
    await page.getByTestId('add-folder').click();
    await page.getByTestId('error-note').first().waitFor();
    await visitOthers(page, (place) => shoot(page, name(place)));
    await page.keyboard.press('Escape');
    await page.getByTestId('error-centre').evaluate((part) => {
      part.scrollIntoView({ block: 'start' });
    });
    await shoot(page, name('errors'));
    await close();
  }
} finally {
  await browser.close();
  await served.close();
  await fresh.close();
}
