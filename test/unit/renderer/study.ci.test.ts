/** Rating by keys alone, in Chromium over the demonstration studio, whose blind sets are made by the real service. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../support/browser.ts';
import { openDemo, rateWhole } from '../../support/demo-page.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import type { Served } from '../../../main/serve/index.ts';

let served: Served;
let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'accent-study-page-'));
beforeAll(async () => {
  served = await serveDemo({ stepMs: 1, images: 24 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openStudy(page: Page, rater: string): Promise<void> {
  await page.keyboard.press('Control+4');
  await page.getByTestId('study-item').first().click();
  await page.getByTestId('rater-name').fill(rater);
  await page.keyboard.press('Enter');
  await page.getByTestId('pass-intro').waitFor();
}

/** Clicks what gives a file and keeps that file. */
async function download(page: Page, testid: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId(testid).first().click()]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

it('is answered by the keys that were chosen for it', async () => {
  const { page, close } = await openDemo(browser, served);
  await page.getByTestId('place-settings').click();
  const row = page.locator('[data-command="rate.5"]');
  await row.getByTestId('key-change').click();
  await page.keyboard.press('z');
  expect(await page.getByTestId('key-problem').textContent()).toContain('fixed use');
  await row.getByTestId('key-change').click();
  await page.keyboard.press('g');
  await openStudy(page, 'kim');
  await page.keyboard.press('Enter');
  await page.getByTestId('study-picture').waitFor();
  expect(await page.getByTestId('question-photorealism').locator('strong').allTextContents()).toEqual([
    '1',
    '3',
    'G',
  ]);
  await page.keyboard.press('5');
  expect(await page.getByTestId('photorealism-5').isChecked()).toBe(false);
  await page.keyboard.press('g');
  expect(await page.getByTestId('photorealism-5').isChecked()).toBe(true);
  await close();
});

it('asks looks without the sentence, keeps every answer, and goes on there after a reload', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  await openStudy(page, 'ann');
  await page.keyboard.press('Enter');
  const task = page.getByTestId('task');
  await task.getByTestId('study-picture').waitFor();
  expect(await page.getByTestId('study-sentence').count()).toBe(0);
  expect(await page.getByTestId('place-compose').count()).toBe(0);
  // Enter without an answer changes nothing; 2 is no answer on this scale.
  await page.keyboard.press('Enter');
  await page.keyboard.press('2');
  const of = Number((await page.getByTestId('task-count').innerText()).split(' ').at(-1));
  expect(of).toBeGreaterThanOrEqual(6);
  const at = (n: number) =>
    page.locator('[data-testid="task-count"]', { hasText: `${n} of ${of}` }).waitFor();
  await at(1);
  await page.keyboard.press('3');
  await page.keyboard.press('Backspace');
  expect(await page.getByTestId('photorealism-3').isChecked()).toBe(false);
  await page.keyboard.press('5');
  await page.keyboard.press('Enter');
  await at(2);
  await page.keyboard.press('Backspace');
  await at(1);
  expect(await page.getByTestId('photorealism-5').isChecked()).toBe(true);
  await page.keyboard.press('Enter');
  await at(2);
  await page.keyboard.down('z');
  await page.locator('img.close[data-testid="study-picture"]').waitFor();
  await page.keyboard.up('z');
  await page.reload();
  await openStudy(page, 'ann');
  await page.keyboard.press('Enter');
  await at(2);
  await page.keyboard.press('Escape');
  await page.getByTestId('study-detail').waitFor();
  expect(await page.getByTestId('rater').innerText()).toContain('0 of 11 items');
  expect(await page.getByTestId('reveal').isDisabled()).toBe(true);
  expect(complaints).toEqual([]);
  await close();
});

it('is rated to the end and sealed by keys, opens its results only then, and gives them as files', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  await openStudy(page, 'ann');
  await rateWhole(page);
  await page.getByTestId('seal').click();
  await page.getByTestId('rate-close').click();
  await page.getByTestId('rater').getByText('sealed').waitFor();
  await page.getByTestId('reveal').click();
  const results = page.getByTestId('study-results');
  await results.waitFor();
  expect(await results.innerText()).toContain('1 rater');
  expect(await results.getByRole('img').count()).toBe(4);
  expect(await results.getByRole('row', { name: /Refined 3/ }).count()).toBe(1);
  const csv = readFileSync(await download(page, 'save-csv'), 'utf8');
  expect(csv.split('\r\n')[0]).toContain('rater,synthetic,itemId');
  expect(csv).toContain('ann,false,');
  expect(complaints).toEqual([]);
  await close();
});

