/** A first start: the page is open before the first folder has been read. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/browser.ts';
import { openStudioPage } from './studio-page.ts';
import { importReferences, startStudio } from './studio.ts';
import type { Studio } from './studio.ts';

let studio: Studio;
let browser: Browser;
beforeAll(async () => {
  studio = await startStudio({ empty: true });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

describe('a page that is open while the first folder is read', () => {
  it('counts the images and finds references for the phrases that stand there already, without a reload', async () => {
    const user = await openStudioPage(browser, studio.served.url);
    await user.write('a person with red beanie');
    await user.stress('red');
    await user.page.getByText('0 images').first().waitFor();
    await user.page.getByTestId('no-good-reference').waitFor();

    await importReferences(studio);
    await user.page.getByText('8 images').first().waitFor();
    const references = await user.references();
    expect(references).toHaveLength(8);
    expect(references.every(({ loaded }) => loaded)).toBe(true);

    await user.page.getByTestId('place-references').click();
    await user.page.getByTestId('import-report').waitFor();
    expect(await user.page.getByTestId('grid-item').count()).toBe(8);
    expect(user.complaints).toEqual([]);
    expect(studio.errors).toEqual([]);
  });
});
