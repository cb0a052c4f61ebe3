/** Pixels of catalog images at the size that a pack sees: kept per size, made again from the original where one is missing. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, because } from '#contract';
import type { Place, Store } from '../store/index.ts';
import { readImageFile } from './read-file.ts';

export interface PixelsOptions {
  readonly store: Store;
  readonly decode: (file: Uint8Array, size: number) => Promise<{ readonly rgb: Uint8Array }>;
  /** The file of a picture that the studio made itself, by content; null when there is none. */
  readonly resultFile: (contentHash: string) => Promise<Uint8Array | null>;
}

/** RGB [size, size, 3] of an image of the catalog, by content hash. */
export type PixelsOf = (contentHash: string, size: number) => Promise<Uint8Array>;

const isFolder = (path: string): Promise<boolean> =>
  stat(path)
    .then((s) => s.isDirectory())
    .catch(() => false);

/**
 * The file of an image, by content. Throws `root_offline` when every folder with it is away, `unreadable` when it is gone
 * or holds other bytes now.
 */
export function makeOriginals({ store, resultFile }: Pick<PixelsOptions, 'store' | 'resultFile'>) {
  return async function original(hash: string, name: string): Promise<Uint8Array> {
    const made = await resultFile(hash);
    if (made) return made;
    let offline: Place | undefined;
    for (const place of store.read.images.places(hash)) {
      if (!(await isFolder(place.root_path))) {
        offline ??= place;
        continue;
      }
      try {
        const { bytes } = await readImageFile(join(place.root_path, ...place.file.split('/')));
        if (createHash('sha256').update(bytes).digest('hex') === hash) return bytes;
      } catch (error) {
        // Gone or unreadable in this place; another place may still have it.
        if (!(error instanceof AppError)) throw error;
      }
    }
    if (offline) throw because('original_offline', { name, folder: offline.root_name });
    throw because('original_gone', { name });
  };
}

/**
 * Throws `no_references` for an image that the catalog does not have, what `makeOriginals` throws, or the decoder's reason.
 */
export function makePixels(options: PixelsOptions): PixelsOf {
  const { store, decode } = options;
  const original = makeOriginals(options);
  return async (hash, size) => {
    const kept = store.read.images.pixels(hash, size);
    if (kept) return kept;
    const row = store.read.images.byHash(hash);
    if (!row) throw because('reference_unknown', { image: hash.slice(0, 12) });
    const { rgb } = await decode(await original(hash, row.name), size);
    store.write.images.pixels(hash, size, rgb);
    return rgb;
  };
}
