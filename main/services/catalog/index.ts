/** The user's images: roots, import, search, and the references of a phrase. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError } from '#contract';
import type { CatalogImage, Hit, Reference, Root, StudioServices } from '#contract';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { ImageRow, RootRow, Store } from '../store/index.ts';
import { importFolder } from './import-folder.ts';
import type { Decode } from './import-folder.ts';
import { strengthOf, verdictOf } from './strength.ts';
import { exactIndex } from './vector-index.ts';
import type { VectorIndex } from './vector-index.ts';
import { writeDerived } from '../files.ts';

export { strengthOf, verdictOf, nullShare } from './strength.ts';
export { exactIndex } from './vector-index.ts';
export type { Neighbour, VectorIndex } from './vector-index.ts';

/** What the catalog needs of the engine. */
export interface Embedder {
  text(
    packId: string,
    text: string,
  ): Promise<{ embedding: Float32Array; cutAt: number | null; unknown: [number, number][] }>;
  images(packId: string, rgb: Uint8Array, signal?: AbortSignal): Promise<Float32Array>;
}

export interface CatalogOptions {
  readonly store: Store;
  readonly packs: PacksService;
  readonly embedder: Embedder;
  readonly decode: (file: Uint8Array, size: number) => ReturnType<Decode>;
  /** Data folder of the studio: thumbnails go below it, content-addressed. */
  readonly folder: string;
  readonly pickFolder: (() => Promise<string | null>) | undefined;
  readonly now: () => number;
}

export interface Catalog {
  readonly service: StudioServices['catalog'];
  /** Makes a folder known (desktop dialog, command line); the path stays here. */
  registerRoot(path: string, builtIn: boolean): Promise<Root>;
  /** The vector index of a pack's encoder, complete for all images. */
  index(pack: InstalledPack): Promise<VectorIndex>;
  /** Best images for a text, with scores. */
  find(
    pack: InstalledPack,
    text: string,
    k: number,
    skip?: ReadonlySet<string>,
  ): Promise<{ hash: string; score: number }[]>;
  /** Adds a result of the studio's own. */
  addResult(
    pack: InstalledPack,
    image: {
      imageId: string;
      contentHash: string;
      name: string;
      size: number;
      rgb: Uint8Array;
      width: number;
      height: number;
    },
    embedding: Float32Array,
  ): Promise<void>;
  thumbnail(contentHash: string): Promise<Uint8Array | null>;
}

const toImage = (row: ImageRow): CatalogImage => ({
  imageId: row.image_id,
  contentHash: row.content_hash,
  name: row.name,
  width: row.width,
  height: row.height,
  importedAt: row.imported_at,
  rootId: row.root_id,
});

const THUMBNAIL = 256;

