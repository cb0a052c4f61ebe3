/** The user's images: roots, import, search, and the references of a phrase. */
import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { AppError, encoderOf, toAppError } from '#contract';
import type { Root, StudioServices } from '#contract';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { Store } from '../store/index.ts';
import { makeAdding } from './adding.ts';
import type { Adding } from './adding.ts';
import { makeCompletion } from './completion.ts';
import { makeImages } from './images.ts';
import { importFolder } from './import-folder.ts';
import type { Decode } from './import-types.ts';
import { makeImports } from './imports.ts';
import { makeIndexes } from './indexes.ts';
import type { OpenShared } from './indexes.ts';
import { makeOriginals, makePixels } from './pixels.ts';
import { makeResultWriter } from './result-writer.ts';
import type { ResultWriter } from './result-writer.ts';
import { makeRoots } from './roots.ts';
import type { MakeRows } from './row-scan.ts';
import { makeSearch } from './search.ts';
import { makeThumbnails } from './thumbnails.ts';
import type { Meaning } from './strength.ts';
import { exportCatalog, mergeCatalog } from './transfer.ts';
import type { ExportReport, MergeReport } from './transfer.ts';
import type { VectorIndex } from './vector-index.ts';
import { watchRoots } from './watch.ts';
import type { WatchOptions } from './watch.ts';

export type { CatalogResult, ResultWriter } from './result-writer.ts';
export type { ExportReport, MergeReport } from './transfer.ts';
export { namedShare, nullExcess, nullShare, shownShare, strengthOf, verdictOf } from './strength.ts';
export type { Meaning } from './strength.ts';
export { exactIndex } from './vector-index.ts';
export { nativeRows } from './scan-native.ts';
export type { MakeRows } from './row-scan.ts';
export type { LocalIndex, Neighbour, VectorIndex } from './vector-index.ts';

/** What the catalog needs of the engine. */
export interface Embedder {
  text(
    packId: string,
    text: string,
  ): Promise<{
    embedding: Float32Array;
    /** Largest inner product with a value that the pack can name; null where the pack has no list of them. */
    nearest: number | null;
    /** What an image must show to show the text; null where the pack cannot tell. */
    meaning: Meaning | null;
    cutAt: number | null;
    unknown: [number, number][];
  }>;
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
  /** Whether a page of this machine may name a folder by its path. */
  readonly mayType: boolean;
  /** Paths of folders that pages from elsewhere may add, by name; none without. */
  readonly offered?: readonly string[] | undefined;
  readonly now: () => number;
  /** A server for the vectors; absent: they are searched on this machine. */
  readonly openShared?: OpenShared | undefined;
  /** What scans the vectors on this machine; absent: WebAssembly. */
  readonly rows?: MakeRows | undefined;
  /** Whether a job runs, before which vectors in the background wait. */
  readonly busy?: () => boolean;
  /** Resolves when the catalog may be changed; absent: it may. */
  readonly passed?: Promise<void> | undefined;
  /** Times of the watch; the tests shorten them. */
  readonly watching?: Partial<Pick<WatchOptions, 'quietMs' | 'mostMs' | 'pollMs' | 'blindMs'>>;
}

