/** The gallery of a page over a million pairs: how long a jump takes, and the frames while it is scrolled. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { median, p95 } from './measure.ts';
import { TRACED, framesOf } from './ui-trace.ts';
import type { Frames } from './ui-trace.ts';

/** Few, since what stands in the page costs each frame a little (a look for what is under the mouse); so the wheel turns back. */
const STILL_ROWS = 32;
/** Turns of the wheel in one direction over them. */
const STILL_TURNS = 40;

export interface GalleryOptions {
  readonly pairs: number;
  readonly jumps: number;
  readonly scrollMs: number;
  /** Folder that gets the traces, for a look at where the time goes. */
  readonly traces: string | undefined;
}

/** Resolves with the time from a jump to the moment at which every picture in sight is there. */
const jumpTo = (page: Page, share: number): Promise<number> =>
  page.evaluate(async (where) => {
    const box = document.querySelector<HTMLElement>('[data-testid="gallery-grid"]');
    if (!box) throw new Error('There is no grid.');
    const before = box.querySelector('[data-index]')?.getAttribute('data-index');
    const began = performance.now();
    box.scrollTop = where * (box.scrollHeight - box.clientHeight);
    for (;;) {
      await new Promise(requestAnimationFrame);
      const { top, bottom } = box.getBoundingClientRect();
      const seen = [...box.querySelectorAll<HTMLElement>('[data-index]')].filter((tile) => {
        const rect = tile.getBoundingClientRect();
        return rect.bottom > top && rect.top < bottom;
      });
      const moved = seen[0]?.getAttribute('data-index') !== before;
      const done = seen.every((tile) => {
        const pictures = [...tile.querySelectorAll('img')];
        return pictures.length === 2 && pictures.every((p) => p.complete && p.naturalWidth > 0);
      });
      if (seen.length > 0 && moved && done) return performance.now() - began;
      if (performance.now() - began > 20_000) throw new Error('The pictures did not come.');
    }
  }, share);

export async function measureGallery(browser: Browser, page: Page, options: GalleryOptions) {
  await page.getByTestId('place-gallery').click();
  await page.locator('[data-testid="gallery-grid"] img').first().waitFor();
  const heading = (await page.getByTestId('gallery-heading').textContent()) ?? '';
  if (!heading.replace(/\D/g, '').startsWith(String(options.pairs)))
    throw new Error(`Expected ${options.pairs} pairs in the gallery, it says "${heading}".`);
  const jumps: number[] = [];
  for (let i = 0; i < options.jumps; i++) jumps.push(await jumpTo(page, ((i * 0.618_034) % 1) * 0.98 + 0.01));
  await jumpTo(page, 0.5);
  await page.getByTestId('gallery-grid').hover();
  const fast = await scroll(browser, page, 16, 'fast', options);
  await jumpTo(page, 0.3);
  const easy = await scroll(browser, page, 100, 'easy', options);
  await standStill(page);
  await page.getByTestId('still').hover();
  const still = await scroll(browser, page, 16, 'still', options, STILL_TURNS);
  return {
    frameP95Ms: p95(fast.work),
    droppedPct: droppedOf(fast),
    // What the trace calls dropped besides, though nothing on the screen was to change.
    unchangedFrames: fast.unchanged,
    jumpMs: p95(jumps),
    jumpMedianMs: median(jumps),
    jumps: jumps.map(Math.round),
    frames: fast.work.length,
    frameCpuP95Ms: p95(fast.cpu),
    // At a pace at which one looks at the pictures: they are fetched all the while, by the fast one only as it begins and ends.
    easyFrameP95Ms: p95(easy.work),
    easyDroppedPct: droppedOf(easy),
    // The least that a frame takes in this browser on this machine: the same tiles without the studio.
    stillFrameP95Ms: p95(still.work),
    stillFrameCpuP95Ms: p95(still.cpu),
    stillDroppedPct: droppedOf(still),
  };
}

/** Lays a box over the grid with copies of its tiles, all there from the start: nothing listens, nothing is fetched. */
const standStill = (page: Page): Promise<void> =>
  page.evaluate((rows) => {
    const grid = document.querySelector<HTMLElement>('[data-testid="gallery-grid"]');
    const tiles = [...(grid?.querySelectorAll<HTMLElement>('[data-index]') ?? [])];
    if (!grid || tiles.length === 0) throw new Error('There is no grid.');
    const { left, top, width, height } = grid.getBoundingClientRect();
    const tops = [...new Set(tiles.map((tile) => tile.getBoundingClientRect().top))].sort((a, b) => a - b);
    const rowHeight = (tops[1] ?? 0) - (tops[0] ?? 0);
    const still = document.createElement('div');
    still.dataset['testid'] = 'still';
    still.className = grid.className;
    Object.assign(still.style, {
      position: 'fixed',
      ...{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` },
      ...{ overflow: 'hidden auto', contain: 'strict', background: 'Canvas' },
    });
    const perRow = tiles.filter((tile) => tile.getBoundingClientRect().top === tops[0]).length;
    for (let i = 0; i < rows * perRow; i++) {
      const copy = (tiles[i % tiles.length] as HTMLElement).cloneNode(true) as HTMLElement;
      Object.assign(copy.style, {
        ...{ position: 'absolute', transform: 'none', contain: 'strict' },
        ...{ left: `${((i % perRow) * width) / perRow}px`, top: `${Math.floor(i / perRow) * rowHeight}px` },
      });
      still.append(copy);
    }
    document.body.append(still);
  }, STILL_ROWS);

const droppedOf = ({ drawn, dropped }: Frames): number => (100 * dropped) / Math.max(1, drawn + dropped);

/** Frames while a wheel turns by 120 pixels every so many milliseconds, to and fro where it may only go so far. */
async function scroll(
  browser: Browser,
  page: Page,
  everyMs: number,
  name: string,
  { scrollMs, traces }: GalleryOptions,
  turnsOneWay = Infinity,
): Promise<Frames> {
  await browser.startTracing(page, { categories: TRACED });
  const end = performance.now() + scrollMs;
  for (let turn = 0; performance.now() < end; turn++) {
    await page.mouse.wheel(0, Math.floor(turn / turnsOneWay) % 2 === 0 ? 120 : -120);
    await page.waitForTimeout(everyMs);
  }
  const trace = await browser.stopTracing();
  if (traces !== undefined) writeFileSync(join(traces, `${name}.json`), trace);
  return framesOf(trace.toString());
}
