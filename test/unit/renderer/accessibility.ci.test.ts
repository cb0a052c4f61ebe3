/** Every screen in both themes against axe's rules for WCAG 2.2 AA, in both languages, and without motion where none is wanted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { breaches } from '../../support/axe.ts';
import { launchChromium } from '../../support/browser.ts';
import { makePair, openDemo, rateWhole, writeMarked } from '../../support/demo-page.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import type { Served } from '../../../main/serve/index.ts';

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveDemo({ stepMs: 1, images: 24 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

describe('axe finds nothing', () => {
  it.each(['dark', 'light'] as const)('on any screen, %s', async (colorScheme) => {
    const { page, close } = await openDemo(browser, served, { colorScheme });
    const found: Record<string, string[]> = {};
    const look = async (name: string): Promise<void> => {
      const result = await breaches(page);
      expect(result.passed, name).toBeGreaterThan(15);
      if (result.found.length > 0) found[name] = result.found;
    };
    await look('empty');
    await writeMarked(page, 'a person with a (full beard:1.4), (moth brooch:1.0) and (dark shades:0.5)');
    await page.getByTestId('reference').first().waitFor();
    await makePair(page);
    await page.getByTestId('recall').waitFor();
    await look('compose');
    await page.getByTestId('history-button').click();
    await page.getByTestId('history-row').first().waitFor();
    await look('earlier sentences');
    await page.keyboard.press('Escape');
    await page.getByTestId('mode-difference').check({ force: true });
    await page.getByTestId('twin').click();
    await look('difference and twin menu');
    await page.keyboard.press('Escape');
    await page.getByTestId('queue-button').click();
    await page.getByTestId('queue-history').waitFor();
    await look('queue');
    await page.keyboard.press('Escape');
    await page.getByTestId('place-gallery').click();
    await page
      .getByTestId('grid-item')
      .first()
      .click({ modifiers: ['Control'] });
    await page.getByTestId('recall').waitFor();
    await look('gallery');
    await page.getByTestId('place-references').click();
    await page.getByTestId('grid-item').first().click();
    await look('references');
    await page.getByTestId('place-study').click();
    await page.getByTestId('study-item').first().click();
    await look('study');
    await page.getByTestId('rater-name').fill(`axe-${colorScheme}`);
    await page.keyboard.press('Enter');
    await page.getByTestId('pass-intro').waitFor();
    await look('before a pass');
    await page.keyboard.press('Enter');
    await page.getByTestId('study-picture').waitFor();
    await look('looks');
    await rateWhole(page, async () => {
      if ((await page.getByTestId('detail-row').count()) > 0) await look('match');
    });
    await look('the end of a set');
    await page.getByTestId('seal').click();
    await page.getByTestId('rate-close').click();
    await page.getByTestId('reveal').click();
    await page.getByTestId('study-results').waitFor();
    await look('results');
    await page.locator('[data-testid="evaluation-item"]', { hasText: 'whole' }).click();
    await page.getByTestId('emphases-chart').locator('canvas').waitFor();
    await look('evaluation');
    await page.getByTestId('new-evaluation').click();
    await look('new evaluation');
    await page.getByTestId('place-packs').click();
    await page.getByTestId('doctor-report').waitFor();
    await look('packs');
    await page.getByTestId('place-settings').click();
    await page.getByTestId('storage').waitFor();
    await look('settings');
    await page.getByTestId('language-de').check({ force: true });
    await page.getByTestId('help-button').click();
    await look('keys in German');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
    expect(found).toEqual({});
    await close();
  });
});

describe('motion', () => {
  it('is left out where the user wants none', async () => {
    const times = async (reducedMotion: 'reduce' | 'no-preference'): Promise<string> => {
      const { page, close } = await openDemo(browser, served, { reducedMotion });
      const time = await page
        .getByTestId('generate')
        .evaluate((button) => getComputedStyle(button).transitionDuration);
      await close();
      return time;
    };
    expect([await times('no-preference'), await times('reduce')]).toEqual(['0.08s', '0s']);

    // Or where the studio is told so, whatever the system says.
    const { page, close } = await openDemo(browser, served);
    await page.getByTestId('place-settings').click();
    await page.getByText('Reduced', { exact: true }).click();
    await page.reload();
    await page.getByTestId('place-compose').click();
    const generate = page.getByTestId('generate');
    expect(await generate.evaluate((button) => getComputedStyle(button).transitionDuration)).toBe('0s');
    await close();
  });
});
