/** The user's images: roots, import, search, and the references of a phrase. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, SKIP_REASONS, toAppError } from '#contract';
import type { Root, StudioServices } from '#contract';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { Store } from '../store/index.ts';
import { makeImages } from './images.ts';
import { importFolder } from './import-folder.ts';
import type { Decode } from './import-types.ts';
import { readIndex, writeIndex } from './index-file.ts';
import { int8Index } from './int8-index.ts';
import type { Int8Index } from './int8-index.ts';
import { makeImports } from './imports.ts';
import { lookOf } from './look.ts';
import { makePixels } from './pixels.ts';
import { makeRoots } from './roots.ts';
import { makeSearch } from './search.ts';
import type { VectorIndex } from './vector-index.ts';
import { watchRoots } from './watch.ts';
import type { WatchOptions } from './watch.ts';
import { writeDerived } from '../../files.ts';

export { nullExcess, nullShare, strengthOf, verdictOf } from './strength.ts';
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
  /** Times of the watch; the tests shorten them. */
  readonly watching?: Partial<Pick<WatchOptions, 'quietMs' | 'mostMs' | 'pollMs' | 'blindMs'>>;
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
  /** Takes what went out of the catalog out of the indexes, with its thumbnails. */
  forget(hashes: readonly string[]): Promise<void>;
  /** Makes a backup when the newest is older than a day. Call now and then. */
  backUpDaily(): Promise<void>;
  /** Why the last backup of that kind was not made; null when it was, or none was due yet. */
  backupProblem(): string | null;
  /** Keeps the indexes for the next start. Call when nothing runs any more, before the store is closed. */
  close(): void;
}

