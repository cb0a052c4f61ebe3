/** Screens of the page in Chromium over the demonstration studio: going about, comparing, twins. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../support/browser.ts';
import { makePair, openDemo, writeMarked } from '../../support/demo-page.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import type { Served } from '../../../main/serve/index.ts';

/** Polls for as long as a busy machine may take. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveDemo({ stepMs: 2, images: 60 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const place = (page: Page): Promise<string | null> => page.getByTestId('app').getAttribute('data-place');

describe('the focus', () => {
  it('goes down from a chip to its references and back, and into the place that a key opens', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    const focused = (testid: string): Promise<void> =>
      page
        .waitForFunction(
          (id) => (document.activeElement as HTMLElement | null)?.dataset['testid'] === id,
          testid,
        )
        .then(() => undefined);
    const at = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-hash]')?.dataset['hash']);
    await writeMarked(page, 'a person with (round glasses:1.2)');
    await page.getByTestId('reference').nth(1).waitFor();
    const hashes = await page
      .getByTestId('reference')
      .evaluateAll((items) => items.map((item) => item.getAttribute('data-hash')));
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowDown');
    await expect.poll(at).toBe(hashes[0]);
    await page.keyboard.press('ArrowRight');
    await expect.poll(at).toBe(hashes[1]);
    await page.keyboard.press('p');
    await page.locator('.pinned').first().waitFor();
    await page.keyboard.press('Escape');
    await focused('prompt');
    await makePair(page);
    await page.keyboard.press('Control+2');
    await page.getByTestId('grid-item').first().waitFor();
    const lost = () => page.evaluate(() => document.activeElement === document.body);
    expect(await lost()).toBe(false);
    await page.getByTestId('gallery-grid').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await focused('pair');
    for (const key of ['Control+3', 'Control+4', 'Control+5', 'Control+,']) {
      await page.keyboard.press(key);
      await expect.poll(lost).toBe(false);
    }
    await page.keyboard.press('Control+1');
    await focused('prompt');
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('places', () => {
  it('are reached by link, by key and by the back button, and the sentence stays', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a person with a (full beard:1.4)');
    await page.getByTestId('place-packs').click();
    await page.getByTestId('doctor-report').waitFor();
    expect(page.url()).toMatch(/#\/packs$/);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByTestId('library-grid').waitFor();
    await page.keyboard.press('Control+,');
    await page.getByTestId('storage').waitFor();
    await page.goBack();
    await soon(() => place(page)).toBe('references');
    await page.reload();
    await page.getByTestId('library-grid').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    expect(await page.getByTestId('prompt').textContent()).toBe('a person with a full beard');
    // A page that is busy hears late of keys that were pressed one after the other.
    await page.locator('#place').focus();
    await page.keyboard.press('g');
    const busy = page.evaluate(() => {
      const end = performance.now() + 1500;
      while (performance.now() < end);
    });
    await page.keyboard.press('p');
    await busy;
    await soon(() => place(page)).toBe('packs');
    await page.keyboard.press('Control+1');
    // In the sentence the same letters are text.
    await page.getByTestId('prompt').click();
    await page.keyboard.press('End');
    await page.keyboard.type(' gr');
    expect(await place(page)).toBe('compose');
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows the keys on one sheet, and a key that the user chose works at once', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await page.keyboard.press('?');
    const sheet = page.getByTestId('key-sheet');
    await sheet.getByText('Stress the selected words').waitFor();
    // What cannot be changed says so, here and where keys are changed.
    const fixed = sheet.getByTestId('fixed-key').filter({ hasText: 'Open in Compose' });
    expect(await fixed.innerText()).toContain('fixed');
    expect(await sheet.locator('[data-command="stress.words"]').innerText()).not.toContain('fixed');
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    const help = page.getByTestId('help-button');
    await help.focus();
    await page.keyboard.press('Enter');
    // A press that begins in it and ends outside selects words; one outside closes it.
    await sheet.locator('h2').hover();
    await page.mouse.down();
    await page.mouse.move(5, 400);
    await page.mouse.up();
    expect(await sheet.isVisible()).toBe(true);
    await page.mouse.click(5, 400);
    await sheet.waitFor({ state: 'detached' });
    await soon(() => help.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.getByTestId('place-settings').click();
    const row = page.locator('[data-command="place.packs"]');
    const moves = page.getByTestId('fixed-key').first();
    expect(await moves.innerText()).toContain('fixed');
    // The list scrolls, and the window with its bar does not.
    await page.getByTestId('storage').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);
    expect(await moves.getByTestId('key-change').count()).toBe(0);
    await row.getByTestId('key-change').click();
    await page.keyboard.press('Control+e');
    expect(await page.getByTestId('key-problem').textContent()).toContain('Stress the selected words');
    await row.getByTestId('key-change').click();
    await page.keyboard.press('Control+Alt+p');
    expect(await row.locator('kbd').allTextContents()).toEqual(['Ctrl Alt P']);
    await page.keyboard.press('Control+Alt+p');
    await soon(() => place(page)).toBe('packs');

    // A list's key, judged by what is at work beside the list.
    await page.getByTestId('place-settings').click();
    const star = page.locator('[data-command="grid.star"]');
    for (const [key, said] of [
      ['x', 'Mark the pair'],
      ['f', 'Filters of the gallery'],
      ['Enter', 'fixed use'],
    ] as const) {
      await star.getByTestId('key-change').click();
      await page.keyboard.press(key);
      expect(await page.getByTestId('key-problem').textContent()).toContain(said);
    }
    await star.getByTestId('key-change').click();
    await page.keyboard.press('w');
    expect(await page.getByTestId('key-problem').textContent()).toBe('');
    await page.getByTestId('help-button').click();
    expect(await sheet.locator('[data-command="grid.star"] kbd').allTextContents()).toEqual(['W']);
    await page.keyboard.press('Escape');
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('the sentence', () => {
  it('completes a phrase that was stressed before, and stresses it', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a (bushy moustache:1.2) on a person');
    await page.keyboard.press('Control+Shift+Enter');
    await page.getByTestId('queue-pill').waitFor();
    await page.getByTestId('prompt').click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('someone with a bush');
    await page.getByTestId('completion').getByText('bushy moustache').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.getByTestId('prompt').textContent()).toBe('someone with a bushy moustache');
    expect(await page.getByTestId('chip').textContent()).toBe('bushy moustache');
    await page.keyboard.press('Control+z');
    expect(await page.getByTestId('prompt').textContent()).toBe('someone with a bush');
    expect(await page.getByTestId('chip').count()).toBe(0);
    // What nobody stressed yet comes from the catalog, which says so.
    await page.keyboard.type(', bra');
    await page.getByTestId('completion').getByText('caption').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.getByTestId('chip').textContent()).toBe('braided hair');
    expect(complaints).toEqual([]);
    await close();
  });

  it('changes a weight by dragging its number or with Control and the wheel, but not by the wheel alone', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a person with a (full beard:1.0) and more');
    const chip = page.getByTestId('chip');
    const box = await chip.boundingBox();
    if (!box) throw new Error('The chip is not to be seen.');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width - 12, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 8, y);
    await page.mouse.move(box.x + box.width + 28, y);
    await page.mouse.up();
    expect(await chip.getAttribute('data-mark')).toMatch(/1\.4$/);
    await page.mouse.move(box.x + 20, y);
    await page.mouse.wheel(0, -100);
    expect(await chip.getAttribute('data-mark')).toMatch(/1\.4$/);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, 100);
    await page.keyboard.up('Control');
    await soon(() => chip.getAttribute('data-mark')).toMatch(/1\.3$/);
    expect(complaints).toEqual([]);
    await close();
  });

  it('marks words that the pack does not know, and those that it does not read', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    const marks = (name: string): Promise<string[]> =>
      page.evaluate((key) => [...(CSS.highlights.get(key) ?? [])].map(String), name);
    await writeMarked(page, 'a person with a qxglorp and a hat');
    await soon(() => marks('accent-unknown')).toEqual(['qxglorp']);
    expect(await page.getByTestId('word-count').textContent()).toContain('not known: qxglorp');
    await writeMarked(page, `${'word '.repeat(47)}then (a hat:1.0)`);
    await soon(() => page.getByTestId('word-count').textContent()).toContain('words are not read');
    expect((await marks('accent-cut'))[0]).toMatch(/a hat$/);
    await soon(() => page.getByTestId('run-note').textContent()).toContain('a hat');
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('comparing', () => {
  it('zooms and moves both pictures as one, says where they differ, and makes a twin without one phrase', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a blocky person with a (full beard:1.4) and (dark shades:1.0)');
    await page.getByTestId('reference').first().waitFor();
    await makePair(page);
    await page.getByText('Differs by one thing: refinement').waitFor();
    const transforms = (): Promise<string[]> =>
      page.locator('.pane .lens').evaluateAll((all) => all.map((e) => getComputedStyle(e).transform));
    const [still] = await transforms();
    await page.getByTestId('picture-coarse').hover();
    await page.mouse.wheel(0, -600);
    await soon(async () => (await transforms())[0]).not.toBe(still);
    const [left, right] = await transforms();
    expect(left).toBe(right);
    await page.getByTestId('pair').focus();
    await page.keyboard.press('z');
    await page.getByTestId('picture-refined').hover();
    await soon(() => page.getByTestId('loupe').count()).toBe(2);
    await page.keyboard.press('z');
    await page.keyboard.press('0');
    expect((await transforms())[0]).toBe(still);
    await page.keyboard.press('2');
    const at = () => page.getByTestId('split').inputValue();
    await page.getByTestId('pair').focus();
    await page.keyboard.press('ArrowRight');
    await soon(at).toBe('51');
    await page.keyboard.press('Shift+ArrowLeft');
    await soon(at).toBe('41');
    const seen = page.locator('.pair').first();
    await page.keyboard.press('3');
    await soon(() => seen.getAttribute('class')).toContain('flip');
    await page.keyboard.press('c');
    await soon(() => seen.getAttribute('class')).toContain('flipped');
    await page.keyboard.press('c');
    await page.keyboard.press('4');
    await soon(() => page.getByTestId('changed').textContent()).toMatch(/\d % of the pixels differ/);
    await page.keyboard.press('1');

    await page.keyboard.press('t');
    await page.getByRole('menuitem', { name: 'Without full beard' }).click();
    await page.getByText('Differs by one thing: full beard').waitFor();
    const sources = await page
      .getByTestId('picture-refined')
      .evaluateAll((all) => all.map((image) => (image as HTMLImageElement).src));
    expect(new Set(sources).size).toBe(2);
    expect(complaints).toEqual([]);
    await close();
  });

  it('lists a phrase’s references by number in one row, and makes the twin without one of them by keys', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a blocky person with a (full beard:1.4) and (dark shades:1.0)');
    await page.getByTestId('reference').first().waitFor();
    await makePair(page);
    await page.getByText('Differs by one thing: refinement').waitFor();
    await page.getByTestId('pair').focus();
    await page.keyboard.press('t');
    const items = page.getByTestId('twin-item');
    await items.first().waitFor();
    const focused = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);
    // Up from the first goes to the last, and in a row of numbers left and right move too.
    await page.keyboard.press('ArrowUp');
    await soon(focused).toBe('Without reference 4 of dark shades');
    await page.keyboard.press('ArrowLeft');
    await soon(focused).toBe('Without reference 3 of dark shades');
    const tops = await items
      .filter({ hasText: /^\s*[1-4]\s*$/ })
      .evaluateAll((all) => all.map((item) => Math.round(item.getBoundingClientRect().top)));
    expect(tops).toHaveLength(8);
    expect(new Set(tops).size).toBe(2);
    await page.keyboard.press('Enter');
    await soon(() => page.getByTestId('differs').textContent()).toContain('dark shades');
    expect(complaints).toEqual([]);
    await close();
  });
});
