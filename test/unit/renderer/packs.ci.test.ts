/** Importing, checking and removing a pack on the page, over the demonstration studio with the real intake. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../support/browser.ts';
import { openDemo } from '../../support/demo-page.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import { writeTinyPack } from '../../support/tiny-pack.ts';
import type { Served } from '../../../main/serve/index.ts';

let served: Served;
let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'accent-packs-page-'));
beforeAll(async () => {
  writeTinyPack(folder, { manifest: (m) => ({ ...m, name: 'Imported pack' }) });
  served = await serveDemo({ images: 8 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('imports a pack from its folder and from a file, checks it, and removes it after asking', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  await page.getByTestId('place-packs').click();
  const item = page.locator('[data-testid="pack-item"]', { hasText: 'Imported pack' });
  await page.getByTestId('pack-folder').setInputFiles(join(folder, 'tiny'));
  await item.waitFor();
  // The new one is shown at once.
  await page.getByTestId('pack-card').getByText('Imported pack').waitFor();
  await page.getByTestId('verify-pack').click();
  await page.getByTestId('pack-files').getByText('as the manifest says').first().waitFor();
  await page.getByTestId('pack-card-text').locator('summary').click();
  await page.getByTestId('pack-card-text').locator('pre').waitFor();
  await page.getByTestId('remove-pack').click();
  await page.getByTestId('remove-pack-sure').click();
  await item.waitFor({ state: 'detached' });

  const tar = join(folder, 'tiny.tar');
  execFileSync('tar', ['--format=ustar', '-cf', tar, '-C', folder, 'tiny']);
  await page.getByTestId('pack-file').setInputFiles(tar);
  await item.waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('keeps the focus on the card when the button that was pressed goes', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  await page.getByTestId('place-packs').click();
  await page.getByTestId('add-vectors').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('add-vectors').waitFor({ state: 'detached' });
  expect(
    await page
      .getByTestId('pack-card')
      .evaluate((card) => card.querySelector('h2') === document.activeElement),
  ).toBe(true);
  expect(complaints).toEqual([]);
  await close();
});

it('says what is wrong with a pack that is not whole, and installs nothing', async () => {
  writeTinyPack(folder, { id: 'broken', manifest: (m) => ({ ...m, name: 'Broken pack' }) });
  writeFileSync(join(folder, 'broken', 'golden.safetensors'), 'short');
  const { page, close } = await openDemo(browser, served);
  await page.getByTestId('place-packs').click();
  await page.getByTestId('pack-folder').setInputFiles(join(folder, 'broken'));
  await page.locator('[data-testid="import-error"]', { hasText: 'cut off' }).waitFor();
  expect(await page.locator('[data-testid="pack-item"]', { hasText: 'Broken pack' }).count()).toBe(0);
  // A ship's own pack offers no way out.
  expect(await page.getByTestId('remove-pack').count()).toBe(0);
  await close();
});

it('says in German what the host refuses, and copies it as the host said it', async () => {
  writeTinyPack(folder, { id: 'altered', manifest: (m) => ({ ...m, name: 'Altered pack' }) });
  const golden = join(folder, 'altered', 'golden.safetensors');
  const bytes = readFileSync(golden);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(golden, bytes);
  const { page, close } = await openDemo(browser, served);
  await page.getByTestId('place-settings').click();
  await page.getByTestId('language-de').check({ force: true });
  await page.getByTestId('place-packs').click();
  await page.getByTestId('pack-folder').setInputFiles(join(folder, 'altered'));
  const error = page.getByTestId('import-error');
  await error.getByText('Der Teil „golden“ (golden.safetensors) ist nicht die Datei').waitFor();
  await error.locator('summary').click();
  await error.getByText('Einzelheiten kopieren').click();
  await error.getByText('Kopiert').waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as unknown;
  expect(copied).toMatchObject({
    code: 'hash_mismatch',
    message: expect.stringContaining('is not the file that the manifest describes') as unknown,
    details: { reason: 'pack_file_changed', part: 'golden' },
  });
  await close();
});
