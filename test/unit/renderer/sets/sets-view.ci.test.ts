/** Strip and grid over the demonstration studio: by keys alone, one gesture each, opened in Compare, cancelled, seen by axe. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../../../main/serve/index.ts';
import { breaches } from '../../../support/axe.ts';
import { launchChromium } from '../../../support/browser.ts';
import { makePair, openDemo, writeMarked } from '../../../support/demo-page.ts';
import type { DemoPage, DemoPageOptions } from '../../../support/demo-page.ts';
import { serveDemo } from '../../../support/demo-serve.ts';

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveDemo({ stepMs: 1, images: 240 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** A page with one finished pair in sight and the focus on it. */
async function withPair(steps = 4, options: DemoPageOptions = {}): Promise<DemoPage> {
  const demo = await openDemo(browser, served, options);
  await writeMarked(demo.page, 'a person with a (full beard:1.4) and (dark shades:1.0)');
  await demo.page.getByTestId('reference').first().waitFor();
  await demo.page.getByTestId('steps').fill(String(steps));
  await makePair(demo.page);
  await demo.page.getByTestId('copy-recipe').waitFor();
  await demo.page.getByTestId('pair').focus();
  return demo;
}

describe('the strip', () => {
  it('is one key, grows before the eyes, and each picture opens beside the pair', async () => {
    const { page, complaints, close } = await withPair();
    const by = (id: string) => page.getByTestId(id);
    await page.keyboard.press('b');
    await by('set').waitFor();
    expect(await by('set').getByRole('columnheader').allInnerTexts()).toEqual([
      'nothing stressed',
      '+ full beard',
      '+ dark shades',
    ]);
    await page.locator('[data-testid="set-cell"][data-state="done"]').nth(2).waitFor();
    await by('set-cell').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByText(/Differs by one thing:/).waitFor();
    expect(await by('differs').textContent()).toContain('dark shades');
    await page.keyboard.press('Backspace');
    await by('set').waitFor();
    expect((await breaches(page)).found).toEqual([]);
    await by('set-close').press('Enter');
    await by('pair').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('the grid', () => {
  it.each(['dark', 'light'] as const)(
    'is filled in below the pictures, %s, and counted before it is made',
    async (colorScheme) => {
      const { page, complaints, close } = await withPair(4, { colorScheme });
      const by = (id: string) => page.getByTestId(id);
      await page.keyboard.press('v');
      await by('vary').waitFor();
      expect((await breaches(page)).found).toEqual([]);
      await by('columns-values').fill('0, 1, x');
      await page.getByText('Expected numbers').waitFor();
      expect(await by('make-grid').isDisabled()).toBe(true);
      await by('columns-values').fill('0, 1, 2');
      await by('rows-what').selectOption({ label: 'Weight of full beard' });
      await page.getByText('Both axes change the same thing').waitFor();
      await by('rows-what').selectOption('arm');
      expect(await by('grid-size').textContent()).toContain('3 × 2: 6 pictures');
      await by('make-grid').press('Enter');
      await page.locator('[data-testid="set-cell"][data-state="done"]').nth(5).waitFor();
      await page.getByText('6 of 6').first().waitFor();
      expect(await by('set').getByRole('rowheader').allInnerTexts()).toEqual(['Coarse', 'Refined']);
      expect((await breaches(page)).found).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('is cancelled at once, found again after a reload, and goes on with what is missing', async () => {
    const { page, close } = await withPair(100);
    const by = (id: string) => page.getByTestId(id);
    const cells = (state: string) => page.locator(`[data-testid="set-cell"][data-state="${state}"]`);
    await page.keyboard.press('v');
    await by('rows-on').uncheck();
    await by('columns-what').selectOption('seed');
    await by('columns-values').fill('1, 2, 3, 4, 5, 6, 7, 8');
    await by('make-grid').click();
    await cells('done').first().waitFor();
    await by('set-cancel').click();
    await by('set-resume').waitFor();
    await cells('running').first().waitFor({ state: 'detached' });
    const done = await cells('done').count();
    expect(done).toBeGreaterThan(0);
    expect((await cells('cancelled').count()) + done).toBe(8);
    await page.reload();
    await by('result').first().click();
    await by('copy-recipe').waitFor();
    await by('pair').focus();
    await page.keyboard.press('v');
    await by('earlier-set').first().click();
    await by('set-resume').click();
    await cells('done').nth(7).waitFor();
    await close();
  });
});
