/**
 * Takes pictures of the page over the demonstration studio, in both themes and two sizes, to be looked at:
 *   npm exec -c 'node test/support/shots.ts FOLDER'
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchChromium } from './browser.ts';
import { rateWhole, visitOthers } from './demo-page.ts';
import { serveDemo } from './demo-serve.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('Name the folder for the pictures.');
mkdirSync(folder, { recursive: true });
const wanted = new Set(process.argv.slice(3));
const served = await serveDemo({ stepMs: 10 });
const browser = await launchChromium();

async function open(width: number, height: number, colorScheme: 'dark' | 'light', zoom = 1): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    colorScheme,
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      console.log(message.type(), message.text());
  });
  page.on('pageerror', (error) => {
    console.log('page error', error.message);
  });
  await page.goto(served.newUrl());
  await page.getByTestId('app').waitFor();
  await page.waitForFunction(() => document.querySelector('[data-connection="open"]') !== null);
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(350);
  await page.screenshot({ path: join(String(folder), `${name}.png`) });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) console.log(`${name}: ${wide} px too wide`);
}

/** Types a sentence and stresses words in it as a person would. */
async function write(page: Page): Promise<void> {
  const editor = page.getByTestId('prompt');
  await editor.click();
  await page.keyboard.type(
    'A blocky person with a full beard, dark shades, a blue beanie and a moth brooch on a light background',
  );
  for (const words of ['full beard', 'dark shades', 'blue beanie', 'moth brooch']) {
    await page.evaluate((phrase) => {
      const root = document.querySelector('[data-testid="prompt"]');
      const walker = document.createTreeWalker(root!, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = (node.textContent ?? '').indexOf(phrase);
        if (at >= 0) getSelection()!.setBaseAndExtent(node, at, node, at + phrase.length);
      }
    }, words);
    await page.keyboard.press('Control+e');
    if (words === 'full beard') for (let i = 0; i < 4; i++) await page.keyboard.press('Control+ArrowUp');
    if (words === 'blue beanie') await page.keyboard.press('Control+Shift+e');
  }
  await page.keyboard.press('F8');
  await page.keyboard.press('F8');
  await page.getByTestId('reference').first().waitFor();
}

async function generate(page: Page): Promise<void> {
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('queue-pill').waitFor();
}

const done = (page: Page) => page.getByTestId('picture-refined').waitFor();

