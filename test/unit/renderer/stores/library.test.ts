/** The list of all pictures and what is counted above it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CatalogImage } from '#contract';
import { useCatalogStore } from '../../../../renderer/stores/catalog.ts';
import { useLibraryStore } from '../../../../renderer/stores/library.ts';
import { t } from '../../../../renderer/strings/index.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const image = (digit: string, rootId: string | null): CatalogImage => ({
  imageId: digit,
  contentHash: digit.repeat(64),
  name: digit,
  width: 1,
  height: 1,
  importedAt: 0,
  rootId,
});
const root = { name: 'a', state: 'online', builtIn: false, addedAt: 0 } as const;

let rig: StoreRig;
let images: CatalogImage[];
beforeEach(async () => {
  // One image lies in both folders.
  images = [image('1', 'one'), image('2', 'one'), image('3', 'two')];
  rig = await storeRig({
    catalog: {
      images: () => ({ items: images, next: null }),
      roots: () => ({
        roots: [
          { ...root, rootId: 'one', imageCount: 2 },
          { ...root, rootId: 'two', imageCount: 2 },
        ],
        images: images.length,
        own: images.filter(({ rootId }) => rootId === null).length,
        adds: 'nothing',
        offered: [],
      }),
    },
  });
});
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

it('is counted when it is read: each picture once, and those that were made here by themselves', async () => {
  const [library, catalog] = [useLibraryStore(), useCatalogStore()];
  const seen = () => [library.items.length, catalog.total, catalog.imageCount, catalog.ownCount];
  await library.load();
  expect(seen()).toEqual([3, 3, 3, 0]);
  images = [...images, image('4', null)];
  await library.load();
  expect(seen()).toEqual([4, 4, 3, 1]);
  expect(t.library.all(catalog.imageCount, catalog.ownCount)).toBe('4 pictures: 3 from folders, 1 made here');
});
