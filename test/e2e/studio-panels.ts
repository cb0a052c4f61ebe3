/** What a person does below the pictures: asks why, makes strips and grids. A part of the page object. */
import type { Page } from 'playwright-core';

export interface WhyPart {
  /** Opens or closes the view by its key, with the focus on the pictures. */
  toggle(): Promise<void>;
  ask(): Promise<void>;
  /** What stands there while it runs. */
  line(): Promise<string>;
  cancel(): Promise<void>;
  /** Resolves when nothing was found yet and it can be asked. */
  canBeAsked(): Promise<void>;
  /** The phrases with their verdicts, once they are there. */
  found(): Promise<{ phrase: string; verdict: string }[]>;
  /** The next looked at step, by key; its number. */
  nextStep(): Promise<number>;
}

export function whyPart(page: Page): WhyPart {
  const by = (id: string) => page.getByTestId(id);
  return {
    async toggle() {
      await by('pair').focus();
      await page.keyboard.press('w');
    },
    async ask() {
      // A key pressed on a button that is still disabled is lost, and `press` does not wait for it.
      await page.locator('[data-testid="why-run"]:enabled').press('Enter');
    },
    line: () => by('why-running').locator('.line').innerText(),
    async cancel() {
      await by('why-cancel').press('Enter');
    },
    async canBeAsked() {
      await by('why-run').waitFor();
    },
    async found() {
      await by('why-row').first().waitFor();
      await by('why-overlay').waitFor();
      return by('why-row').evaluateAll((rows) =>
        rows.map((row) => ({
          phrase: row.querySelector('.phrase')?.textContent ?? '',
          verdict: row.getAttribute('data-verdict') ?? '',
        })),
      );
    },
    async nextStep() {
      await page.keyboard.press('.');
      return Number(await by('why-scrub').inputValue());
    },
  };
}

export interface SetPart {
  /** Adds the phrases one by one, by key, with the focus on the pictures. */
  strip(): Promise<void>;
  /** A grid of one axis, over seeds. */
  seeds(values: readonly number[]): Promise<void>;
  columns(): Promise<string[]>;
  /** Resolves when this many places hold a picture. */
  has(count: number): Promise<void>;
  count(state: 'done' | 'running' | 'queued' | 'cancelled' | 'interrupted'): Promise<number>;
  cancel(): Promise<void>;
  resume(): Promise<void>;
  /** Opens the newest set that was made before, from a pair that is in sight. */
  openEarlier(): Promise<void>;
}

export function setPart(page: Page): SetPart {
  const by = (id: string) => page.getByTestId(id);
  const cells = (state: string) => page.locator(`[data-testid="set-cell"][data-state="${state}"]`);
  async function vary(): Promise<void> {
    await by('pair').focus();
    await page.keyboard.press('v');
    await by('vary').waitFor();
  }
  return {
    async strip() {
      await by('pair').focus();
      await page.keyboard.press('b');
      await by('set').waitFor();
    },
    async seeds(values) {
      await vary();
      await by('rows-on').uncheck();
      await by('columns-what').selectOption('seed');
      await by('columns-values').fill(values.join(', '));
      await by('make-grid').click();
      await by('set').waitFor();
    },
    columns: () => by('set').getByRole('columnheader').allInnerTexts(),
    async has(count) {
      await cells('done')
        .nth(count - 1)
        .locator('img')
        .waitFor();
    },
    count: (state) => cells(state).count(),
    async cancel() {
      await by('set-cancel').click();
      await by('set-resume').waitFor();
      await cells('running').first().waitFor({ state: 'detached' });
    },
    async resume() {
      await by('set-resume').click();
    },
    async openEarlier() {
      await vary();
      await by('earlier-set').first().click();
      await by('set').waitFor();
    },
  };
}