export function makeCatalog({
  store,
  packs,
  embedder,
  decode,
  folder,
  pickFolder,
  now,
}: CatalogOptions): Catalog {
  const indexes = new Map<string, Promise<VectorIndex>>();
  const encoderHash = (pack: InstalledPack): string => pack.manifest.parts.encoderWeights.sha256;
  const thumbnailPath = (hash: string): string =>
    join(folder, 'thumbnails', hash.slice(0, 2), `${hash}.webp`);

  async function rootOf(row: RootRow & { images?: number }): Promise<Root> {
    const online = await stat(row.path)
      .then((s) => s.isDirectory())
      .catch(() => false);
    return {
      rootId: row.root_id,
      name: row.name,
      imageCount: row.images ?? 0,
      state: online ? 'online' : 'offline',
      builtIn: row.built_in === 1,
      addedAt: row.added_at,
    };
  }

  async function saveThumbnail(hash: string, webp: Uint8Array): Promise<void> {
    await mkdir(join(folder, 'thumbnails', hash.slice(0, 2)), { recursive: true });
    await writeDerived(thumbnailPath(hash), webp);
  }

  function index(pack: InstalledPack): Promise<VectorIndex> {
    const encoder = encoderHash(pack);
    let pending = indexes.get(encoder);
    if (!pending) {
      pending = (async () => {
        const made = exactIndex(pack.manifest.embedding.dims);
        for (const { hash, embedding } of store.read.images.vectors(encoder)) made.add(hash, embedding);
        // Images that came with another encoder get this one's vectors; the pixels are kept for it.
        for (;;) {
          const missing = store.read.images.withoutVector(encoder);
          if (missing.length === 0) break;
          const dims = pack.manifest.embedding.dims;
          const embeddings = await embedder.images(
            pack.manifest.id,
            Buffer.concat(missing.map((m) => m.pixels)),
          );
          store.transaction(() => {
            missing.forEach((m, i) =>
              store.write.images.vector(m.content_hash, encoder, embeddings.slice(i * dims, (i + 1) * dims)),
            );
          });
          missing.forEach((m, i) => {
            made.add(m.content_hash, embeddings.slice(i * dims, (i + 1) * dims));
          });
        }
        return made;
      })();
      indexes.set(encoder, pending);
      pending.catch(() => indexes.delete(encoder));
    }
    return pending;
  }

  async function find(
    pack: InstalledPack,
    text: string,
    k: number,
    skip?: ReadonlySet<string>,
  ): Promise<{ hash: string; score: number }[]> {
    const [made, { embedding }] = await Promise.all([index(pack), embedder.text(pack.manifest.id, text)]);
    return made.search(embedding, k, skip).map(({ id, score }) => ({ hash: id, score }));
  }

  const hitOf = (
    pack: InstalledPack,
    images: number,
    found: { hash: string; score: number },
    rank: number,
    byText: boolean,
  ): Hit => {
    const row = store.read.images.byHash(found.hash);
    if (!row) throw new AppError('internal', 'The index names an image that the catalog does not have.');
    return {
      image: toImage(row),
      rank,
      score: found.score,
      strength: byText ? strengthOf(pack.manifest.nullScores.quantiles, found.score, images) : null,
    };
  };

  async function registerRoot(path: string, builtIn: boolean): Promise<Root> {
    const full = resolve(path);
    if (
      !(await stat(full)
        .then((s) => s.isDirectory())
        .catch(() => false))
    )
      throw new AppError(
        'not_found',
        `There is no folder "${full}". Expected an existing folder with images.`,
      );
    const known = store.read.images.roots().find((r) => r.path === full);
    if (known) return rootOf(known);
    const row = {
      root_id: randomUUID(),
      path: full,
      name: basename(full),
      built_in: builtIn ? 1 : 0,
      added_at: now(),
    };
    store.write.images.root(row);
    return rootOf(row);
  }

  return {
    registerRoot,
    index,
    find,
    async addResult(pack, image, embedding) {
      const made = await index(pack);
      store.transaction(() => {
        store.write.images.image(
          {
            image_id: image.imageId,
            content_hash: image.contentHash,
            name: image.name,
            width: image.width,
            height: image.height,
            imported_at: now(),
            root_id: null,
          },
          image.rgb,
        );
        store.write.images.vector(image.contentHash, encoderHash(pack), embedding);
      });
      made.add(image.contentHash, embedding);
    },
    thumbnail: (hash) => readFile(thumbnailPath(hash)).catch(() => null),
    service: {
      async roots() {
        return { roots: await Promise.all(store.read.images.roots().map(rootOf)) };
      },
      async pickRoot() {
        if (!pickFolder)
          throw new AppError(
            'not_supported',
            'This host has no folder dialog. Start it with --refs DIR or import DIR on the command line.',
          );
        const path = await pickFolder();
        return { root: path === null ? null : await registerRoot(path, false) };
      },
      async *importFolder({ rootId, packId }, { signal }) {
        const root = store.read.images.roots().find((r) => r.root_id === rootId);
        if (!root) throw new AppError('not_found', 'This root is not known any more. Add the folder again.');
        if (
          !(await stat(root.path)
            .then((s) => s.isDirectory())
            .catch(() => false))
        )
          throw new AppError(
            'root_offline',
            `The folder "${root.name}" is not there just now. Connect its disk; its images stay in the catalog.`,
          );
        const pack = await packs.get(packId);
        const made = await index(pack);
        yield* importFolder(
          { rootId, path: root.path },
          {
            store,
            decode: (file) => decode(file, pack.manifest.image.size),
            embed: (rgb, s) => embedder.images(packId, rgb, s),
            encoderHash: encoderHash(pack),
            dims: pack.manifest.embedding.dims,
            saveThumbnail,
            onVector: (hash, v) => {
              made.add(hash, v);
            },
            now,
          },
          signal,
        );
      },
      async search({ text, imageId, k, packId }) {
        const pack = await packs.get(packId);
        const made = await index(pack);
        if (text !== undefined) {
          const hits = await find(pack, text, k);
          return { hits: hits.map((h, i) => hitOf(pack, made.size, h, i + 1, true)) };
        }
        const row = store.read.images.byId(imageId ?? '');
        const vector = row && store.read.images.vector(row.content_hash, encoderHash(pack));
        if (!row || !vector) throw new AppError('not_found', 'This image is not in the catalog.');
        const hits = made.search(vector, k, new Set([row.content_hash]));
        return {
          hits: hits.map((h, i) => hitOf(pack, made.size, { hash: h.id, score: h.score }, i + 1, false)),
        };
      },
      async references({ phrase, k, pins, bans, packId }) {
        const pack = await packs.get(packId);
        const made = await index(pack);
        const { embedding } = await embedder.text(packId, phrase);
        const pinned = pins.flatMap((hash) => {
          const vector = store.read.images.vector(hash, encoderHash(pack));
          if (!vector) return [];
          return [
            { hash, score: vector.reduce((s, x, d) => s + x * (embedding[d] as number), 0), pinned: true },
          ];
        });
        const free = made
          .search(embedding, Math.max(0, k - pinned.length), new Set([...pins, ...bans]))
          .map(({ id, score }) => ({ hash: id, score, pinned: false }));
        const references: Reference[] = [...pinned, ...free].map((r, i) => ({
          ...hitOf(pack, made.size, r, i + 1, true),
          weight: 1,
          pinned: r.pinned,
        }));
        const best = Math.max(0, ...references.map((r) => r.strength ?? 0));
        return { phrase, references, verdict: references.length === 0 ? 'none' : verdictOf(best) };
      },
      images({ after, limit, rootId }) {
        const [at, id] =
          after === undefined ? [Number.MAX_SAFE_INTEGER, '~'] : (after.split('.') as [string, string]);
        const rows = store.read.images.page(Number(at), id, rootId ?? null, limit + 1);
        const items = rows.slice(0, limit);
        const last = items.at(-1);
        return {
          items: items.map(toImage),
          next: rows.length > limit && last ? `${last.imported_at}.${last.image_id}` : null,
        };
      },
      image({ imageId }) {
        const row = store.read.images.byId(imageId);
        if (!row) throw new AppError('not_found', 'This image is not in the catalog.');
        return toImage(row);
      },
    },
  };
}
