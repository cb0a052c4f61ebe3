/** The settings of Compose that are one click away, in Chromium over the demonstration studio. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { breaches } from '../../support/axe.ts';
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

it('reach the run, come back after a reload and with a recalled recipe, and go back to the pack’s own', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  const changed = page.getByTestId('more-settings-changed');
  const open = () => page.getByTestId('more-settings-button').click();
  await writeMarked(page, 'a person with a (full beard:1.4)');
  await page.getByTestId('reference').first().waitFor();
  await open();
  expect(await page.getByTestId('rebuild').innerText()).toContain('mean shift (the pack’s own)');
  await page.getByTestId('sampler').selectOption('dpm-solver++');
  await page.getByTestId('rebuild').selectOption('difference');
  await page.getByTestId('window-low').fill('0');
  await page.getByTestId('window-high').fill('600');
  expect((await breaches(page)).found).toEqual([]);
  await page.keyboard.press('Escape');
  const said = 'DPM-Solver++, difference, levels 0 to 600';
  expect(await changed.innerText()).toBe(said);
  await makePair(page);
  await page.getByTestId('recall').waitFor();
  await page.getByText('difference, levels 0 to 600, dpm-solver++').waitFor();

  await page.waitForTimeout(400);
  await page.reload();
  await changed.waitFor();
  expect(await changed.innerText()).toBe(said);
  await open();
  await page.getByTestId('all-own').click();
  await page.keyboard.press('Escape');
  expect(await changed.count()).toBe(0);
  await page.getByTestId('result').first().click();
  await page.getByTestId('recall').click();
  await changed.waitFor();
  expect(await changed.innerText()).toBe(said);
  await page.getByTestId('prompt').click();
  await page.keyboard.press('Control+z');
  await changed.waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await close();
});

it('change the time that a run is said to take, which stands beside a warning too', async () => {
  const fresh = await serveDemo({ stepMs: 2, images: 240 });
  const { page, close } = await openDemo(browser, fresh);
  const note = page.getByTestId('run-note');
  await writeMarked(page, 'a person with a (full beard:1.4)');
  await page.getByTestId('reference').first().waitFor();
  expect(await note.innerText()).toContain('Not measured yet');
  await makePair(page);
  const before = await note.innerText();
  expect(before).toMatch(/^\d+ s coarse, then \d+ s refine/);
  await page.getByTestId('steps').fill('1000');
  await page.getByTestId('steps').press('Enter');
  await expect.poll(() => note.innerText()).not.toBe(before);
  await writeMarked(page, 'a person with a (moth brooch:1.0)');
  await page.getByTestId('no-good-reference').waitFor();
  await expect.poll(() => note.innerText()).toMatch(/^Without effect: moth brooch\s+· about \d+/);
  await close();
  await fresh.close();
});

it.each([
  [1280, 800],
  [1100, 720],
  [640, 400],
])('lie within the window at %i x %i', async (width, height) => {
  const { page, close } = await openDemo(browser, served, { width, height });
  await page.getByTestId('more-settings-button').scrollIntoViewIfNeeded();
  await page.getByTestId('more-settings-button').click();
  const box = await page.getByTestId('more-settings').boundingBox();
  expect(box && [box.x >= 0, box.x + box.width <= width, box.y >= 0]).toEqual([true, true, true]);
  await page.getByTestId('upscale').scrollIntoViewIfNeeded();
  await page.getByTestId('upscale').uncheck();
  await close();
});
