/**
 * npm run bench:ui: the page against its goals, in Chromium over the real `serve`.
 *   --small       everything at a fiftieth of its size: shows that it runs, not how fast it is
 *   --pack=DIR    folder of the pack (default models/first)
 *   --part=NAME   only usable, large (typing and gallery), previews or heap
 * Figures (goals on 2 cores):
 *   usableMs        from starting `serve` on a fresh folder, page built and Chromium open, to the first accepted key (1800)
 *   typingP95Ms     from a key to the frame that shows it, typing and weighing beside 100 000 references (50)
 *   frameP95Ms      main-thread work of a frame while scrolling a gallery of 1 000 000 pairs, from a trace (10)
 *   droppedPct      frames dropped meanwhile, of all (5)
 *   jumpMs          from a jump to any place of that gallery to its thumbnails in sight, p95 (100)
 *   previewCostPct  processor time of the engine with previews over without, less one (2)
 *   heapGrowthMiB   the page's heap after 1 000 results over after the first 100 (flat)
 * Each figure is told when it is there. A part that fails costs its own figures only (null), and the exit code says so. The last
 * line is one JSON object. Other programs make every time larger: the load is told too.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { ensureBuilt } from '../../scripts/build.mjs';
import { launchChromium } from '../support/browser.ts';
import { serveDemo } from '../support/demo-serve.ts';
import { heapOver } from './ui-heap.ts';
import { seed } from './ui-seed.ts';
import { TRACED, framesOf } from './ui-trace.ts';
import type { Frames } from './ui-trace.ts';

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

/** Ends `serve` whatever the work comes to. */
async function whileServing<T>(home: string, work: (serving: Serving) => Promise<T>): Promise<T> {
  const serving = await startServe(home);
  try {
    return await work(serving);
  } finally {
    await serving.stop();
  }
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
    await whileServing(join(homes, `fresh-${i}`), async ({ url }) => {
      const page = await openPage(browser, url);
      await page.getByTestId('prompt').click();
      await page.keyboard.type('a');
      await page.getByTestId('prompt').getByText('a').waitFor();
      times.push(performance.now() - began);
      await page.context().close();
    });
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
      const done = seen.every((tile) => {
        const pictures = [...tile.querySelectorAll('img')];
        return pictures.length === 2 && pictures.every((p) => p.complete && p.naturalWidth > 0);
      });
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
  const fast = await scroll(browser, page, 16);
  await jumpTo(page, 0.3);
  const easy = await scroll(browser, page, 100);
  return {
    frameP95Ms: p95(fast.work),
    droppedPct: droppedOf(fast),
    jumpMs: p95(jumps),
    jumpMedianMs: median(jumps),
    frames: fast.work.length,
    frameCpuP95Ms: p95(fast.cpu),
    // At a pace at which one looks at the pictures: they are fetched all the while, by the fast one only as it begins and ends.
    easyFrameP95Ms: p95(easy.work),
    easyDroppedPct: droppedOf(easy),
  };
}

const droppedOf = ({ drawn, dropped }: Frames): number => (100 * dropped) / Math.max(1, drawn + dropped);

/** Frames while a wheel turns by 120 pixels every so many milliseconds. */
async function scroll(browser: Browser, page: Page, everyMs: number): Promise<Frames> {
  await browser.startTracing(page, { categories: TRACED });
  const end = performance.now() + SCROLL_MS;
  while (performance.now() < end) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(everyMs);
  }
  return framesOf((await browser.stopTracing()).toString());
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

/** Waits until the engine is there and has been idle for some seconds: the first import is over. */
async function rests(parent: number): Promise<void> {
  const latest = performance.now() + 300_000;
  for (let quiet = 0, last = NaN; quiet < 4;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let now = NaN;
    try {
      now = engineMs(parent);
    } catch (error) {
      // It starts with the first import, which may be a while after the link was printed.
      if (performance.now() > latest) throw error;
    }
    quiet = now - last < 50 ? quiet + 1 : 0;
    last = now;
  }
}

async function measurePreviews(browser: Browser, serving: Serving): Promise<number> {
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
  return 100 * (median(spent.on) / median(spent.off) - 1);
}

