/** The gallery and the references in Chromium over the demonstration studio. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { breaches } from '../../support/axe.ts';
import { launchChromium } from '../../support/browser.ts';
import { makePair, openDemo, writeMarked } from '../../support/demo-page.ts';
import { serveDemo } from '../../support/demo-serve.ts';
import type { Served } from '../../../main/serve/index.ts';

/** Polls for as long as a busy machine may take. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveDemo({ stepMs: 1, images: 80 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

describe('the gallery', () => {
  it('stars by the key that was chosen for it, and by no other', async () => {
    const own = await serveDemo({ stepMs: 1, images: 8 });
    const { page, close } = await openDemo(browser, own);
    await writeMarked(page, 'a blocky person with a (moth brooch:1.4)');
    await makePair(page);
    await page.getByTestId('place-settings').click();
    await page.locator('[data-command="grid.star"]').getByTestId('key-change').click();
    await page.keyboard.press('w');
    await page.reload();
    await page.getByTestId('place-gallery').click();
    await page.getByTestId('grid-item').first().click();
    const star = page.getByTestId('star');
    const isOn = () => star.getAttribute('aria-pressed');
    await page.keyboard.press('s');
    await page.keyboard.press('w');
    await soon(isOn).toBe('true');
    await page.keyboard.press('w');
    await soon(isOn).toBe('false');
    await page.keyboard.press('Delete');
    await page.getByTestId('pair-detail').waitFor({ state: 'detached' });
    await close();
    await own.close();
  });

  it('finds, stars, bins with a way back, compares two and recalls one', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a blocky person with a (full beard:1.4)');
    await makePair(page);
    await writeMarked(page, 'a green robot with (dark shades:1.2)');
    await makePair(page);
    await page.getByTestId('place-gallery').click();
    const tiles = page.getByTestId('grid-item');
    await soon(() => tiles.count()).toBe(2);

    // By keyboard: to the second tile, a star, a mark.
    await page.getByTestId('gallery-grid').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('s');
    await page.getByTestId('view-starred').getByText('1').waitFor();
    await page.getByTestId('view-starred').click();
    await soon(() => tiles.count()).toBe(1);
    await page.getByTestId('view-all').click();
    await soon(() => tiles.count()).toBe(2);
    await tiles.first().click();
    await page.getByTestId('add-tag').fill('cover');
    await page.keyboard.press('Enter');
    await page.getByTestId('pair-detail').getByText('cover').waitFor();
    await page.getByTestId('gallery-search').fill('tag:cover');
    await soon(() => tiles.count()).toBe(1);
    await page.getByTestId('gallery-search').fill('');
    await soon(() => tiles.count()).toBe(2);
    await page.getByTestId('gallery-grid').focus();

    await page.keyboard.press('/');
    await page.keyboard.type('robot');
    await soon(() => tiles.count()).toBe(1);
    await page.getByTestId('gallery-search').fill('');
    await page.getByTestId('filter-chip').getByText('full beard').click();
    expect(await page.getByTestId('gallery-search').inputValue()).toBe('chip:"full beard"');
    await soon(() => tiles.count()).toBe(1);
    await page.getByTestId('gallery-search').fill('');
    await soon(() => tiles.count()).toBe(2);

    await page.getByTestId('gallery-grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await soon(() => tiles.count()).toBe(1);
    await page.getByTestId('view-bin').getByText('1').waitFor();
    await page.getByTestId('toast-undo').click();
    await soon(() => tiles.count()).toBe(2);

    await tiles.nth(0).click({ modifiers: ['Control'] });
    await tiles.nth(1).click({ modifiers: ['Control'] });
    await page.getByTestId('compare-marked').click();
    await soon(() => page.getByTestId('differs').textContent()).toContain('things:');

    await page.getByTestId('place-gallery').click();
    await tiles.nth(1).click();
    await page.getByTestId('marked-sentence').getByText('1.4').waitFor();
    await page.getByTestId('recall').click();
    await soon(() => page.getByTestId('prompt').textContent()).toContain('full beard');
    expect(await page.getByTestId('chip').getAttribute('data-mark')).toMatch(/1\.4$/);
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('one picture of a pair', () => {
  it('is put into the bin and back by keys, and made again where it is missing', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await page.getByTestId('place-gallery').click();
    const tile = page.getByTestId('grid-item').first();
    const pictures = tile.locator('img');
    const inBin = () => page.getByTestId('view-bin').textContent();
    await soon(() => pictures.count()).toBe(2);
    await page.getByTestId('gallery-grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('k');
    await page.getByTestId('keep-one-item').first().waitFor();
    expect((await breaches(page)).found).toEqual([]);
    await page.keyboard.press('Enter');
    await soon(() => pictures.count()).toBe(1);
    expect(await pictures.getAttribute('alt')).toContain('Refined');
    expect(await page.getByTestId('toast').textContent()).toContain('coarse picture');
    await soon(inBin).toContain('1');
    // The keys go on where they were.
    await page.keyboard.press('Control+z');
    await soon(() => pictures.count()).toBe(2);
    await soon(inBin).not.toContain('1');

    await page.keyboard.press('k');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await soon(() => pictures.count()).toBe(1);
    expect(await pictures.getAttribute('alt')).toContain('Coarse');
    await page.keyboard.press('t');
    await soon(() => pictures.count()).toBe(2);
    // Put back beside the one that was made meanwhile, it stays a pair of its own.
    await page.getByTestId('view-bin').click();
    await page.getByTestId('grid-item').first().click();
    await page.getByTestId('restore').click();
    await page.getByTestId('gallery-none').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('the gallery where there is no room for its filters', () => {
  it.each([
    [640, 400],
    [1279, 800],
  ])('has them on a sheet at %i x %i, by keys alone, and gives the focus back', async (width, height) => {
    const { page, complaints, close } = await openDemo(browser, served, { width, height });
    await page.getByTestId('place-gallery').click();
    const tiles = page.getByTestId('grid-item');
    await soon(() => tiles.count()).toBeGreaterThan(1);
    const all = await tiles.count();
    expect(await page.getByTestId('filters').count()).toBe(0);
    await page.getByTestId('open-filters').focus();
    await page.keyboard.press('f');
    const sheet = page.getByTestId('filter-sheet');
    await sheet.waitFor();
    expect((await breaches(page)).found).toEqual([]);
    const chip = page.getByTestId('filter-chip').filter({ hasText: 'dark shades' });
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      if (await chip.evaluate((button) => button === document.activeElement)) break;
    }
    await page.keyboard.press('Enter');
    expect(await chip.getAttribute('aria-pressed')).toBe('true');
    await soon(() => page.getByTestId('filter-done').textContent()).not.toContain(`${all} `);
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await soon(() =>
      page.getByTestId('open-filters').evaluate((button) => button === document.activeElement),
    ).toBe(true);
    await soon(() => tiles.count()).toBeLessThan(all);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(sideways).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('the gallery on its way out', () => {
  it('exports what is marked with the metadata that is chosen, remembers the choice, and finds by look', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await page.getByTestId('place-gallery').click();
    const tiles = page.getByTestId('grid-item');
    await soon(() => tiles.count()).toBeGreaterThan(1);
    const all = await tiles.count();
    await page.getByTestId('mark-all').click();
    await soon(() => page.getByTestId('selection-bar').textContent()).toContain(`${all} marked`);
    await page.getByTestId('gallery-grid').focus();
    await page.keyboard.press('e');
    expect((await breaches(page)).found).toEqual([]);
    await page.getByTestId('export-metadata-none').check();
    await page.getByTestId('export-as-sheet').check();
    const waiting = page.waitForEvent('download');
    await page.getByTestId('export-go').click();
    expect((await waiting).suggestedFilename()).toBe('contact-sheet.png');
    await page.getByTestId('export-dialog').waitFor({ state: 'detached' });
    await soon(() =>
      page.getByTestId('gallery-grid').evaluate((grid) => grid.contains(document.activeElement)),
    ).toBe(true);
    await page.getByTestId('export-marked').click();
    expect(await page.getByTestId('export-metadata-none').isChecked()).toBe(true);
    expect(await page.getByTestId('export-origin').isChecked()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByTestId('export-dialog').waitFor({ state: 'detached' });

    await page.keyboard.press('Escape');
    await page.getByTestId('group').click();
    await soon(() => page.getByTestId('gallery-heading').textContent()).toContain('run');
    await page.getByTestId('mark-all').click();
    await soon(() => page.getByTestId('selection-bar').textContent()).toContain(`${all} marked`);
    await page.getByTestId('group').click();
    await page.getByTestId('by-look').click();
    await page.getByTestId('gallery-none').waitFor();
    await page.getByTestId('gallery-search').fill('dark shades');
    await soon(() => page.getByTestId('gallery-heading').textContent()).toContain('best first');
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('the queue', () => {
  it('is paused, reordered and replaced from the tray, by keyboard too, in two tabs alike', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await page.getByTestId('queue-button').click();
    await page.getByTestId('queue-pause').click();
    await page.getByTestId('queue-line').getByText('Paused').waitFor();
    await page.keyboard.press('Escape');
    for (const words of ['one red robot', 'two red robots', 'three red robots']) {
      await writeMarked(page, words);
      await page.keyboard.press('Control+Enter');
      await soon(() => page.getByTestId('queue-pill').textContent()).toContain('waiting');
      await soon(() => page.getByTestId('generate').isEnabled()).toBe(true);
    }
    await page.getByTestId('queue-button').click();
    const rows = page.getByTestId('queue-row');
    const order = () => rows.locator('.words').allTextContents();
    await soon(order).toEqual(['one red robot', 'two red robots', 'three red robots']);
    expect((await breaches(page)).found).toEqual([]);
    await rows.nth(2).getByTestId('queue-earlier').click();
    await soon(order).toEqual(['one red robot', 'three red robots', 'two red robots']);
    await rows.nth(2).getByTestId('queue-cancel').focus();
    await page.keyboard.press('Alt+ArrowUp');
    await soon(order).toEqual(['one red robot', 'two red robots', 'three red robots']);
    await rows.nth(2).locator('span.preview').dragTo(rows.nth(0).locator('span.preview'));
    await soon(order).toEqual(['three red robots', 'one red robot', 'two red robots']);

    const other = await openDemo(browser, served);
    await other.page.getByTestId('queue-button').click();
    await soon(() => other.page.getByTestId('queue-row').locator('.words').allTextContents()).toEqual([
      'three red robots',
      'one red robot',
      'two red robots',
    ]);
    await rows.nth(1).getByTestId('queue-replace').click();
    await soon(order).toEqual(['three red robots', 'three red robots', 'two red robots']);
    await page.getByTestId('queue-replace-all').click();
    await soon(order).toEqual(['three red robots']);
    await page.getByTestId('queue-pause').click();
    await soon(() => other.page.getByTestId('queue-row').count()).toBe(0);
    expect([...complaints, ...other.complaints]).toEqual([]);
    await other.close();
    await close();
  });
});

describe('a grid', () => {
  /** What stands in the document, in its order. */
  const tilesOf = (page: Page) =>
    page.getByTestId('grid-item').evaluateAll((items) =>
      items.map((item) => {
        const img = item.querySelector('img');
        return {
          index: Number((item as HTMLElement).dataset['index']),
          top: Math.round(item.getBoundingClientRect().top),
          left: Math.round(item.getBoundingClientRect().left),
          name: item.textContent.trim(),
          alt: img?.alt,
          src: img?.getAttribute('src'),
          loaded: img?.complete === true && img.naturalWidth > 0,
        };
      }),
    );
  const soonAll = async (page: Page) => {
    await soon(async () => (await tilesOf(page)).every(({ loaded }) => loaded)).toBe(true);
    return tilesOf(page);
  };

  it('keeps its elements while it is scrolled, and shows at rest what belongs there, in its order', async () => {
    const { page, complaints, close } = await openDemo(browser, served, { height: 560 });
    await page.getByTestId('place-references').click();
    await page.getByTestId('grid-item').first().waitFor();
    const start = await soonAll(page);
    await page.getByTestId('library-grid').hover();
    for (let i = 0; i < 14; i++) await page.mouse.wheel(0, 90);
    await soon(async () => (await tilesOf(page))[0]?.index).toBeGreaterThan(start.length / 2);
    await page.waitForTimeout(300);
    const later = await soonAll(page);
    for (const tiles of [start, later]) {
      expect(tiles.map(({ index }) => index)).toEqual(tiles.map((_, i) => (tiles[0]?.index ?? 0) + i));
      expect(tiles.map(({ name }) => name)).toEqual(tiles.map(({ alt }) => alt));
      expect(new Set(tiles.map(({ src }) => src)).size).toBe(tiles.length);
      const places = tiles.map(({ top, left }) => top * 10_000 + left);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
    await page.getByTestId('library-grid').focus();
    await page.keyboard.press('End');
    await soon(async () => (await tilesOf(page)).at(-1)?.index).toBe(
      Number(await page.getByTestId('grid-item').first().getAttribute('aria-setsize')) - 1,
    );
    await page.keyboard.press('Home');
    await soon(async () => (await tilesOf(page))[0]?.index).toBe(0);
    const again = await soonAll(page);
    expect(again.map(({ src }) => src)).toEqual(start.map(({ src }) => src));
    expect(complaints).toEqual([]);
    await close();
  });

  it('asks for the pictures of the row that comes next while it goes from row to row', async () => {
    const { page, complaints, close } = await openDemo(browser, served, { height: 560 });
    await page.getByTestId('place-references').click();
    await page.getByTestId('grid-item').first().waitFor();
    await soonAll(page);
    const asked = await page.getByTestId('library-grid').evaluate(async (box) => {
      const items = () => [...box.querySelectorAll<HTMLElement>('[data-index]')];
      const tops = [...new Set(items().map((item) => item.offsetTop))].sort((a, b) => a - b);
      const seen: boolean[] = [];
      for (let i = 0; i < 5; i++) {
        box.scrollTop += (tops[1] ?? 0) - (tops[0] ?? 0);
        // Four frames: slower than a flight, too quick for a rest.
        for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
        const bottom = Math.max(...items().map((item) => item.offsetTop));
        const beside = items().filter((item) => item.offsetTop === bottom);
        seen.push(
          bottom >= box.scrollTop + box.clientHeight && beside.every((item) => item.querySelector('img')),
        );
      }
      return seen;
    });
    expect(asked).toEqual([true, true, true, true, true]);
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('the references', () => {
  it('are searched by words and by look, and pinned for a phrase', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await writeMarked(page, 'a blocky person with a (full beard:1.0)');
    await page.getByTestId('place-references').click();
    await page.getByTestId('grid-item').first().waitFor();
    // Only what is in sight is in the document.
    expect(await page.getByTestId('grid-item').count()).toBeLessThan(60);
    await page.getByTestId('library-search').fill('dark shades');
    await soon(() => page.getByTestId('library-heading').textContent()).toContain('best first');
    await page.getByTestId('grid-item').first().click();
    await page.getByTestId('detail-pin').click();
    await page.getByTestId('place-compose').click();
    await page.getByTestId('emphasis').first().click();
    await soon(() =>
      page.getByTestId('reference').first().getByTestId('pin').getAttribute('aria-pressed'),
    ).toBe('true');
    await page.getByTestId('place-references').click();
    await page.getByTestId('find-alike').click();
    await soon(() => page.getByTestId('library-heading').textContent()).toContain('Like');
    expect(complaints).toEqual([]);
    await close();
  });

  it('are tagged, shown with their duplicates by level, taken out after a question, and searched by a file', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await page.getByTestId('place-references').click();
    const tiles = page.getByTestId('grid-item');
    await tiles.first().click();
    await page.getByTestId('image-add-tag').fill('street');
    await page.keyboard.press('Enter');
    await page.getByTestId('image-tags').getByText('street').waitFor();
    const name = await page.getByTestId('image-detail').locator('h2').textContent();
    await page.getByTestId('duplicates-look').getByRole('button').first().click();
    await soon(() => page.getByTestId('image-detail').locator('h2').textContent()).not.toBe(name);
    expect(await page.getByTestId('used-by').textContent()).toContain('2');
    expect((await breaches(page)).found).toEqual([]);

    // By keyboard: two marks, then out of the catalog, which asks first.
    await page.getByTestId('library-grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('x');
    await page.getByTestId('remove-marked').click();
    expect((await breaches(page)).found).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.getByTestId('image-selection').isVisible()).toBe(true);
    await page.getByTestId('remove-marked').click();
    await page.getByTestId('remove-marked-yes').click();
    await soon(() => page.getByTestId('library-heading').textContent()).toContain('78');
    await page.getByTestId('image-selection').waitFor({ state: 'detached' });

    await page.getByTestId('by-picture').setInputFiles('renderer/mark.svg');
    await soon(() => page.getByTestId('library-heading').textContent()).toContain('mark.svg');
    await page.getByTestId('fold').selectOption('look');
    await page.getByText(/\+2$/).first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('come from folders whose import can rest, and that can be forgotten', async () => {
    const { page, complaints, close } = await openDemo(browser, served);
    await page.getByTestId('place-references').click();
    await page.getByTestId('import').first().click();
    await page.getByTestId('pause-import').click();
    await soon(() => page.getByTestId('import-progress').textContent()).toContain('paused');
    await page.getByTestId('pause-import').click();
    await page.getByTestId('import-report').waitFor();
    await page.getByTestId('follow-folders').check();
    await page.getByTestId('folder').last().click();
    await page.getByTestId('forget-root').click();
    await page.getByTestId('forget-root-yes').click();
    await soon(() => page.getByTestId('root').count()).toBe(1);
    expect(complaints).toEqual([]);
    await close();
  });
});
