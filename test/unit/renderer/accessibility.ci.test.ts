/** Every screen in both themes against axe's rules for WCAG 2.2 AA, in both languages, and without motion where none is wanted. */
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../support/browser.ts';
import { makePair, openDemo, writeMarked } from '../../support/demo-page.ts';
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

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Breaches as "rule: element", and how many rules were looked at. */
async function breaches(page: Page): Promise<{ found: string[]; passed: number }> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(async (values) => {
    const runner = Reflect.get(globalThis, 'axe') as { run: (options: unknown) => Promise<AxeResults> };
    return runner.run({ runOnly: { type: 'tag', values } });
  }, TAGS);
  return {
    found: results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} | ${failureSummary ?? ''}`),
    ),
    passed: results.passes.length,
  };
}

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
  });
});