async function measureHeap(browser: Browser) {
  const served = await serveDemo({ stepMs: 0, images: 40 });
  try {
    const page = await openPage(browser, served.newUrl());
    await page.getByTestId('prompt').click();
    await page.keyboard.type('a blocky person with a full beard');
    await page.getByTestId('steps').fill('4');
    await page.keyboard.press('Tab');
    const found = await heapOver(page, { results: RESULTS, warm: WARM, say });
    await page.context().close();
    return found;
  } finally {
    await served.close();
  }
}

const GOALS = {
  usableMs: '1800',
  typingP95Ms: '50',
  frameP95Ms: '10',
  droppedPct: '5',
  jumpMs: '100',
  previewCostPct: '2',
  heapGrowthMiB: 'flat',
};
type Figure = keyof typeof GOALS;
const FIGURES = Object.keys(GOALS) as Figure[];
const figures = new Map<Figure, number>();
const detail: Record<string, unknown> = {};

const row = (name: string, measured: string, goal: string): string =>
  `${name.padEnd(16)} ${measured.padStart(10)} ${goal.padStart(8)}`;

/** Runs one part; whatever it throws is said, and the other parts go on. */
async function part(name: string, work: () => Promise<Record<string, unknown>>): Promise<void> {
  say(`${name} …`);
  try {
    for (const [key, value] of Object.entries(await work())) {
      const figure = FIGURES.find((each) => each === key);
      if (figure === undefined || typeof value !== 'number') detail[key] = value;
      else {
        figures.set(figure, value);
        say(`  ${row(figure, value.toFixed(2), GOALS[figure])}`);
      }
    }
  } catch (error) {
    process.exitCode = 1;
    say(`  ${name} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Typing and the gallery, in one page over the large data folder. */
async function measureLarge(browser: Browser): Promise<void> {
  const home = join(homes, 'large');
  mkdirSync(home);
  say(`seeding ${REFERENCES} references and ${PAIRS} pairs …`);
  await seed({ home, pack, references: REFERENCES, pairs: PAIRS });
  await whileServing(home, async ({ url }) => {
    const page = await openPage(browser, url);
    await part('typing', async () => ({ typingP95Ms: await measureTyping(page) }));
    await part('gallery', () => measureGallery(browser, page));
    await page.context().close();
  });
}

ensureBuilt('renderer');
mkdirSync(homes, { recursive: true });
const only = process.argv.find((a) => a.startsWith('--part='))?.slice('--part='.length);
const PARTS: Record<string, (browser: Browser) => Promise<void>> = {
  usable: (browser) => part('usable', async () => ({ usableMs: await measureUsable(browser) })),
  large: (browser) =>
    part('large', async () => {
      await measureLarge(browser);
      return {};
    }),
  previews: (browser) =>
    part('previews', async () => ({
      previewCostPct: await whileServing(join(homes, 'previews'), (serving) =>
        measurePreviews(browser, serving),
      ),
    })),
  heap: (browser) => part('heap', () => measureHeap(browser)),
};
if (only !== undefined && !(only in PARTS))
  throw new Error(`Expected --part to be one of ${Object.keys(PARTS).join(', ')}, got "${only}".`);
try {
  for (const [name, run] of Object.entries(PARTS)) {
    if (only !== undefined && only !== name) continue;
    // A browser of its own for each part: what hangs in one does not reach the next.
    const browser = await launchChromium();
    await run(browser).finally(() => browser.close());
  }
} finally {
  rmSync(homes, { recursive: true, force: true });
}
const measured = FIGURES.map((name) => [name, figures.get(name) ?? null] as const);
console.log(row('figure', 'measured', 'goal'));
for (const [name, value] of measured) console.log(row(name, value?.toFixed(2) ?? 'none', GOALS[name]));
const rounded = Object.fromEntries(
  measured.map(([name, value]) => [name, value === null ? null : Math.round(value * 100) / 100]),
);
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, load: loadavg()[0] };
console.log(JSON.stringify({ ...rounded, detail: { small, ...detail, machine } }));
