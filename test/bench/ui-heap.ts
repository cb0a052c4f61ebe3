/** The page's heap over a day of results, and whether a result takes longer to be seen after many. */
import type { Page } from 'playwright-core';

export interface HeapSample {
  readonly results: number;
  readonly heapMiB: number;
  /** Results that the page shows at that moment: it keeps only so many, however many there are. */
  readonly shown: number;
}

export interface HeapOptions {
  readonly results: number;
  /** Results before the first look: caches are full by then. */
  readonly warm: number;
  readonly say: (text: string) => void;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/**
 * Makes results one after another in a page whose sentence is written. A result has come when the newest of the strip is
 * another one than before; the strip's length says nothing, since the page lets go of old ones.
 */
export async function heapOver(page: Page, { results, warm, say }: HeapOptions) {
  const session = await page.context().newCDPSession(page);
  const samples: HeapSample[] = [];
  const times: number[] = [];
  const look = async (count: number): Promise<void> => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const heapMiB = Math.round((usedSize / 1024 / 1024) * 100) / 100;
    const shown = await page.getByTestId('result').count();
    samples.push({ results: count, heapMiB, shown });
    say(
      `  ${count} results: ${heapMiB} MiB, ${shown} shown, ${Math.round(median(times.slice(-warm)))} ms each`,
    );
  };
  let newest = '';
  for (let i = 1; i <= results; i++) {
    const began = performance.now();
    await page.getByTestId('generate').click();
    const handle = await page.waitForFunction((before) => {
      const id = document.querySelector('[data-testid="result"]')?.getAttribute('data-pair') ?? '';
      return id !== '' && id !== before && id;
    }, newest);
    newest = String(await handle.jsonValue());
    await handle.dispose();
    times.push(performance.now() - began);
    if (i % warm === 0 || i === results) await look(i);
  }
  const [first, last] = [samples[0], samples.at(-1)];
  return {
    heapGrowthMiB: (last?.heapMiB ?? NaN) - (first?.heapMiB ?? NaN),
    heap: samples,
    resultMs: { first: median(times.slice(0, warm)), last: median(times.slice(-warm)) },
  };
}