const scenes: Record<string, () => Promise<void>> = {
  async empty() {
    await shoot(await open(1280, 800, 'dark'), 'empty-dark');
  },
  async dark() {
    const page = await open(1280, 800, 'dark');
    await write(page);
    await shoot(page, 'written-dark');
    await generate(page);
    await page.waitForTimeout(1500);
    await shoot(page, 'running-dark');
    await done(page);
    await generate(page);
    await done(page);
    await generate(page);
    await page.getByTestId('result').nth(1).click();
    await page.getByTestId('copy-recipe').waitFor();
    await shoot(page, 'pair-dark');
    await page.getByTestId('mode-slider').check({ force: true });
    await shoot(page, 'slider-dark');
    await page.getByTestId('mode-difference').check({ force: true });
    await page.getByText('of the pixels differ').waitFor();
    await shoot(page, 'difference-dark');
    await page.getByTestId('mode-side').check({ force: true });
    await page.getByTestId('twin').click();
    await shoot(page, 'twin-menu-dark');
    await page.getByTestId('twin-item').nth(1).click();
    await page.getByText('Differs by one thing: full beard').waitFor();
    await shoot(page, 'twin-dark');
  },
  async places() {
    for (const [width, height] of [
      [1280, 800],
      [1920, 1080],
    ] as const) {
      for (const theme of ['dark', 'light'] as const) {
        const page = await open(width, height, theme);
        await write(page);
        for (let i = 0; i < 3; i++) {
          await generate(page);
          await done(page);
          await page.getByTestId('queue-pill').waitFor({ state: 'detached' });
        }
        const name = (place: string): string => `${place}-${width}-${theme}`;
        await page.getByTestId('place-gallery').click();
        await shoot(page, name('gallery'));
        await page.getByTestId('place-references').click();
        await page.getByTestId('import').nth(1).click();
        await page.getByTestId('import-report').waitFor();
        await page.getByTestId('grid-item').nth(7).click();
        await shoot(page, name('references'));
        await visitOthers(page, (place) => shoot(page, name(place)));
        await page.context().close();
      }
    }
  },
  async study() {
    for (const [width, height] of [
      [1280, 800],
      [1920, 1080],
      [900, 700],
    ] as const) {
      for (const theme of ['light', 'dark'] as const) {
        const page = await open(width, height, theme);
        const name = (place: string): string => `study-${place}-${width}-${theme}`;
        await page.getByTestId('place-study').click();
        await page.getByTestId('study-item').first().click();
        await shoot(page, name('place'));
        await page.getByTestId('rater-name').fill(`r-${width}-${theme}`);
        await page.keyboard.press('Enter');
        await page.getByTestId('pass-intro').waitFor();
        await shoot(page, name('intro'));
        await rateWhole(page, async () => {
          await shoot(page, name((await page.getByTestId('task').getAttribute('data-pass')) ?? ''));
        });
        await shoot(page, name('end'));
        await page.getByTestId('seal').click();
        await page.getByTestId('rate-close').click();
        await page.getByTestId('reveal').click();
        await page.getByTestId('study-results').waitFor();
        await page.getByTestId('study-results').scrollIntoViewIfNeeded();
        await shoot(page, name('results'));
        await page.locator('[data-testid="evaluation-item"]', { hasText: 'whole' }).click();
        await page.getByTestId('emphases-chart').locator('canvas').waitFor();
        await shoot(page, name('evaluation'));
        await page.getByTestId('emphases-chart').scrollIntoViewIfNeeded();
        await page.getByTestId('emphases-chart').hover();
        await shoot(page, name('curves'));
        await page.getByTestId('make-study').scrollIntoViewIfNeeded();
        await shoot(page, name('sheet'));
        await page.getByTestId('new-evaluation').click();
        await shoot(page, name('start'));
        await page.context().close();
      }
    }
  },
  async first() {
    const fresh = await serveDemo({ isFresh: true, images: 24 });
    for (const theme of ['light', 'dark'] as const) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: theme,
      });
      const page = await context.newPage();
      await page.goto(fresh.newUrl());
      await page.getByTestId('first-run').waitFor();
      await shoot(page, `first-${theme}`);
      await visitOthers(page, (place) => shoot(page, `${place}-${theme}`));
      await page.keyboard.press('Escape');
      await page.getByTestId('place-packs').click();
      await page.getByTestId('verify-pack').click();
      await page.getByTestId('pack-files').waitFor();
      await page.getByTestId('pack-card-text').locator('summary').click();
      await page.getByTestId('import-pack').click();
      await shoot(page, `packs-open-${theme}`);
      await context.close();
    }
    await fresh.close();
  },
  async light() {
    const page = await open(1280, 800, 'light');
    await write(page);
    await generate(page);
    await done(page);
    await page.getByTestId('copy-recipe').waitFor();
    await shoot(page, 'pair-light');
  },
  async large() {
    for (const theme of ['dark', 'light'] as const) {
      const page = await open(1920, 1080, theme);
      await write(page);
      await generate(page);
      await done(page);
      await page.getByTestId('copy-recipe').waitFor();
      await shoot(page, `large-${theme}`);
    }
  },
  async narrow() {
    for (const [width, height] of [
      [1100, 720],
      [900, 700],
    ] as const) {
      const page = await open(width, height, 'light');
      await write(page);
      await generate(page);
      await done(page);
      await page.getByTestId('copy-recipe').waitFor();
      await shoot(page, `narrow-${width}`);
    }
  },
  async states() {
    const page = await open(1280, 800, 'dark');
    await write(page);
    await page.keyboard.press('F8');
    await page.keyboard.press('F8');
    await page.getByTestId('no-good-reference').waitFor();
    await page.getByTestId('steps').fill('500');
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('Control+Shift+Enter');
    await page.getByText('+1 waiting').waitFor();
    await shoot(page, 'doubt-dark');
    await page.keyboard.press('F8');
    await page.getByTestId('reference').nth(1).hover();
    await page.getByTestId('pin').nth(1).click();
    await page.getByTestId('reference').nth(2).hover();
    await page.getByTestId('ban').nth(2).click();
    await page.getByTestId('unban').waitFor();
    await page.getByTestId('reference').nth(3).hover();
    await page.keyboard.press('Control+.');
    await page.getByText('+1 waiting').waitFor({ state: 'detached' });
    await page.waitForTimeout(300);
    await page.keyboard.press('Control+.');
    await page.getByTestId('job-error').waitFor();
    await shoot(page, 'pinned-dark');
  },
  async refused() {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(served.newUrl().replace(/#.*/, ''));
    await page.getByTestId('error-note').waitFor();
    await page.getByText('Details', { exact: true }).click();
    await shoot(page, 'refused-light');
  },
  async zoomed() {
    const page = await open(1280, 800, 'dark', 2);
    await write(page);
    await generate(page);
    await done(page);
    await shoot(page, 'zoomed-dark');
  },
};

try {
  for (const [name, scene] of Object.entries(scenes)) {
    if (wanted.size === 0 || wanted.has(name)) await scene();
  }
} finally {
  await browser.close();
  await served.close();
}