export interface Catalog {
  readonly service: StudioServices['catalog'];
  /** What is different for pages from elsewhere. */
  readonly guest: Adding;
  /** Makes a folder known (desktop dialog, command line); the path stays here. */
  registerRoot(path: string, builtIn: boolean): Promise<Root>;
  /**
   * The vector index of a pack's encoder: all images, but for those that came with another encoder and whose original
   * cannot be read now (see `unread`).
   */
  index(pack: InstalledPack): Promise<VectorIndex>;
  /** The server of this pack's vectors and how many images it finds; null without one. Rejects with why it is not to be had. */
  server(pack: InstalledPack): Promise<{ readonly place: string; readonly images: number } | null>;
  /** Goes on with what was begun in the background: packs that have some vectors and lack others. */
  resumePasses(packs: readonly InstalledPack[]): Promise<void>;
  /** Ends what goes on in the background; it can be resumed. */
  stopPasses(): Promise<void>;
  /** How many images this pack's index lacks, with the reason of the first; null when it lacks none or was not built yet. */
  unread(pack: InstalledPack): { readonly images: number; readonly reason: AppError } | null;
  /**
   * Writes all that is known of the user's images into a new file. Throws `invalid_input` for a file that is there already or
   * lies in a folder of originals.
   */
  exportTo(path: string, vectors: boolean, signal: AbortSignal): Promise<ExportReport>;
  /** Merges such a file; see `mergeCatalog`. */
  importFrom(path: string, signal: AbortSignal): Promise<MergeReport>;
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
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

export function makeCatalog({
  store,
  packs,
  embedder,
  decode,
  resultFile,
  folder,
  pickFolder,
  mayType,
  offered = [],
  now,
  openShared,
  rows,
  busy = () => false,
  passed,
  watching = {},
}: CatalogOptions): Catalog {
  const pixelsOf = makePixels({ store, decode, resultFile });
  const thumbnails = makeThumbnails({
    store,
    decode,
    original: makeOriginals({ store, resultFile }),
    folder,
  });
  const indexes = makeIndexes({
    store,
    embedder,
    pixelsOf,
    folder,
    openShared,
    rows,
    busy: () => imports.some() || busy(),
    passed,
  });

  async function find(
    pack: InstalledPack,
    text: string,
    k: number,
    skip: Iterable<string> = [],
  ): Promise<{ hash: string; score: number }[]> {
    const [made, { embedding }] = await Promise.all([
      indexes.searchable(pack),
      embedder.text(pack.manifest.id, text),
    ]);
    const left = new Set([...store.read.images.own(), ...skip]);
    return (await made.search(embedding, k, left)).map(({ id, score }) => ({ hash: id, score }));
  }

  /** Takes what went out of the catalog out of the indexes too, with its thumbnails. */
  async function forget(hashes: readonly string[]): Promise<void> {
    await indexes.forget(hashes);
    for (const hash of hashes) await thumbnails.remove(hash);
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

  const search = makeSearch({
    store,
    packs,
    embedder,
    decode,
    searchable: (pack) => indexes.searchable(pack),
  });
  const roots = makeRoots({ store, now, onGone: forget });
  const imports = makeImports(async function* (rootId, packId, pause, signal) {
    const root = await roots.online(rootId);
    const pack = await packs.get(packId);
    const encoder = encoderOf(pack);
    const made = await indexes.asItIs(pack);
    const events = importFolder(
      { rootId, path: root.path },
      {
        store,
        decode: (file) => decode(file, pack.manifest.image.size),
        embed: (rgb, s) => embedder.images(packId, rgb, s),
        encoderHash: encoder,
        size: pack.manifest.image.size,
        dims: pack.manifest.embedding.dims,
        saveThumbnail: thumbnails.save,
        onVector: (hash, vector) => {
          indexes.follow(encoder, hash, vector);
        },
        onGone: forget,
        now,
        pause,
      },
      signal,
    );
    for await (const event of events) {
      // A server that is slower than the import, or away, must not be outrun.
      await made.settled();
      yield event;
    }
  });

  const completion = makeCompletion(store);

  /** The root, once whoever follows the catalog knows of it. */
  async function told(made: Promise<Root>): Promise<Root> {
    const root = await made;
    imports.changed();
    return root;
  }

  const adding = makeAdding({ roots, pickFolder, mayType, offered, told });

  return {
    guest: adding.guest,
    registerRoot: (path, builtIn) => told(roots.register(path, builtIn)),
    forget,
    close() {
      completion.stop();
      return indexes.close();
    },
    backUpDaily,
    backupProblem: () => backupProblem,
    async exportTo(path, vectors, signal) {
      const full = resolve(path);
      const root = roots.rows().find((r) => full.startsWith(r.path.endsWith(sep) ? r.path : r.path + sep));
      if (root)
        throw new AppError(
          'invalid_input',
          `"${full}" lies in the folder "${root.name}" of the catalog, and nothing is ever written there. Choose another place.`,
        );
      if (existsSync(full))
        throw new AppError('invalid_input', `There is a file "${full}" already. Choose another name.`);
      return exportCatalog(store, full, { vectors, now: now() }, signal);
    },
    async importFrom(path, signal) {
      const { packs: found } = await packs.list();
      const installed = await Promise.all(found.map((p) => packs.get(p.packId)));
      const merged = await mergeCatalog(
        {
          store,
          dims: new Map(installed.map((p) => [encoderOf(p), p.manifest.embedding.dims])),
          onVector: (hash, encoder, vector) => {
            indexes.follow(encoder, hash, vector);
          },
        },
        path,
        signal,
      );
      indexes.passes.outdate('');
      imports.changed();
      return merged;
    },
    index: indexes.whole,
    server: (pack) => indexes.server(pack),
    async resumePasses(all) {
      for (const pack of all) if (indexes.passes.isOpen(pack)) await indexes.begin(pack);
    },
    stopPasses: () => indexes.passes.stop(),
    find,
    unread: (pack) => indexes.passes.unread(pack),
    pixels: (pack, hash) => pixelsOf(hash, pack.manifest.image.size),
    resultWriter: (pack) =>
      makeResultWriter(
        pack,
        store,
        (encoder, hash, vector) => {
          indexes.follow(encoder, hash, vector);
        },
        now,
      ),
    thumbnail: thumbnails.get,
    service: {
      ...adding.own,
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
      addVectors: async ({ packId }) => indexes.begin(await packs.get(packId)),
      vectorPasses: (_, { signal }) => indexes.passes.watch(signal),
      backup: () => store.care.backUp(now()),
      backups: () => ({ backups: store.care.backups() }),
      check() {
        const { problems, mended } = store.care.check();
        return { ok: problems.length === 0, problems, mended };
      },
      search: search.search,
      references: search.references,
      duplicates: search.duplicates,
      complete: completion.complete,
      ...makeImages(store, now, search.choicesOf),
    },
  };
}
