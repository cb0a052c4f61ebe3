/** The very first start, and what Settings shows, in Chromium over the demonstration studio. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../support/browser.ts';
import { openDemo } from '../../support/demo-page.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import type { Served } from '../../../main/serve/index.ts';

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveDemo({ stepMs: 1, images: 24, isFresh: true });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

it('goes from an empty studio to a finished pair with one press', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  // Until there is a pair of one's own, a real one shows what there is to see.
  const sample = page.getByTestId('sample-pair').locator('img');
  expect(await sample.count()).toBe(2);
  for (const picture of await sample.all())
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(256);
  await page.getByTestId('first-pair').click();
  await page.getByTestId('first-run').getByText('sample pictures').last().waitFor();
  await page.locator('img.loaded[data-testid="picture-refined"]').waitFor();
  expect(await page.getByTestId('emphasis').count()).toBe(3);
  expect(await page.getByTestId('first-run').count()).toBe(0);
  await page.reload();
  await page.getByTestId('prompt').waitFor();
  expect(await page.getByTestId('first-run').count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
});

it('lists what went wrong in Settings, to be copied, beside how much room everything takes', async () => {
  const { page, close } = await openDemo(browser, served);
  await page.getByTestId('place-settings').click();
  await page.getByTestId('error-centre').getByText('Nothing since').waitFor();
  await page.getByTestId('sizes').getByText('48 MB').waitFor();
  await page.getByTestId('data-folder').getByRole('button').click();
  await page.getByRole('button', { name: 'Copy the path: Data folder: Copied' }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('/home/ada/.local/share/accent');
  expect(await page.getByTestId('place-path').count()).toBe(2);
  await page.getByTestId('place-packs').click();
  await page.getByTestId('pack-refused').waitFor();
  await page.getByTestId('place-settings').click();
  expect(await page.getByTestId('noted-error').innerText()).toContain('hash_mismatch');
  await page.getByTestId('copy-errors').click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('"code": "hash_mismatch"');
  await close();
});

it('tells a page from another machine how large everything is, but not where it lies', async () => {
  const far = await serveDemo({ stepMs: 1, images: 1, isForeign: true });
  const { page, close } = await openDemo(browser, far);
  await page.getByTestId('place-settings').click();
  const sizes = page.getByTestId('sizes');
  await sizes.getByText('48 MB').waitFor();
  expect(await sizes.getByTestId('data-folder').count()).toBe(0);
  expect(await sizes.innerText()).not.toMatch(/data folder|[/]/i);
  await close();
  await far.close();
});
