/** What a person does with lists: the queue, the gallery, the references. A part of the page object. */
import type { Page } from 'playwright-core';

export interface QueuePart {
  /** Opens the tray, or closes it. */
  toggle(): Promise<void>;
  /** Lets the queue rest, or go on; the tray is open. */
  pause(): Promise<void>;
  /** What the tray says in one line. */
  line(): Promise<string>;
  /** The sentences of what runs and waits, in order; the tray is open. */
  sentences(): Promise<string[]>;
}

export function queuePart(page: Page): QueuePart {
  const by = (id: string) => page.getByTestId(id);
  return {
    async toggle() {
      await by('queue-button').click();
    },
    async pause() {
      await by('queue-pause').click();
    },
    line: () => by('queue-line').innerText(),
    sentences: () => by('queue-row').locator('.words').allInnerTexts(),
  };
}

export interface GalleryPart {
  count(): Promise<number>;
  /** How many a view says that it has. */
  countOf(view: 'all' | 'starred' | 'bin'): Promise<string>;
  search(words: string): Promise<void>;
  /** Chooses a pair, newest first from 0. */
  choose(index: number): Promise<void>;
  /** Stars what is chosen, by key. */
  star(): Promise<void>;
  /** Moves what is chosen into the bin, by key. */
  remove(): Promise<void>;
  /** Keeps the refined picture of what is chosen alone, by key. */
  keepOne(): Promise<void>;
  /** The words of the pictures that the chosen pair has, left to right. */
  pictures(): Promise<string[]>;
  undo(): Promise<void>;
  /** Brings what is chosen back into Compose. */
  recall(): Promise<void>;
}

export function galleryPart(page: Page): GalleryPart {
  const by = (id: string) => page.getByTestId(id);
  return {
    count: () => by('grid-item').count(),
    countOf: (view) => by(`view-${view}`).innerText(),
    async search(words) {
      await by('gallery-search').fill(words);
    },
    async choose(index) {
      await by('grid-item').nth(index).click();
      await by('pair-detail').waitFor();
      await by('gallery-grid').focus();
    },
    async star() {
      await page.keyboard.press('s');
    },
    async remove() {
      await page.keyboard.press('Delete');
    },
    async keepOne() {
      await page.keyboard.press('k');
      await by('keep-one-item').first().waitFor();
      await page.keyboard.press('Enter');
    },
    pictures: () =>
      by('pair-detail')
        .locator('img')
        .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).alt)),
    async undo() {
      await by('toast-undo').click();
    },
    async recall() {
      await by('recall').click();
      await by('prompt').waitFor();
    },
  };
}

export interface ReferencesPart {
  folders(): Promise<string[]>;
  /** Types a folder's path and asks for it. */
  typeFolder(path: string): Promise<void>;
  /** What the page says of the path that was typed last. */
  typedProblem(): Promise<string>;
  /** The words of the report on the folder with this name, once it has been read. */
  reportOf(name: string): Promise<string>;
  heading(): Promise<string>;
  search(words: string): Promise<void>;
  /** Names of the pictures in the grid, in order, and whether they were shown. */
  pictures(): Promise<{ name: string; loaded: boolean }[]>;
}

export function referencesPart(page: Page): ReferencesPart {
  const by = (id: string) => page.getByTestId(id);
  return {
    folders: () => by('folder').locator('strong').allInnerTexts(),
    async typeFolder(path) {
      await by('folder-path').fill(path);
      await by('folder-path').press('Enter');
    },
    typedProblem: () =>
      page
        .locator('form', { has: by('folder-path') })
        .getByRole('alert')
        .innerText(),
    async reportOf(name) {
      const root = by('root').filter({ hasText: name });
      await root.getByTestId('import-report').waitFor();
      return root.getByTestId('import-report').innerText();
    },
    heading: () => by('library-heading').innerText(),
    async search(words) {
      await by('library-search').fill(words);
    },
    pictures: () =>
      by('grid-item')
        .locator('img')
        .evaluateAll((all) =>
          all.map((image) => ({
            name: (image as HTMLImageElement).alt,
            loaded: (image as HTMLImageElement).naturalWidth > 0,
          })),
        ),
  };
}
