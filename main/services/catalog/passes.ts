/**
 * Passes that give a pack the vectors of images that came in with another one. In the background a pass makes way for
 * everything else; a search that needs its vectors makes it hurry. Each piece is on the disk when it is told, so a pass
 * that was stopped goes on where it was.
 */
import { SKIP_REASONS, encoderOf, errorBody, toAppError } from '#contract';
import type { AppError, VectorPass } from '#contract';
import { makeBell } from '../../bell.ts';
import type { InstalledPack } from '../packs/index.ts';
import type { Store } from '../store/index.ts';
import type { Embedder } from './index.ts';
import { makePace } from './pace.ts';
import type { PixelsOf } from './pixels.ts';

export interface PassesOptions {
  readonly store: Store;
  readonly embedder: Embedder;
  readonly pixelsOf: PixelsOf;
  /** Whether something is going on that a pass must not slow down. */
  readonly busy: () => boolean;
  /** Resolves when vectors may be written; absent: they may. */
  readonly passed?: Promise<void> | undefined;
  /** Vectors that other studios have made of these images. */
  readonly madeElsewhere: (
    encoder: string,
    hashes: readonly string[],
  ) => Promise<ReadonlyMap<string, Float32Array>>;
  /** Adds to the encoder's index what is in the catalog now. */
  readonly add: (encoder: string, rows: readonly Row[]) => Promise<void>;
}
interface Row {
  readonly hash: string;
  readonly vector: Float32Array;
}

interface Pass {
  readonly encoder: string;
  state: VectorPass;
  hurry: boolean;
  readonly stop: AbortController;
  /** Wakes it from a rest. */
  wake: () => void;
  ended: Promise<void>;
}

/** Images of one embedding call in the background: short enough that nobody has to wait for it. */
const PIECE = 8;
/** How often a pass looks whether it may go on. */
const LOOK_MS = 250;

/** Reasons that leave an image out of an index and do not stop a pass. */
const AWAY: ReadonlySet<string> = new Set([...SKIP_REASONS, 'root_offline']);

