/** Pictures that the studio made itself, on their way into the catalog. */
import { encoderOf } from '#contract';
import type { InstalledPack } from '../packs/index.ts';
import type { Store } from '../store/index.ts';
import { lookOf } from './look.ts';

/** A result of the studio's own on its way into the catalog. */
export interface CatalogResult {
  readonly imageId: string;
  readonly contentHash: string;
  readonly name: string;
  /** RGB [size, size, 3]. */
  readonly rgb: Uint8Array;
  readonly size: number;
  readonly embedding: Float32Array;
}

export interface ResultWriter {
  /** Call inside a transaction. */
  write(result: CatalogResult): void;
  /** Call once it is committed: searches find it from then on. */
  follow(result: CatalogResult): void;
}

/** Writes results of a pack; `follow` tells the indexes of a vector by its encoder. */
export function makeResultWriter(
  pack: InstalledPack,
  store: Pick<Store, 'write'>,
  follow: (encoder: string, contentHash: string, vector: Float32Array) => void,
  now: () => number,
): ResultWriter {
  const encoder = encoderOf(pack);
  return {
    write({ imageId, contentHash, name, rgb, size, embedding }) {
      store.write.images.image({
        image_id: imageId,
        content_hash: contentHash,
        name,
        width: size,
        height: size,
        imported_at: now(),
        root_id: null,
      });
      store.write.facts.put({
        content_hash: contentHash,
        format: 'png',
        bytes: null,
        taken_at: null,
        at: now(),
        look: lookOf(rgb, size),
        name,
        caption: '',
      });
      store.write.images.pixels(contentHash, size, rgb);
      store.write.images.vector(contentHash, encoder, embedding);
    },
    follow({ contentHash, embedding }) {
      follow(encoder, contentHash, embedding);
    },
  };
}
