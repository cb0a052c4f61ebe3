/** One studio with one page open in Chromium, for all tests of a file. */
import { expect } from 'vitest';
import { launchChromium } from '../support/browser.ts';
import { openStudioPage } from './studio-page.ts';
import type { StudioPage } from './studio-page.ts';
import { startStudio } from './studio.ts';
import type { Studio } from './studio.ts';

export interface Suite {
  readonly studio: Studio;
  readonly user: StudioPage;
  close(): Promise<void>;
}

/** A signal that is never raised. */
export const live = { signal: new AbortController().signal };
/** Waits up to a minute for what a studio comes to by itself. */
export const soon = <T>(look: () => T) => expect.poll(look, { timeout: 60_000 });

/** To be closed after the tests. */
export async function openSuite(): Promise<Suite> {
  const studio = await startStudio();
  let browser: Awaited<ReturnType<typeof launchChromium>> | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await studio.close();
  };
  try {
    browser = await launchChromium();
    return { studio, user: await openStudioPage(browser, studio.served.url), close };
  } catch (error) {
    await close();
    throw error;
  }
}
