/** The vector indexes, one for each encoder: made when first needed, kept for the next start, filled up by passes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, encoderOf } from '#contract';
import type { VectorPass } from '#contract';
import type { InstalledPack } from '../packs/index.ts';
import type { SharedVectors, Store } from '../store/index.ts';
import { readIndex, writeIndex } from './index-file.ts';
import type { Embedder } from './index.ts';
import { int8Index } from './int8-index.ts';
import type { Int8Index } from './int8-index.ts';
import { makePasses } from './passes.ts';
import type { PixelsOf } from './pixels.ts';
import type { MakeRows } from './row-scan.ts';
import { sharedIndex } from './shared-index.ts';
import type { SharedIndex } from './shared-index.ts';
import type { VectorIndex } from './vector-index.ts';

/** Opens the place of an encoder's vectors on a server that several studios share. */
export type OpenShared = (encoder: string, dims: number) => Promise<SharedVectors>;

export interface IndexesOptions {
  readonly store: Store;
  readonly embedder: Embedder;
  readonly pixelsOf: PixelsOf;
  /** Where index files go. */
  readonly folder: string;
  readonly openShared: OpenShared | undefined;
  /** What scans the indexes of this machine; absent: WebAssembly. */
  readonly rows?: MakeRows | undefined;
  /** Whether something is going on that a pass in the background must not slow down. */
  readonly busy: () => boolean;
  /** Resolves when vectors may be written; absent: they may. */
  readonly passed?: Promise<void> | undefined;
}

/** Images from which on an index is kept as a file: fewer are read from the catalog in no time. */
const WORTH_A_FILE = 5000;

interface Local {
  readonly pack: InstalledPack;
  readonly made: Int8Index;
}

export function makeIndexes(options: IndexesOptions) {
  const { store, embedder, pixelsOf, folder, openShared, rows, busy, passed } = options;
  /** With the vectors that there are; a pass adds the others. */
  const indexes = new Map<string, Promise<VectorIndex>>();
  const local = new Map<string, Local>();
  const shared = new Map<string, { readonly server: SharedVectors; readonly index: SharedIndex }>();
  const written = new Map<string, number>();
  const passes = makePasses({
    store,
    embedder,
    pixelsOf,
    busy,
    passed,
    madeElsewhere: async (encoder, hashes) => shared.get(encoder)?.index.made(hashes) ?? new Map(),
    add: async (encoder, rows) => {
      const made = await indexes.get(encoder);
      for (const { hash, vector } of rows) made?.add(hash, vector);
      await made?.settled();
    },
  });

  const indexFile = (encoder: string): string => join(folder, `index-${encoder.slice(0, 16)}.bin`);
  const about = (pack: InstalledPack): { encoder: string; dims: number; changes: number } => ({
    encoder: encoderOf(pack),
    dims: pack.manifest.embedding.dims,
    changes: store.read.images.vectorChanges(encoderOf(pack)),
  });
  function vectorIn(encoder: string): (hash: string) => Float32Array {
    return (hash) => {
      const vector = store.read.images.vector(hash, encoder);
      if (!vector) throw new AppError('internal', 'The index names a vector that the catalog does not have.');
      return vector;
    };
  }

  function openLocal(pack: InstalledPack): VectorIndex {
    const encoder = encoderOf(pack);
    const made = int8Index(pack.manifest.embedding.dims, vectorIn(encoder), {
      ...(rows ? { rows } : {}),
      *all() {
        // The file is damaged: the next one is written when the studio closes.
        written.delete(encoder);
        rmSync(indexFile(encoder), { force: true });
        for (const { hash, embedding } of store.read.images.vectors(encoder))
          yield { id: hash, vector: embedding };
      },
    });
    const saved = about(pack);
    if (readIndex(indexFile(encoder), made, saved)) written.set(encoder, saved.changes);
    else for (const { hash, embedding } of store.read.images.vectors(encoder)) made.add(hash, embedding);
    local.set(encoder, { pack, made });
    return made;
  }

  async function openServer(pack: InstalledPack, open: OpenShared): Promise<VectorIndex> {
    const encoder = encoderOf(pack);
    const { dims } = pack.manifest.embedding;
    const server = await open(encoder, dims);
    try {
      const index = await sharedIndex(dims, server, {
        ids: (after, limit) => store.read.images.vectorHashes(encoder, after, limit),
        vector: vectorIn(encoder),
      });
      shared.set(encoder, { server, index });
      return index;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** The index as it is, without waiting for vectors that are still to be made. */
  function asItIs(pack: InstalledPack): Promise<VectorIndex> {
    const encoder = encoderOf(pack);
    let pending = indexes.get(encoder);
    if (!pending) {
      const mine = (async () => (openShared ? openServer(pack, openShared) : openLocal(pack)))();
      pending = mine;
      indexes.set(encoder, mine);
      mine.catch(() => {
        if (indexes.get(encoder) === mine) indexes.delete(encoder);
      });
    }
    return pending;
  }

  /** The index with every image whose original can be read. */
  async function whole(pack: InstalledPack): Promise<VectorIndex> {
    const made = await asItIs(pack);
    await passes.finish(pack);
    return made;
  }

  return {
    asItIs,
    whole,
    passes,
    /** The index for a search: an empty one says why where there is a reason. */
    async searchable(pack: InstalledPack): Promise<VectorIndex> {
      const made = await whole(pack);
      const unread = passes.unread(pack);
      if (made.size === 0 && unread) throw unread.reason;
      return made;
    },
    /** Tells the indexes of an image that came in with this encoder; the others lack it until their next pass. */
    follow(encoder: string, hash: string, vector: Float32Array): void {
      // An index that is not there, or fails to come, will find it in the catalog.
      indexes.get(encoder)?.then(
        (made) => {
          made.add(hash, vector);
        },
        () => undefined,
      );
      passes.outdate(encoder);
    },
    async forget(hashes: readonly string[]): Promise<void> {
      for (const pending of indexes.values()) {
        const made = await pending.catch(() => null);
        for (const hash of hashes) made?.remove(hash);
      }
    },
    /** Starts the pass of a pack in the background; its state now. */
    async begin(pack: InstalledPack): Promise<VectorPass> {
      await asItIs(pack);
      return passes.begin(pack);
    },
    /** The server of a pack's vectors and how many images it finds there; null without a server. */
    async server(pack: InstalledPack): Promise<{ readonly place: string; readonly images: number } | null> {
      if (!openShared) return null;
      await asItIs(pack);
      const found = shared.get(encoderOf(pack));
      return found ? { place: found.server.place, images: await found.server.count() } : null;
    },
    /** Writes the indexes that have changed and are worth it, for the next start. A full disk only costs that start time. */
    async close(): Promise<void> {
      for (const [encoder, { pack, made }] of local) {
        const saved = about(pack);
        if (made.size < WORTH_A_FILE || written.get(encoder) === saved.changes) continue;
        try {
          writeIndex(indexFile(encoder), made, saved);
        } catch {
          continue;
        }
      }
      for (const { index } of shared.values()) await index.close();
    },
  };
}