export function makePasses(options: PassesOptions) {
  const { store, embedder, pixelsOf, busy, passed, madeElsewhere, add } = options;
  const running = new Map<string, Pass>();
  /** Encoders that lack nothing that could be made. */
  const complete = new Set<string>();
  const firstUnread = new Map<string, AppError>();
  const listeners = new Set<(state: VectorPass) => void>();

  function rest(pass: Pass, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      pass.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits until nothing else needs the machine; an earlier pass goes first. */
  async function turn(pass: Pass, tell: (state: VectorPass['state']) => void): Promise<void> {
    const waits = (): boolean => {
      if (pass.hurry || pass.stop.signal.aborted) return false;
      const [first] = running.values();
      return first !== pass || busy();
    };
    if (!waits()) return;
    tell('waiting');
    while (waits()) await rest(pass, LOOK_MS);
  }

  async function vectorsOf(
    pack: InstalledPack,
    hashes: readonly string[],
    signal: AbortSignal,
  ): Promise<Row[]> {
    const encoder = encoderOf(pack);
    const { dims } = pack.manifest.embedding;
    const known = await madeElsewhere(encoder, hashes);
    const rows: Row[] = [...known].map(([hash, vector]) => ({ hash, vector }));
    const ready: { hash: string; rgb: Uint8Array }[] = [];
    for (const hash of hashes) {
      if (known.has(hash)) continue;
      try {
        ready.push({ hash, rgb: await pixelsOf(hash, pack.manifest.image.size) });
      } catch (error) {
        const reason = toAppError(error);
        if (!AWAY.has(reason.code)) throw error;
        if (!firstUnread.has(encoder)) firstUnread.set(encoder, reason);
      }
    }
    if (ready.length === 0) return rows;
    const embeddings = await embedder.images(
      pack.manifest.id,
      Buffer.concat(ready.map((r) => r.rgb)),
      signal,
    );
    ready.forEach(({ hash }, i) => rows.push({ hash, vector: embeddings.slice(i * dims, (i + 1) * dims) }));
    return rows;
  }

  async function run(pack: InstalledPack, pass: Pass): Promise<void> {
    const { encoder } = pass;
    const { signal } = pass.stop;
    const pace = makePace(performance.now());
    const tell = (change: Partial<VectorPass>): void => {
      pass.state = { ...pass.state, ...change };
      for (const listener of listeners) listener(pass.state);
    };
    firstUnread.delete(encoder);
    let [made, unread] = [0, 0];
    for (let after = ''; pass.state.of > 0;) {
      const page = store.read.images.withoutVector(encoder, after).map((r) => r.content_hash);
      if (page.length === 0) break;
      await passed;
      for (let at = 0; at < page.length;) {
        await turn(pass, (state) => {
          tell({ state });
        });
        signal.throwIfAborted();
        const piece = page.slice(at, at + (pass.hurry ? page.length : PIECE));
        const began = performance.now();
        // Removed since the page was read.
        const there = piece.filter((hash) => store.read.images.byHash(hash) !== undefined);
        const rows = await vectorsOf(pack, there, signal);
        signal.throwIfAborted();
        store.transaction(() => {
          for (const { hash, vector } of rows)
            if (store.read.images.byHash(hash)) store.write.images.vector(hash, encoder, vector);
        });
        await add(
          encoder,
          rows.filter(({ hash }) => store.read.images.vector(hash, encoder)),
        );
        at += piece.length;
        after = piece.at(-1) as string;
        made += rows.length;
        unread += there.length - rows.length;
        const took = performance.now() - began;
        pace.at(made, performance.now());
        const { of } = pass.state;
        tell({
          state: 'running',
          done: Math.min(made, of),
          unread,
          perSecond: pace.perSecond,
          secondsLeft: pace.secondsLeft(of - unread),
        });
        // It takes half of the time at most, so that what else goes on is not held up.
        if (!pass.hurry) await rest(pass, took);
      }
    }
    tell({ state: 'done', perSecond: 0, secondsLeft: 0 });
  }

  function start(pack: InstalledPack, hurry: boolean): Pass {
    const encoder = encoderOf(pack);
    const before = running.get(encoder);
    if (before) {
      if (hurry && !before.hurry) {
        before.hurry = true;
        before.wake();
      }
      return before;
    }
    const pass: Pass = {
      encoder,
      state: {
        packId: pack.manifest.id,
        state: 'waiting',
        done: 0,
        of: store.read.images.countWithoutVector(encoder),
        unread: 0,
        perSecond: 0,
        secondsLeft: null,
        error: null,
      },
      hurry,
      stop: new AbortController(),
      wake: () => undefined,
      ended: Promise.resolve(),
    };
    running.set(encoder, pass);
    complete.add(encoder);
    pass.ended = run(pack, pass)
      .catch((thrown: unknown) => {
        complete.delete(encoder);
        pass.state = pass.stop.signal.aborted
          ? { ...pass.state, state: 'stopped', secondsLeft: null }
          : { ...pass.state, state: 'failed', error: errorBody(thrown) };
        for (const listener of listeners) listener(pass.state);
        throw thrown;
      })
      .finally(() => running.delete(encoder));
    pass.ended.catch(() => undefined);
    return pass;
  }

  return {
    /** Resolves when the pack has every vector that can be made; at once where nothing came in since. */
    async finish(pack: InstalledPack): Promise<void> {
      const encoder = encoderOf(pack);
      // What came in while a pass ran may have been missed by it.
      for (let pass = running.get(encoder); pass ?? !complete.has(encoder); pass = running.get(encoder))
        await start(pack, true).ended;
    },
    /** Starts a pass in the background; its state. */
    begin: (pack: InstalledPack): VectorPass => start(pack, false).state,
    /** Whether a pass was begun for this pack at some time, and images have come in since. */
    isOpen(pack: InstalledPack): boolean {
      const encoder = encoderOf(pack);
      if (running.has(encoder) || complete.has(encoder)) return false;
      if (store.read.images.vectorHashes(encoder, '', 1).length === 0) return false;
      if (store.read.images.countWithoutVector(encoder) > 0) return true;
      complete.add(encoder);
      return false;
    },
    /** An image came in with this encoder: the others lack it. */
    outdate(encoder: string): void {
      for (const other of complete) if (other !== encoder) complete.delete(other);
    },
    unread(pack: InstalledPack): { readonly images: number; readonly reason: AppError } | null {
      const encoder = encoderOf(pack);
      const reason = firstUnread.get(encoder);
      const images = reason ? store.read.images.countWithoutVector(encoder) : 0;
      return reason && images > 0 ? { images, reason } : null;
    },
    /** Passes that are on, then every change, until the signal aborts. */
    async *watch(signal: AbortSignal): AsyncGenerator<VectorPass> {
      const queue = [...running.values()].map((p) => p.state);
      const news = makeBell();
      const listen = (state: VectorPass): void => {
        // Only the newest of each pack counts for one who is slow.
        const at = queue.findIndex((s) => s.packId === state.packId && s.state !== 'done');
        if (at >= 0) queue.splice(at, 1);
        queue.push(state);
        news.ring();
      };
      listeners.add(listen);
      try {
        while (!signal.aborted) {
          const next = queue.shift();
          if (next) yield next;
          else await news.rung(signal);
        }
      } finally {
        listeners.delete(listen);
      }
    },
    /** Stops every pass and waits for it. */
    async stop(): Promise<void> {
      const all = [...running.values()];
      for (const pass of all) {
        pass.stop.abort();
        pass.wake();
      }
      await Promise.allSettled(all.map((p) => p.ended));
    },
  };
}
export type Passes = ReturnType<typeof makePasses>;
