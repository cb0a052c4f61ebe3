/** The page as a user has it: what can be done, and what can be seen. The only place that knows the page's insides. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { galleryPart, queuePart, referencesPart } from './studio-lists.ts';
import type { GalleryPart, QueuePart, ReferencesPart } from './studio-lists.ts';
import { setPart, whyPart } from './studio-panels.ts';
import type { SetPart, WhyPart } from './studio-panels.ts';

export interface StudioPage {
  readonly page: Page;
  /** Everything that the page asked a network for. */
  readonly requests: string[];
  /** Console errors, uncaught errors and breaches of the content security policy. */
  readonly complaints: string[];
  readonly why: WhyPart;
  readonly set: SetPart;
  readonly queue: QueuePart;
  readonly gallery: GalleryPart;
  readonly library: ReferencesPart;
  sentence(): Promise<string>;
  write(sentence: string): Promise<void>;
  /** Selects words in the sentence, as with a mouse, and stresses them. */
  stress(words: string): Promise<void>;
  /** The references of the selected emphasis, best first, once their pictures have come or failed. */
  references(): Promise<{ hash: string; loaded: boolean }[]>;
  setNumber(field: 'seed' | 'steps' | 'guidance', value: number): Promise<void>;
  generate(): Promise<void>;
  cancel(): Promise<void>;
  /** Resolves when the running job has reached at least this step of any arm. */
  reachesStep(step: number): Promise<void>;
  /** Resolves when nothing runs. */
  isIdle(): Promise<void>;
  /** Pixels of a finished picture as the browser shows it: width, height, RGB. */
  pixels(arm: string): Promise<{ width: number; height: number; rgb: number[] }>;
  resultCount(): Promise<number>;
  /** Resolves when this many results are there and the newest one is in sight. */
  hasResults(count: number): Promise<void>;
  /** Puts a result into the middle, newest first from 0, and the focus on its pictures. */
  showResult(index: number): Promise<void>;
  go(place: 'compose' | 'gallery' | 'references'): Promise<void>;
  /** Another tab of the same browser; `url` as the studio gives one for each tab. */
  otherTab(url: string): Promise<StudioPage>;
  /** The address of a studio that was restarted, in this tab; what the tab complained of without a studio is forgotten. */
  open(url: string): Promise<void>;
  recipe(): Promise<string>;
  reload(): Promise<void>;
}

/** Opens the address in a fresh profile and waits until the page is connected. */
export async function openStudioPage(browser: Browser, url: string): Promise<StudioPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  // A busy machine is slow, not broken.
  context.setDefaultTimeout(120_000);
  return openTab(context, url);
}

async function openTab(context: BrowserContext, url: string): Promise<StudioPage> {
  const page = await context.newPage();
  return usePage(page, url);
}

/** A page as a user has it: opened at the address, or as it is (the desktop program's window). */
export async function usePage(page: Page, url?: string): Promise<StudioPage> {
  const context = page.context();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  await page.exposeFunction('reportBreach', (text: string) => complaints.push(`policy: ${text}`));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const report = Reflect.get(globalThis, 'reportBreach') as (text: string) => void;
      report(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const by = (id: string) => page.getByTestId(id);
  const connected = (): Promise<void> => page.locator('[data-connection="open"]').waitFor();

  if (url !== undefined) await page.goto(url);
  await connected();
  return {
    page,
    requests,
    complaints,
    why: whyPart(page),
    set: setPart(page),
    queue: queuePart(page),
    gallery: galleryPart(page),
    library: referencesPart(page),
    sentence: () => by('prompt').innerText(),
    async write(sentence) {
      await by('prompt').click();
      await page.keyboard.press('Control+a');
      await page.keyboard.type(sentence);
    },
    async stress(words) {
      await by('prompt').evaluate((editor, phrase) => {
        const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const at = (node.textContent ?? '').indexOf(phrase);
          if (at < 0) continue;
          getSelection()?.setBaseAndExtent(node, at, node, at + phrase.length);
          return;
        }
        throw new Error(`The sentence does not hold "${phrase}".`);
      }, words);
      await by('stress').click();
    },
    async references() {
      const shown = by('reference');
      await shown.first().waitFor();
      await page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>('[data-testid="reference"] img')].every(
          (image) => image.complete,
        ),
      );
      return shown.evaluateAll((items) =>
        items.map((item) => ({
          hash: item.getAttribute('data-hash') ?? '',
          loaded: (item.querySelector('img')?.naturalWidth ?? 0) > 0,
        })),
      );
    },
    async setNumber(field, value) {
      await by(field).fill(String(value));
      await by(field).press('Tab');
    },
    async generate() {
      await by('generate').click();
    },
    async cancel() {
      // The key, not the button: a small run may be over before a mouse gets there.
      await page.keyboard.press('Control+.');
    },
    async reachesStep(step) {
      await page.waitForFunction((least) => {
        const line = document.querySelector('[data-testid="job-line"]')?.textContent ?? '';
        const numbers = line.match(/\d+/g)?.map(Number) ?? [];
        return numbers.length >= 2 && (numbers.at(-2) ?? 0) >= least;
      }, step);
    },
    async isIdle() {
      await page.locator('[data-testid="job"][data-state="idle"]').waitFor({ timeout: 120_000 });
    },
    async pixels(arm) {
      const picture = page.locator(`img.loaded[data-testid="picture-${arm}"]`);
      await picture.waitFor({ timeout: 120_000 });
      return picture.evaluate((image) => {
        if (!(image instanceof HTMLImageElement)) throw new Error('The picture is not an image.');
        const { naturalWidth: width, naturalHeight: height } = image;
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d');
        if (!context) throw new Error('The browser gives no canvas.');
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        return { width, height, rgb: [...data].filter((_, i) => i % 4 !== 3) };
      });
    },
    resultCount: () => by('result').count(),
    async hasResults(count) {
      await by('result')
        .nth(count - 1)
        .waitFor();
      await page.locator('img.loaded[data-testid="picture-refined"]').waitFor();
    },
    async showResult(index) {
      await by('result').nth(index).click();
      await by('copy-recipe').waitFor();
      await by('pair').focus();
    },
    async go(place) {
      await by(`place-${place}`).click();
    },
    otherTab: (other) => openTab(context, other),
    async open(again) {
      await page.goto('about:blank');
      complaints.length = 0;
      await page.goto(again);
      await connected();
    },
    async recipe() {
      await by('copy-recipe').waitFor();
      return by('recipe').innerText();
    },
    async reload() {
      await page.reload();
      await connected();
    },
  };
}
