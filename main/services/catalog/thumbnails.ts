/** Thumbnails of the catalog's images: files below the data folder, named by what they show. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../store/index.ts';
import type { CatalogOptions } from './index.ts';
import { writeDerived } from '../../files.ts';

/** Pixels are decoded beside a thumbnail in any case; where nobody wants them, few. */
const THUMBNAIL_PIXELS = 32;

export interface ThumbnailsOptions {
  readonly store: Pick<Store, 'read'>;
  readonly decode: CatalogOptions['decode'];
  /** The original file of an image. Rejects where it cannot be read now. */
  readonly original: (contentHash: string, name: string) => Promise<Uint8Array>;
  /** Data folder of the studio. */
  readonly folder: string;
}

export interface Thumbnails {
  readonly save: (contentHash: string, webp: Uint8Array) => Promise<void>;
  /** One that is missing (the catalog came from elsewhere, its folder was emptied) is made again where it can be. */
  readonly get: (contentHash: string) => Promise<Uint8Array | null>;
  readonly remove: (contentHash: string) => Promise<void>;
}

export function makeThumbnails({ store, decode, original, folder }: ThumbnailsOptions): Thumbnails {
  const folderOf = (hash: string): string => join(folder, 'thumbnails', hash.slice(0, 2));
  const pathOf = (hash: string): string => join(folderOf(hash), `${hash}.webp`);

  async function save(hash: string, webp: Uint8Array): Promise<void> {
    await mkdir(folderOf(hash), { recursive: true });
    await writeDerived(pathOf(hash), webp);
  }

  return {
    save,
    async get(hash) {
      const kept = await readFile(pathOf(hash)).catch(() => null);
      const row = kept ? undefined : store.read.images.byHash(hash);
      if (!row) return kept;
      try {
        const { thumbnail } = await decode(await original(hash, row.name), THUMBNAIL_PIXELS);
        await save(hash, thumbnail);
        return thumbnail;
      } catch {
        return null;
      }
    },
    remove: (hash) => rm(pathOf(hash), { force: true }),
  };
}
