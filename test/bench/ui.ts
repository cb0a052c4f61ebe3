/**
 * npm run bench:ui: the page against its goals, in Chromium over the real `serve`.
 *   --small       everything at a fiftieth of its size: shows that it runs, not how fast it is
 *   --pack=DIR    folder of the pack (default models/first)
 * Figures (goals on 2 cores):
 *   usableMs        from starting `serve` on a fresh folder, page built and Chromium open, to the first accepted key (1800)
 *   typingP95Ms     from a key to the frame that shows it, typing and weighing beside 100 000 references (50)
 *   frameP95Ms      main-thread work of a frame while scrolling a gallery of 1 000 000 pairs, from a trace (10)
 *   droppedPct      frames dropped meanwhile, of all (5)
 *   jumpMs          from a jump to any place of that gallery to its thumbnails in sight, p95 (100)
 *   previewCostPct  processor time of the engine with previews over without, less one (2)
 *   heapGrowthMiB   the page's heap after 1 000 results over after the first 100 (flat)
 * The last line is one JSON object. Other programs make every time larger: the load is told too.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { ensureBuilt } from '../../scripts/build.mjs';
import { launchChromium } from '../support/browser.ts';
import { serveDemo } from '../support/demo-serve.ts';
import { seed } from './ui-seed.ts';
import { TRACED, framesOf } from './ui-trace.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const small = process.argv.includes('--small');
const pack =
  process.argv.find((a) => a.startsWith('--pack='))?.slice('--pack='.length) ?? join(root, 'models/first');
const REFERENCES = small ? 2000 : 100_000;
const PAIRS = small ? 20_000 : 1_000_000;
const RESULTS = small ? 40 : 1000;
const WARM = small ? 10 : 100;
const KEYS = small ? 20 : 120;
const JUMPS = small ? 6 : 30;
const ROUNDS = small ? 1 : 4;
const RUN_STEPS = small ? 6 : 30;
const SCROLL_MS = small ? 1500 : 6000;
const homes = mkdtempSync(join(tmpdir(), 'accent-bench-ui-'));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const p95 = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.max(0, Math.ceil(times.length * 0.95) - 1)] ?? NaN;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

interface Serving {
  readonly url: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts `serve` as a user does; resolves with its link. */
function startServe(home: string): Promise<Serving> {
  const child = spawn(process.execPath, [join(root, 'main/cli/index.ts'), 'serve', '--catalog', home], {
    env: { ...process.env, ACCENT_MODELS: join(pack, '..') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => {
      reject(new Error(`serve ended with ${code ?? 'a signal'} before it gave a link`));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /http:\S+/.exec(text)?.[0];
      if (url === undefined) return;
      resolve({
        url,
        process: child,
        stop: () =>
          new Promise((ended) => {
            child.removeAllListeners('exit');
            child.once('exit', () => {
              ended();
            });
            child.kill('SIGINT');
          }),
      });
    });
  });
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function measureUsable(browser: Browser): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < (small ? 1 : 5); i++) {
    const began = performance.now();
    const serving = await startServe(join(homes, `fresh-${i}`));
    const page = await openPage(browser, serving.url);
    await page.getByTestId('prompt').click();
    await page.keyboard.type('a');
    await page.getByTestId('prompt').getByText('a').waitFor();
    times.push(performance.now() - began);
    await page.context().close();
    await serving.stop();
  }
  return median(times);
}

/** Milliseconds from each of these keys to the frame that shows what it did. */
async function keyTimes(page: Page, press: (i: number) => Promise<void>, count: number): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    Reflect.set(globalThis, 'keyTimes', times);
    addEventListener(
      'keydown',
      (event) => {
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          // A message that is sent within a frame is handled after it was drawn.
          channel.port1.onmessage = () => times.push(performance.now() - event.timeStamp);
          channel.port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
  for (let i = 0; i < count; i++) {
    await press(i);
    await page.waitForTimeout(60);
  }
  return page.evaluate(() => Reflect.get(globalThis, 'keyTimes') as number[]);
}

async function measureTyping(page: Page): Promise<number> {
  await page.getByTestId('prompt').click();
  await page.keyboard.type('a person with a beard');
  await page.keyboard.press('Control+e');
  await page.getByTestId('reference').first().waitFor();
  const letters = 'round glasses and a checkered jacket ';
  const times = await keyTimes(
    page,
    (i) =>
      i % 6 === 5
        ? page.keyboard.press(i % 12 === 5 ? 'Control+ArrowUp' : 'Control+ArrowDown')
        : page.keyboard.press(
            letters[i % letters.length] === ' ' ? 'Space' : (letters[i % letters.length] ?? 'a'),
          ),
    KEYS,
  );
  return p95(times);
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
      const pictures = seen.flatMap((tile) => [...tile.querySelectorAll('img')]);
      const done = pictures.length >= seen.length && pictures.every((p) => p.complete && p.naturalWidth > 0);
      if (seen.length > 0 && moved && done) return performance.now() - began;
      if (performance.now() - began > 20_000) throw new Error('The pictures did not come.');
    }
  }, share);

