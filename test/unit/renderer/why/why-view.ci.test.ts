/** The Why view over the demonstration studio: by keys alone, stopped, kept, in both themes and languages, seen by axe. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../../../main/serve/index.ts';
import { breaches } from '../../../support/axe.ts';
import { launchChromium } from '../../../support/browser.ts';
import { makePair, openDemo, writeMarked } from '../../../support/demo-page.ts';
import { serveDemo } from '../../../support/demo-serve.ts';

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveDemo({ stepMs: 4, images: 240 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const SENTENCE = 'a person with a (full beard:1.4), (dark shades:1.0) and a (blue beanie:0.5)';

describe('Why', () => {
  it('is asked for by key, says what it costs, can be stopped, and is kept once it is there', async () => {
    const { page, complaints, close } = await openDemo(browser, served, { reducedMotion: 'reduce' });
    const by = (id: string) => page.getByTestId(id);
    await writeMarked(page, SENTENCE);
    await by('reference').first().waitFor();
    await makePair(page);
    await by('pair').focus();
    await page.keyboard.press('w');
    expect(await by('recipe').isVisible()).toBe(false);
    await page.getByText('looks at 8 steps: about').waitFor();

    await by('why-run').press('Enter');
    await by('why-cancel').press('Enter');
    await by('why-run').waitFor();
    expect(await by('why-row').count()).toBe(0);
    await by('why-run').press('Enter');
    await by('why-row').first().waitFor();
    // The button that asked is gone, and the arrows go through the phrases.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('role')))
      .toBe('listbox');
    await by('why-overlay').waitFor();

    expect(await by('why-row').count()).toBe(3);
    expect(await by('why-row').nth(2).getAttribute('data-verdict')).toBe('unchanged');
    expect(await by('why-row').nth(2).textContent()).toContain('Score rose, picture did not');
    await page.getByRole('listbox', { name: /whose map/ }).press('End');
    expect(await by('why-row').nth(2).getAttribute('aria-selected')).toBe('true');
    await page.getByText('pull of blue beanie').waitFor();

    // Over the last step all of them come again; the picture beneath is the step's own.
    await page.keyboard.press('.');
    await page.getByText(/pull of blue beanie at step \d+/).waitFor();
    const first = await by('why-scrub').inputValue();
    await page.keyboard.press('.');
    expect(Number(await by('why-scrub').inputValue())).toBeGreaterThan(Number(first));
    await page.keyboard.press(',');
    await page.keyboard.press(',');
    await page.getByText('All 8 steps').waitFor();
    await by('why-scrub').press('ArrowLeft');
    expect(await by('why-scrub').getAttribute('aria-valuetext')).toMatch(/Step \d+ of 50/);

    // Held, the key shows the picture itself.
    const isBare = (): Promise<boolean> => by('pair').evaluate((pair) => pair.classList.contains('bare'));
    await by('pair').focus();
    await page.keyboard.down('Space');
    expect(await isBare()).toBe(true);
    await page.keyboard.up('Space');
    expect(await isBare()).toBe(false);

    await page.keyboard.press('w');
    expect(await by('recipe').isVisible()).toBe(true);
    expect(await by('why-overlay').count()).toBe(0);
    await page.reload();
    await by('result').first().click();
    await by('copy-recipe').waitFor();
    await by('pair').focus();
    await page.keyboard.press('w');
    await by('why-row').first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('says why there is nothing to explain', async () => {
    const { page, close } = await openDemo(browser, served);
    await writeMarked(page, 'a person without anything');
    await makePair(page);
    await page.getByTestId('pair').focus();
    await page.keyboard.press('w');
    await page.getByText('at least one stressed phrase').waitFor();
    expect(await page.getByTestId('why-run').count()).toBe(0);
    await close();
  });

  it.each(['dark', 'light'] as const)(
    'passes axe before and after, %s, in German too',
    async (colorScheme) => {
      const { page, close } = await openDemo(browser, served, { colorScheme });
      const by = (id: string) => page.getByTestId(id);
      await writeMarked(page, SENTENCE);
      await by('reference').first().waitFor();
      await makePair(page);
      await by('copy-recipe').waitFor();
      await by('why-button').click();
      await by('why-run').waitFor();
      expect((await breaches(page)).found).toEqual([]);
      await by('why-run').click();
      await by('why-row').first().waitFor();
      await page.keyboard.press('.');
      expect((await breaches(page)).found).toEqual([]);
      await by('place-settings').click();
      await by('language-de').check({ force: true });
      await by('place-compose').click();
      await page.getByText('Wert gestiegen, Bild nicht').waitFor();
      expect((await breaches(page)).found).toEqual([]);
      await close();
    },
  );
});
