/** The page in Chromium over the demonstration studio: hands on keys, room at every size, calm while it streams. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../support/browser.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import type { Served } from '../../../main/serve/index.ts';

const SENTENCE = 'A blocky person with a full beard and a moth brooch';
let served: Served;
let browser: Browser;
let complaints: string[];

beforeAll(async () => {
  served = await serveDemo({ stepMs: 15, images: 60 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

async function open(width = 1280, height = 800): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(served.newUrl());
  await page.locator('[data-connection="open"]').waitFor();
  return page;
}

/** Words and weight of each chip; whether references were found by now depends on how fast the hands are. */
const chips = (page: Page): Promise<string[]> =>
  page
    .getByTestId('chip')
    .evaluateAll((all) =>
      all.map((chip) => `${chip.textContent} ${chip.dataset['mark']?.replace('⊘ ', '')}`),
    );
const text = (page: Page): Promise<string | null> => page.getByTestId('prompt').textContent();

/** Selects the last `words` of what was just typed, by keys. */
async function selectBack(page: Page, words: number): Promise<void> {
  for (let i = 0; i < words; i++) await page.keyboard.press('Control+Shift+ArrowLeft');
}

describe('the sentence, by keyboard alone', () => {
  it('stresses, weighs, mutes and undoes, with the text as it was typed', async () => {
    const page = await open();
    await page.keyboard.press('F6');
    await page.keyboard.type('a full beard');
    await selectBack(page, 2);
    await page.keyboard.press('Control+e');
    expect(await chips(page)).toEqual(['full beard 1.0']);
    await page.keyboard.press('Control+ArrowUp');
    await page.keyboard.press('Control+ArrowUp');
    expect(await chips(page)).toEqual(['full beard 1.2']);
    await page.keyboard.press('End');
    await page.keyboard.type(', red hat');
    expect(await text(page)).toBe('a full beard, red hat');
    expect(await chips(page)).toEqual(['full beard 1.2']);
    const state = async (): Promise<string> => `${await text(page)} | ${(await chips(page)).join()}`;
    const end = await state();
    // How many keys one undo takes back depends on how fast they came; the way back does not.
    const seen: string[] = [];
    for (let i = 0; i < 40 && (await text(page)) !== ''; i++) {
      await page.keyboard.press('Control+z');
      seen.push(await state());
    }
    const way = ['a full beard | full beard 1.0', 'a full beard | ', ' | '];
    expect(seen.filter((entry) => way.includes(entry))).toEqual(way);
    for (let i = 0; i < 40 && (await state()) !== end; i++) await page.keyboard.press('Control+Shift+z');
    expect(await state()).toBe(end);
    await page.keyboard.press('F8');
    await page.keyboard.press('Control+Shift+e');
    expect(await chips(page)).toEqual(['full beard off']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('goes back through what was run with its chips, and forth to what was not sent', async () => {
    const page = await open();
    const editor = page.getByTestId('prompt');
    await editor.click();
    await page.keyboard.type('a robot ');
    await page.keyboard.type('antenna');
    await page.keyboard.press('Control+e');
    await page.keyboard.press('Control+ArrowUp');
    await page.keyboard.press('Control+Enter');
    await page.locator('img.loaded[data-testid="picture-refined"]').waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('an unsent draft');
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => text(page)).toBe('a robot antenna');
    expect(await chips(page)).toEqual(['antenna 1.1']);
    await page.keyboard.press('Alt+ArrowDown');
    await expect.poll(() => text(page)).toBe('an unsent draft');
    // The list: search, choose by arrows, Enter; then undo brings the draft back.
    await page.getByTestId('history-button').click();
    await page.getByTestId('history-row').nth(1).waitFor();
    await page.keyboard.type('antenna');
    await expect.poll(() => page.getByTestId('history-row').count()).toBe(1);
    await page.keyboard.press('Enter');
    await expect.poll(() => chips(page)).toEqual(['antenna 1.1']);
    expect(await editor.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Control+z');
    await expect.poll(() => text(page)).toBe('an unsent draft');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('edits inside a chip, and takes the stress off before the words', async () => {
    const page = await open();
    await page.getByTestId('prompt').click();
    await page.keyboard.type('full beard');
    await selectBack(page, 2);
    await page.keyboard.press('Control+e');
    await page.keyboard.press('Home');
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.type(' red');
    expect(await chips(page)).toEqual(['full red beard 1.0']);
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Backspace');
    expect([await text(page), await chips(page)]).toEqual(['full red beard', []]);
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Backspace');
    expect(await text(page)).toBe('');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('makes chips of pasted marks and gives them back when copied', async () => {
    const page = await open();
    await page.getByTestId('prompt').click();
    await page.evaluate(() => navigator.clipboard.writeText('a (blue hat:1.3)\r\nand shoes++'));
    await page.keyboard.press('Control+v');
    expect(await text(page)).toBe('a blue hat\nand shoes');
    expect(await chips(page)).toEqual(['blue hat 1.3', 'shoes 1.2']);
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'a (blue hat:1.3)\nand (shoes:1.2)',
    );
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('follows an input method and a program that fills the field', async () => {
    const page = await open();
    const editor = page.getByTestId('prompt');
    await editor.fill('a full beard');
    expect(await text(page)).toBe('a full beard');
    await editor.press('End');
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
    await devtools.send('Input.insertText', { text: '日本' });
    await page.keyboard.type('!');
    expect(await text(page)).toBe('a full beard日本!');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a run', () => {
  it('moves nothing while it streams, says what happens, and can be looked at by keys', async () => {
    const page = await open();
    await page.getByTestId('prompt').click();
    await page.keyboard.type(SENTENCE);
    await selectBack(page, 2);
    await page.keyboard.press('Control+e');
    await page.getByTestId('no-good-reference').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('queue-pill').waitFor();
    await page.waitForTimeout(600);
    await page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: 'layout-shift' });
    });
    await page.getByTestId('picture-refined').waitFor();
    await page.getByTestId('copy-recipe').waitFor();
    const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.002);
    await expect
      .poll(() => page.getByTestId('live').textContent(), { timeout: 12_000 })
      .toMatch(/Finished|Started/);

    // From the editor to the pictures, then flip them.
    await page.getByTestId('pair').focus();
    const leftEdge = (): Promise<number> =>
      page.getByTestId('picture-refined').evaluate((image) => image.getBoundingClientRect().left);
    const before = await leftEdge();
    await page.keyboard.down(' ');
    expect(await leftEdge()).toBeLessThan(before);
    await page.keyboard.up(' ');
    expect(await leftEdge()).toBe(before);
    await page.keyboard.press('2');
    await page.getByTestId('split').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('goes on over a reload, and ends within a step when cancelled', async () => {
    const page = await open();
    await page.getByTestId('prompt').click();
    await page.keyboard.type(SENTENCE);
    await page.getByTestId('steps').fill('400');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('queue-pill').waitFor();
    await page.waitForTimeout(500);
    await page.reload();
    await page.getByTestId('queue-pill').waitFor();
    expect(await text(page)).toBe(SENTENCE);
    await expect.poll(() => page.getByTestId('job-line').textContent()).toMatch(/Coarse, step \d+ of 400/);
    await page.getByTestId('cancel').click();
    await page.locator('[data-testid="job"][data-state="idle"]').waitFor({ timeout: 2000 });
    expect(await page.getByTestId('job-error').textContent()).toContain('Cancelled');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('room', () => {
  it.each([
    [1920, 1080],
    [1280, 800],
    [1100, 720],
    [900, 700],
    [640, 400],
  ])('nothing scrolls sideways at %i x %i, and the run bar can be reached', async (width, height) => {
    const page = await open(width, height);
    await page.getByTestId('prompt').click();
    await page.evaluate(() =>
      navigator.clipboard.writeText('(full beard:1.4), (dark shades) and (a moth brooch)'),
    );
    await page.keyboard.press('Control+v');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('picture-refined').waitFor();
    const over = await page.evaluate(() => {
      const root = document.documentElement;
      const wide = [
        ...document.querySelectorAll('main, header, .left, .right, .scroller, .run, .bottom'),
      ].filter((element) => element.scrollWidth > element.clientWidth + 1);
      return [root.scrollWidth - root.clientWidth, wide.map((element) => element.className)];
    });
    expect(over).toEqual([0, []]);
    await page.getByTestId('generate').scrollIntoViewIfNeeded();
    expect(await page.getByTestId('generate').isVisible()).toBe(true);
    await page.context().close();
  });

  it('in no place one part lies over another at 640 x 400', async () => {
    const page = await open(640, 400);
    for (const place of ['gallery', 'references', 'study', 'packs']) {
      await page.getByTestId(`place-${place}`).click();
      await page.getByTestId(`${place}-view`).waitFor();
      // What is too long for its part hangs out of it, over the next one.
      const over = await page.evaluate(() =>
        [...(document.querySelector('#place')?.children ?? [])]
          .filter((part) => getComputedStyle(part).overflowY === 'visible')
          .filter((part) => part.scrollHeight > part.clientHeight + 1)
          .map((part) => part.className),
      );
      expect([place, over]).toEqual([place, []]);
    }
    await page.context().close();
  });

  it('every control has a name', async () => {
    const page = await open();
    await page.getByTestId('prompt').click();
    await page.keyboard.type('a full beard');
    await page.keyboard.press('Control+e');
    await page.getByTestId('reference').first().waitFor();
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select, a, [role="option"], [tabindex="0"]')]
        .filter((element) => {
          const labelled = element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
          const label = labelled ? [...(element.labels ?? [])].map((l) => l.textContent).join('') : '';
          return `${element.textContent}${element.getAttribute('aria-label') ?? ''}${label}`.trim() === '';
        })
        .map((element) => `${element.tagName} ${element.className}`),
    );
    expect(nameless).toEqual([]);
    await page.context().close();
  });
});
