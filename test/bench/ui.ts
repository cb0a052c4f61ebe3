/**
 * npm run bench:ui: the page against its goals, in Chromium over the real `serve`.
 *   --small       everything at a fiftieth of its size: shows that it runs, not how fast it is
 *   --pack=DIR    folder of the pack (default models/first)
 *   --part=NAME   only usable, large (typing and gallery), previews or heap
 *   --home=DIR    data folder of the large part: made where it is not there, kept, and used again by the next run
 *   --traces=DIR  keeps the traces of the gallery
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
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { ensureBuilt } from '../../scripts/build.mjs';
import { launchChromium } from '../support/browser.ts';
import { serveDemo } from '../support/demo-serve.ts';
import { median, p95 } from './measure.ts';
import { measureGallery } from './ui-gallery.ts';
import { heapOver } from './ui-heap.ts';
import { seed } from './ui-seed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const small = process.argv.includes('--small');
const option = (name: string): string | undefined =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const pack = option('pack') ?? join(root, 'models/first');
const traces = option('traces');
const REFERENCES = small ? 2000 : 100_000;
const PAIRS = small ? 20_000 : 1_000_000;
const RESULTS = small ? 40 : 1000;
const WARM = small ? 10 : 100;
const KEYS = small ? 20 : 120;
const JUMPS = small ? 6 : 30;
const ROUNDS = small ? 1 : 12;
const RUN_STEPS = small ? 6 : 50;
const SCROLL_MS = small ? 1500 : 6000;
const homes = mkdtempSync(join(tmpdir(), 'accent-bench-ui-'));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

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
  const home = option('home') ?? join(homes, 'large');
  const whole = join(home, 'seeded');
  if (!existsSync(whole)) {
    mkdirSync(home);
    say(`seeding ${REFERENCES} references and ${PAIRS} pairs …`);
    await seed({ home, pack, references: REFERENCES, pairs: PAIRS });
    writeFileSync(whole, '');
  }
  await whileServing(home, async ({ url }) => {
    const page = await openPage(browser, url);
    await part('typing', async () => ({ typingP95Ms: await measureTyping(page) }));
    await part('gallery', () =>
      measureGallery(browser, page, { pairs: PAIRS, jumps: JUMPS, scrollMs: SCROLL_MS, traces }),
    );
    await page.context().close();
  });
}

ensureBuilt('renderer');
mkdirSync(homes, { recursive: true });
const only = option('part');
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