async function measureGallery(browser: Browser, page: Page) {
  await page.getByTestId('place-gallery').click();
  await page.locator('[data-testid="gallery-grid"] img').first().waitFor();
  const heading = (await page.getByTestId('gallery-heading').textContent()) ?? '';
  if (!heading.replace(/\D/g, '').startsWith(String(PAIRS)))
    throw new Error(`Expected ${PAIRS} pairs in the gallery, it says "${heading}".`);
  const jumps: number[] = [];
  for (let i = 0; i < JUMPS; i++) jumps.push(await jumpTo(page, ((i * 0.618_034) % 1) * 0.98 + 0.01));
  await jumpTo(page, 0.5);
  await page.getByTestId('gallery-grid').hover();
  await browser.startTracing(page, { categories: TRACED });
  const end = performance.now() + SCROLL_MS;
  while (performance.now() < end) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(16);
  }
  const frames = framesOf((await browser.stopTracing()).toString());
  return {
    frameP95Ms: p95(frames.work),
    droppedPct: (100 * frames.dropped) / Math.max(1, frames.drawn + frames.dropped),
    jumpMs: p95(jumps),
    jumpMedianMs: median(jumps),
    frames: frames.work.length,
  };
}

/** Processor time of the engine below `serve`, in milliseconds; Linux alone tells it. */
function engineMs(parent: number): number {
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
      if (Number(fields[1]) !== parent || !/main\/engine\//.test(command)) continue;
      return (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      // It has ended meanwhile.
      continue;
    }
  }
  throw new Error('The engine process was not found below serve.');
}

/** Waits until the engine has been idle for some seconds: the first import is over. */
async function rests(parent: number): Promise<void> {
  for (let quiet = 0, last = -1; quiet < 4;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = engineMs(parent);
    quiet = last >= 0 && now - last < 50 ? quiet + 1 : 0;
    last = now;
  }
}

async function measurePreviews(browser: Browser): Promise<number> {
  const serving = await startServe(join(homes, 'previews'));
  const page = await openPage(browser, serving.url);
  await page.getByTestId('prompt').click();
  await page.keyboard.type('a person with a beard');
  await page.getByTestId('steps').fill(String(RUN_STEPS));
  await page.keyboard.press('Tab');
  const parent = serving.process.pid ?? 0;
  const spent = { on: [] as number[], off: [] as number[] };
  await rests(parent);
  // One run first: opening the pack is no part of it. Then in turn, so that a drift of the machine meets both.
  for (let i = 0; i <= ROUNDS * 2; i++) {
    const kind = i % 2 === 0 ? 'off' : 'on';
    await page.getByTestId('place-settings').click();
    const box = page.getByTestId('switch-previews');
    if ((await box.isChecked()) !== (kind === 'on')) await box.click();
    await page.getByTestId('place-compose').click();
    await page.getByTestId('seed').fill('7');
    await page.keyboard.press('Tab');
    const results = await page.getByTestId('result').count();
    const before = i === 0 ? 0 : engineMs(parent);
    await page.getByTestId('generate').click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('[data-testid="result"]').length > count,
      results,
      { timeout: 600_000 },
    );
    if (i > 0) spent[kind].push(engineMs(parent) - before);
  }
  await page.context().close();
  await serving.stop();
  return 100 * (median(spent.on) / median(spent.off) - 1);
}

async function heapMiB(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1024 / 1024;
}

async function measureHeap(browser: Browser): Promise<number> {
  const served = await serveDemo({ stepMs: 0, images: 40 });
  try {
    const page = await openPage(browser, served.newUrl());
    const session = await page.context().newCDPSession(page);
    await page.getByTestId('prompt').click();
    await page.keyboard.type('a blocky person with a full beard');
    await page.getByTestId('steps').fill('4');
    await page.keyboard.press('Tab');
    let warm = NaN;
    for (let i = 1; i <= RESULTS; i++) {
      await page.getByTestId('generate').click();
      await page.waitForFunction(
        (count) => document.querySelectorAll('[data-testid="result"]').length >= count,
        i,
      );
      if (i === WARM) warm = await heapMiB(session);
    }
    const after = await heapMiB(session);
    await page.context().close();
    return after - warm;
  } finally {
    await served.close();
  }
}

ensureBuilt('renderer');
mkdirSync(homes, { recursive: true });
const browser = await launchChromium();
try {
  say('usable …');
  const usableMs = await measureUsable(browser);
  say(`seeding ${REFERENCES} references and ${PAIRS} pairs …`);
  const home = join(homes, 'large');
  mkdirSync(home);
  await seed({ home, pack, references: REFERENCES, pairs: PAIRS });
  const serving = await startServe(home);
  const page = await openPage(browser, serving.url);
  say('typing …');
  const typingP95Ms = await measureTyping(page);
  say('gallery …');
  const { frameP95Ms, droppedPct, jumpMs, ...gallery } = await measureGallery(browser, page);
  await page.context().close();
  await serving.stop();
  say('previews …');
  const previewCostPct = await measurePreviews(browser);
  say('heap …');
  const heapGrowthMiB = await measureHeap(browser);
  const figures = { usableMs, typingP95Ms, frameP95Ms, droppedPct, jumpMs, previewCostPct, heapGrowthMiB };
  const goals = {
    usableMs: 1800,
    typingP95Ms: 50,
    frameP95Ms: 10,
    droppedPct: 5,
    jumpMs: 100,
    previewCostPct: 2,
  };
  console.log(`${'figure'.padEnd(16)} ${'measured'.padStart(10)} ${'goal'.padStart(8)}`);
  for (const [name, value] of Object.entries(figures)) {
    const goal = (goals as Record<string, number>)[name];
    console.log(
      `${name.padEnd(16)} ${value.toFixed(2).padStart(10)} ${(goal === undefined ? 'flat' : String(goal)).padStart(8)}`,
    );
  }
  const rounded = Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  );
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, load: loadavg()[0] };
  console.log(JSON.stringify({ ...rounded, detail: { small, ...gallery, machine } }));
} finally {
  await browser.close();
  rmSync(homes, { recursive: true, force: true });
}