it('goes to another studio as one file without arms or key, and the sealed sheet comes back', async () => {
  const other = await serveDemo({ images: 8, noStudies: true });
  try {
    const { page, close } = await openDemo(browser, served);
    await page.keyboard.press('Control+4');
    await page.getByTestId('study-item').first().click();
    const path = await download(page, 'export-study');
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('accent-study-pack');
    expect(text).not.toMatch(/coarse|refined|"key"/);
    const away = await openDemo(browser, other);
    await away.page.keyboard.press('Control+4');
    await away.page.getByTestId('study-file').setInputFiles(path);
    await away.page.getByTestId('study-detail').getByText('made in another studio').waitFor();
    await away.page.getByTestId('rater-name').fill('ben');
    await away.page.keyboard.press('Enter');
    await rateWhole(away.page);
    await away.page.getByTestId('seal').click();
    await away.page.keyboard.press('Escape');
    expect(await away.page.getByTestId('reveal').count()).toBe(0);
    const sheet = await download(away.page, 'save-sheet');
    await away.close();

    await page.getByTestId('study-file').setInputFiles(sheet);
    await page.getByTestId('rater').getByText('ben').waitFor();
    const altered = join(folder, 'altered.json');
    writeFileSync(altered, readFileSync(sheet, 'utf8').replace('"rater": "ben"', '"rater": "eve"'));
    await page.getByTestId('study-file').setInputFiles(altered);
    await page.locator('[data-testid="error-note"]', { hasText: 'changed after it was sealed' }).waitFor();
    await close();
  } finally {
    await other.close();
  }
});

it('starts an evaluation that goes on without the page, stops and continues it, and shows its figures', async () => {
  const { page, complaints, close } = await openDemo(browser, served);
  await page.keyboard.press('Control+4');
  await page.getByTestId('new-evaluation').click();
  await page.getByTestId('evaluation-name').fill('mine');
  await page.getByTestId('prompt-count').fill('20');
  await page.getByTestId('seed-count').fill('2');
  await page.getByText('makes 160 pictures').waitFor();
  // The sets of prompts may still be on their way, and without one Enter starts nothing.
  await page.locator('[data-testid="run-evaluation"]:enabled').waitFor();
  await page.keyboard.press('Enter');
  const detail = page.getByTestId('evaluation-detail');
  await page.locator('[data-testid="evaluation-detail"][data-state="progress"]').waitFor();
  await page.reload();
  await page.locator('[data-testid="evaluation-item"]', { hasText: 'mine' }).click();
  await page.getByTestId('stop-evaluation').click();
  await page.getByTestId('evaluation-report').getByText('Not complete').waitFor();
  await page.getByTestId('resume-evaluation').click();
  await page.locator('[data-testid="evaluation-detail"][data-state="done"]').waitFor();
  const report = page.getByTestId('evaluation-report');
  await report.getByRole('row', { name: /^Refined 40 / }).waitFor();
  const heads = await report.getByRole('columnheader').allTextContents();
  const cells = await report
    .getByRole('row', { name: /^Refined 40 / })
    .getByRole('cell')
    .allTextContents();
  // The row begins with its name, which is no cell.
  expect(cells[heads.indexOf('LPIPS over seeds') - 1]).toMatch(/^0\.[23]\d\d \(0\.[23]\d\d … 0\.[23]\d\d\)$/);
  await report.getByText('by all pairs of seeds, at 64 px').waitFor();
  expect(await report.getByRole('img').count()).toBe(5);
  expect(await page.getByTestId('emphases-chart').locator('canvas').count()).toBe(1);
  const saved = await download(page, 'save-report');
  expect(JSON.parse(readFileSync(saved, 'utf8'))).toMatchObject({
    format: 'accent-evaluation',
    complete: true,
  });

  await detail.getByTestId('study-name').fill('judged');
  await detail.getByTestId('study-prompts').fill('2');
  await detail.getByTestId('make-study-button').click();
  await page.getByTestId('study-detail').getByText('judged').waitFor();
  expect(complaints).toEqual([]);
  await close();
});