/** Images from which on an index is kept as a file: fewer are read from the catalog in no time. */
const WORTH_A_FILE = 5000;
const DAY_MS = 86_400_000;

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
  watching = {},
}: CatalogOptions): Catalog {
  const indexes = new Map<string, Promise<VectorIndex>>();
  /** Indexes that are whole, and the state of their files. */
  const loaded = new Map<string, { readonly pack: InstalledPack; readonly made: Int8Index }>();
  const written = new Map<string, number>();
  const firstUnread = new Map<string, AppError>();
  const pixelsOf = makePixels({ store, decode, resultFile });
  const encoderHash = (pack: InstalledPack): string => pack.manifest.parts.encoderWeights.sha256;
  const thumbnailPath = (hash: string): string =>
    join(folder, 'thumbnails', hash.slice(0, 2), `${hash}.webp`);

  async function saveThumbnail(hash: string, webp: Uint8Array): Promise<void> {
    await mkdir(join(folder, 'thumbnails', hash.slice(0, 2)), { recursive: true });
    await writeDerived(thumbnailPath(hash), webp);
  }

  const thumbnail = (hash: string): Promise<Uint8Array | null> =>
    readFile(thumbnailPath(hash)).catch(() => null);
  /** Indexes of other encoders lack what came in with this one; they are completed when next asked for. */
  function forgetOthers(encoder: string): void {
    for (const key of indexes.keys())
      if (key !== encoder) {
        indexes.delete(key);
        loaded.delete(key);
      }
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

  const indexFile = (encoder: string): string => join(folder, `index-${encoder.slice(0, 16)}.bin`);
  const aboutIndex = (pack: InstalledPack): { encoder: string; dims: number; changes: number } => ({
    encoder: encoderHash(pack),
    dims: pack.manifest.embedding.dims,
    changes: store.read.images.vectorChanges(encoderHash(pack)),
  });

  function index(pack: InstalledPack): Promise<VectorIndex> {
    const encoder = encoderHash(pack);
    let pending = indexes.get(encoder);
    if (!pending) {
      const mine = (async () => {
        const made = int8Index(pack.manifest.embedding.dims, (hash) => {
          const vector = store.read.images.vector(hash, encoder);
          if (!vector)
            throw new AppError('internal', 'The index names a vector that the catalog does not have.');
          return vector;
        });
        const saved = aboutIndex(pack);
        if (readIndex(indexFile(encoder), made, saved)) written.set(encoder, saved.changes);
        else for (const { hash, embedding } of store.read.images.vectors(encoder)) made.add(hash, embedding);
        await complete(pack, made);
        loaded.set(encoder, { pack, made });
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

  /** Writes the indexes that have changed and are worth it, for the next start. A full disk only costs that start time. */
  function close(): void {
    for (const [encoder, { pack, made }] of loaded) {
      const about = aboutIndex(pack);
      // One that was dropped, or is behind the catalog, would not hold what its counter says.
      if (!indexes.has(encoder) || made.size < WORTH_A_FILE || written.get(encoder) === about.changes)
        continue;
      if (store.read.images.countWithoutVector(encoder) > 0 && firstUnread.has(encoder)) continue;
      try {
        writeIndex(indexFile(encoder), made, about);
      } catch {
        continue;
      }
    }
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

  /** Takes what went out of the catalog out of the indexes too, with its thumbnails. */
  async function forget(hashes: readonly string[]): Promise<void> {
    for (const pending of indexes.values()) {
      const made = await pending.catch(() => null);
      for (const hash of hashes) made?.remove(hash);
    }
    for (const hash of hashes) await rm(thumbnailPath(hash), { force: true });
  }

  let backupProblem: string | null = null;
  /** A backup where the newest is older than a day; what keeps it from being made is kept to be told. */
  async function backUpDaily(): Promise<void> {
    const newest = store.care.backups()[0];
    if (newest && now() - newest.at < DAY_MS) return;
    try {
      await store.care.backUp(now());
      backupProblem = null;
    } catch (error) {
      backupProblem = toAppError(error).message;
    }
  }

  const search = makeSearch({ store, packs, embedder, decode, searchable });
  const roots = makeRoots({ store, now, onGone: forget });
  const imports = makeImports(async function* (rootId, packId, pause, signal) {
    const root = await roots.online(rootId);
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
        onGone: forget,
        now,
        pause,
      },
      signal,
    );
  });

  return {
    async registerRoot(path, builtIn) {
      const root = await roots.register(path, builtIn);
      imports.changed();
      return root;
    },
    forget,
    close,
    backUpDaily,
    backupProblem: () => backupProblem,
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
        return { roots: await roots.list() };
      },
      async pickRoot() {
        if (!pickFolder)
          throw new AppError(
            'not_supported',
            'This host has no folder dialog. Start it with --refs DIR or import DIR on the command line.',
          );
        const path = await pickFolder();
        if (path === null) return { root: null };
        const root = await roots.register(path, false);
        imports.changed();
        return { root };
      },
      activity: (_, { signal }) => imports.activity(signal),
      importFolder: ({ rootId, packId }, { signal }) => imports.start(rootId, packId, signal),
      pauseImport: ({ rootId }) => imports.rest(rootId, true),
      resumeImport: ({ rootId }) => imports.rest(rootId, false),
      async removeImages({ imageIds }) {
        const images = await roots.removeImages(imageIds);
        imports.changed();
        return { images };
      },
      async removeRoot({ rootId }) {
        imports.idle(rootId);
        const images = await roots.remove(rootId);
        imports.changed();
        return { images };
      },
      watch: ({ packId }, { signal }) =>
        watchRoots(
          {
            roots: roots.rows,
            isBusy: imports.isRunning,
            read: (rootId, s) => imports.report(rootId, packId, s),
            ...watching,
          },
          signal,
        ),
      backup: () => store.care.backUp(now()),
      backups: () => ({ backups: store.care.backups() }),
      check() {
        const { problems, mended } = store.care.check();
        return { ok: problems.length === 0, problems, mended };
      },
      search: search.search,
      references: search.references,
      duplicates: search.duplicates,
      ...makeImages(store, now, search.choicesOf),
    },
  };
}
