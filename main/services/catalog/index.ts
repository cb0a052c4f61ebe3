/** The user's images: roots, import, search, and the references of a phrase. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError, SKIP_REASONS, toAppError } from '#contract';
import type { CatalogImage, Hit, Reference, Root, StudioServices } from '#contract';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { ImageRow, RootRow, Store } from '../store/index.ts';
import { importFolder } from './import-folder.ts';
import type { Decode } from './import-folder.ts';
import { makePixels } from './pixels.ts';
import { strengthOf, verdictOf } from './strength.ts';
import { exactIndex } from './vector-index.ts';
import type { VectorIndex } from './vector-index.ts';
import { writeDerived } from '../../files.ts';
import { dot } from '../../vectors.ts';

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
  /** The file of a picture that the studio made itself, by content hash; null when there is none. */
  readonly resultFile: (contentHash: string) => Promise<Uint8Array | null>;
  /** Data folder of the studio: thumbnails go below it, content-addressed. */
  readonly folder: string;
  readonly pickFolder: (() => Promise<string | null>) | undefined;
  readonly now: () => number;
}

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

export interface Catalog {
  readonly service: StudioServices['catalog'];
  /** Makes a folder known (desktop dialog, command line); the path stays here. */
  registerRoot(path: string, builtIn: boolean): Promise<Root>;
  /**
   * The vector index of a pack's encoder: all images, but for those that came with another encoder and whose original
   * cannot be read now (see `unread`).
   */
  index(pack: InstalledPack): Promise<VectorIndex>;
  /** How many images this pack's index lacks, with the reason of the first; null when it lacks none or was not built yet. */
  unread(pack: InstalledPack): { readonly images: number; readonly reason: AppError } | null;
  /** The user's best images for a text, with scores; what the studio made itself is found by `search` only. */
  find(
    pack: InstalledPack,
    text: string,
    k: number,
    skip?: Iterable<string>,
  ): Promise<{ hash: string; score: number }[]>;
  /** RGB [S, S, 3] of an image at the pack's size, decoded again where that size is not kept (see pixels.ts). */
  pixels(pack: InstalledPack, contentHash: string): Promise<Uint8Array>;
  /** Adds results as a part of the transaction that ends their job. */
  resultWriter(pack: InstalledPack): ResultWriter;
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

/** Reasons that leave an image out of an index and do not stop it. */
const AWAY: ReadonlySet<string> = new Set([...SKIP_REASONS, 'root_offline']);

export function makeCatalog({
  store,
  packs,
  embedder,
  decode,
  resultFile,
  folder,
  pickFolder,
  now,
}: CatalogOptions): Catalog {
  const indexes = new Map<string, Promise<VectorIndex>>();
  const firstUnread = new Map<string, AppError>();
  const pixelsOf = makePixels({ store, decode, resultFile });
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

  const thumbnail = (hash: string): Promise<Uint8Array | null> =>
    readFile(thumbnailPath(hash)).catch(() => null);
  /** Indexes of other encoders lack what came in with this one; they are completed when next asked for. */
  function forgetOthers(encoder: string): void {
    for (const key of indexes.keys()) if (key !== encoder) indexes.delete(key);
  }

  /** Images that came with another encoder get this one's vectors; the first reason is kept where an original is away. */
  async function complete(pack: InstalledPack, made: VectorIndex): Promise<void> {
    const encoder = encoderHash(pack);
    const { dims } = pack.manifest.embedding;
    firstUnread.delete(encoder);
    for (let after = ''; ;) {
      const rows = store.read.images.withoutVector(encoder, after);
      const last = rows.at(-1);
      if (!last) return;
      after = last.content_hash;
      const ready: { hash: string; rgb: Uint8Array }[] = [];
      for (const { content_hash: hash } of rows) {
        try {
          ready.push({ hash, rgb: await pixelsOf(hash, pack.manifest.image.size) });
        } catch (error) {
          const reason = toAppError(error);
          if (!AWAY.has(reason.code)) throw error;
          if (!firstUnread.has(encoder)) firstUnread.set(encoder, reason);
        }
      }
      if (ready.length === 0) continue;
      const embeddings = await embedder.images(pack.manifest.id, Buffer.concat(ready.map((r) => r.rgb)));
      const vectors = ready.map((_, i) => embeddings.slice(i * dims, (i + 1) * dims));
      store.transaction(() => {
        ready.forEach(({ hash }, i) => {
          store.write.images.vector(hash, encoder, vectors[i] as Float32Array);
        });
      });
      ready.forEach(({ hash }, i) => {
        made.add(hash, vectors[i] as Float32Array);
      });
    }
  }

  function index(pack: InstalledPack): Promise<VectorIndex> {
    const encoder = encoderHash(pack);
    let pending = indexes.get(encoder);
    if (!pending) {
      const mine = (async () => {
        const made = exactIndex(pack.manifest.embedding.dims);
        for (const { hash, embedding } of store.read.images.vectors(encoder)) made.add(hash, embedding);
        await complete(pack, made);
        return made;
      })();
      pending = mine;
      indexes.set(encoder, mine);
      mine.catch(() => {
        if (indexes.get(encoder) === mine) indexes.delete(encoder);
      });
    }
    return pending;
  }

  /** The index for a search: an empty one says why where there is a reason. */
  async function searchable(pack: InstalledPack): Promise<VectorIndex> {
    const made = await index(pack);
    const reason = firstUnread.get(encoderHash(pack));
    if (made.size === 0 && reason) throw reason;
    return made;
  }

  async function find(
    pack: InstalledPack,
    text: string,
    k: number,
    skip: Iterable<string> = [],
  ): Promise<{ hash: string; score: number }[]> {
    const [made, { embedding }] = await Promise.all([
      searchable(pack),
      embedder.text(pack.manifest.id, text),
    ]);
    const left = new Set([...store.read.images.own(), ...skip]);
    return made.search(embedding, k, left).map(({ id, score }) => ({ hash: id, score }));
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
    unread(pack) {
      const encoder = encoderHash(pack);
      const reason = firstUnread.get(encoder);
      const images = reason ? store.read.images.countWithoutVector(encoder) : 0;
      return reason && images > 0 ? { images, reason } : null;
    },
    pixels: (pack, hash) => pixelsOf(hash, pack.manifest.image.size),
    resultWriter(pack) {
      const encoder = encoderHash(pack);
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
          store.write.images.pixels(contentHash, size, rgb);
          store.write.images.vector(contentHash, encoder, embedding);
        },
        follow({ contentHash, embedding }) {
          // An index that is not there, or fails to come, will find the result in the catalog.
          indexes.get(encoder)?.then(
            (made) => {
              made.add(contentHash, embedding);
            },
            () => undefined,
          );
          forgetOthers(encoder);
        },
      };
    },
    thumbnail,
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
            size: pack.manifest.image.size,
            dims: pack.manifest.embedding.dims,
            saveThumbnail,
            onVector: (hash, v) => {
              made.add(hash, v);
              forgetOthers(encoderHash(pack));
            },
            now,
          },
          signal,
        );
      },
      async search({ text, imageId, k, packId }) {
        const pack = await packs.get(packId);
        const made = await searchable(pack);
        if (text !== undefined) {
          const { embedding } = await embedder.text(packId, text);
          const hits = made.search(embedding, k);
          return {
            hits: hits.map(({ id, score }, i) => hitOf(pack, made.size, { hash: id, score }, i + 1, true)),
          };
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
        const made = await searchable(pack);
        const { embedding } = await embedder.text(packId, phrase);
        // What the studio made itself is no evidence of what a phrase looks like, and would make a repeated request differ.
        const own = store.read.images.own();
        const pinned = [...new Set(pins)].map((hash) => {
          const row = store.read.images.byHash(hash);
          const vector = row && store.read.images.vector(hash, encoderHash(pack));
          if (!vector)
            throw new AppError(
              'no_references',
              row
                ? `The pinned image "${row.name}" (${hash.slice(0, 12)}) has no vector of the pack "${packId}": its original cannot be read now. Import its folder again, or take the pin away.`
                : `The pinned image ${hash.slice(0, 12)} is not in the catalog. Import its folder again, or take the pin away.`,
              { details: { contentHash: hash } },
            );
          return {
            hash,
            score: dot(vector, embedding),
            pinned: true,
          };
        });
        const free = made
          .search(embedding, Math.max(0, k - pinned.length), new Set([...own, ...pins, ...bans]))
          .map(({ id, score }) => ({ hash: id, score, pinned: false }));
        const references: Reference[] = [...pinned, ...free].map((r, i) => ({
          ...hitOf(pack, made.size - own.length, r, i + 1, true),
          weight: 1,
          pinned: r.pinned,
        }));
        const best = Math.max(0, ...references.map((r) => r.strength ?? 0));
        return { phrase, references, verdict: references.length === 0 ? 'none' : verdictOf(best) };
      },
      images({ after, limit, rootId }) {
        const [at, id] =
          after === undefined
            ? [Number.MAX_SAFE_INTEGER, '~']
            : (after.split('.') as [string, string | undefined]);
        if (!/^\d+$/.test(String(at)) || id === undefined)
          throw new AppError('invalid_input', 'Expected `after` as the page before gave it in `next`.');
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
