/** The page in Chromium over the demonstration studio, and what a person does on it everywhere. */
import type { Browser, Page } from 'playwright-core';
import type { Served } from '../../main/serve/index.ts';

export interface DemoPage {
  readonly page: Page;
  /** Uncaught errors and console errors. */
  readonly complaints: string[];
  readonly close: () => Promise<void>;
}

export interface DemoPageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'dark' | 'light';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

/** Opens a fresh profile and waits until the page is connected. */
export async function openDemo(
  browser: Browser,
  served: Served,
  { width = 1280, height = 800, colorScheme = 'dark', reducedMotion = 'no-preference' }: DemoPageOptions = {},
): Promise<DemoPage> {
  const context = await browser.newContext({
    viewport: { width, height },
    permissions: ['clipboard-read', 'clipboard-write'],
    colorScheme,
    reducedMotion,
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(served.newUrl());
  await page.locator('[data-connection="open"]').waitFor();
  return { page, complaints, close: () => context.close() };
}

/** Writes a sentence by pasting it with its weight marks. */
export async function writeMarked(page: Page, marked: string): Promise<void> {
  // At the first word: in the middle may lie a chip, which takes the keys.
  await page.getByTestId('prompt').click({ position: { x: 6, y: 10 } });
  await page.keyboard.press('Control+a');
  await page.evaluate((text) => navigator.clipboard.writeText(text), marked);
  await page.keyboard.press('Control+v');
}

/** Generates a pair by key and waits until both pictures are there. */
export async function makePair(page: Page): Promise<void> {
  const before = await page.getByTestId('result').count();
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction(
    (count) => document.querySelectorAll('[data-testid="result"]').length > count,
    before,
  );
  await page.locator('img.loaded[data-testid="picture-refined"]').waitFor();
}

/** Goes through packs, settings and the sheet of keys, and has each of them looked at once it is there. */
export async function visitOthers(page: Page, look: (place: string) => Promise<void>): Promise<void> {
  await page.getByTestId('place-packs').click();
  await page.getByTestId('doctor-report').waitFor();
  await look('packs');
  await page.getByTestId('place-settings').click();
  await page.getByTestId('storage').waitFor();
  await look('settings');
  await page.getByTestId('help-button').click();
  await look('keys');
}

/**
 * Answers every task of the set that is open, by keys alone, and stops where it can be sealed. `atFirst` is called at the
 * first answered task of every pass.
 */
export async function rateWhole(page: Page, atFirst?: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    await page
      .getByTestId('rate-end')
      .or(page.getByTestId('pass-intro'))
      .or(page.getByTestId('task'))
      .waitFor();
    if ((await page.getByTestId('rate-end').count()) > 0) return;
    if ((await page.getByTestId('pass-intro').count()) > 0) {
      await page.keyboard.press('Enter');
      continue;
    }
    const task = page.getByTestId('task');
    const count = await page.getByTestId('task-count').innerText();
    const pass = await task.getAttribute('data-pass');
    if (pass === 'beside') await page.keyboard.press('ArrowLeft');
    else await page.keyboard.press(pass === 'looks' ? '3' : '4');
    const rows = await task.getByTestId('detail-row').count();
    // The letters are those of the page's language; each row shows them, yes first.
    const letters =
      rows > 0 ? await task.getByTestId('detail-row').first().locator('kbd').allInnerTexts() : [];
    for (let row = 0; row < rows; row++) await page.keyboard.press(String(letters[row % 2]).toLowerCase());
    if (/^1 /.test(count)) await atFirst?.();
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      ([was]) => document.querySelector('[data-testid="task-count"]')?.textContent.trim() !== was,
      [count.trim()],
    );
  }
  throw new Error('The set did not come to an end.');
}
