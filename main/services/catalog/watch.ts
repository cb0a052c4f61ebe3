/**
 * Follows the roots while somebody listens. What the system tells of changes is a hint to look, never the truth: bursts,
 * lost events and queues that ran over all end in the same whole comparison of folder and catalog.
 */
import { watch as watchFolder } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorBody } from '#contract';
import type { ImportReport, RootEvent } from '#contract';
import type { RootRow } from '../store/index.ts';

export interface WatchOptions {
  readonly roots: () => readonly RootRow[];
  readonly read: (rootId: string, signal: AbortSignal) => Promise<ImportReport>;
  /** A root that is being read is left alone until it is not. */
  readonly isBusy: (rootId: string) => boolean;
  /** Quiet after the last hint before a root is read. */
  readonly quietMs?: number;
  /** Longest wait after the first hint, however many more come. */
  readonly mostMs?: number;
  /** How often it is looked whether a folder is there. */
  readonly pollMs?: number;
  /** How often a folder is read that the system does not watch for us. */
  readonly blindMs?: number;
}

/** Watches of folders that are asked of the system at most; systems have limits that other programs share. */
const MOST_FOLDERS = 4096;

interface Watched {
  state: 'online' | 'offline';
  /** Which folder had the root's name: another disk may be there the next time. */
  identity: string | null;
  readonly folders: Map<string, FSWatcher>;
  /** Times of the first and the last hint since it was read. */
  hints: { first: number; last: number } | null;
  blind: boolean;
  readAt: number;
}

/** Names the folder that lies at a path now; null where there is none. */
const identityOf = (path: string): Promise<string | null> =>
  stat(path).then(
    (s) => (s.isDirectory() ? `${s.dev}:${s.ino}` : null),
    () => null,
  );

/** Every folder of a tree, hidden ones and links left out. */
async function foldersOf(root: string): Promise<string[]> {
  const found = [root];
  for (let at = 0; at < found.length && found.length <= MOST_FOLDERS; at++) {
    const entries = await readdir(found[at] as string, { withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        found.push(join(found[at] as string, entry.name));
  }
  return found;
}

/** Ends when the signal aborts. */
export async function* watchRoots(options: WatchOptions, signal: AbortSignal): AsyncGenerator<RootEvent> {
  const { roots, read, isBusy, quietMs = 1000, mostMs = 15_000, pollMs = 5000, blindMs = 300_000 } = options;
  const watched = new Map<string, Watched>();
  let wake = (): void => undefined;
  const onAbort = (): void => {
    wake();
  };
  signal.addEventListener('abort', onAbort);

  function hint(w: Watched): void {
    const at = Date.now();
    w.hints = { first: w.hints?.first ?? at, last: at };
    wake();
  }
  function drop(w: Watched): void {
    for (const watcher of w.folders.values()) watcher.close();
    w.folders.clear();
  }

  /**
   * Watches the folders that there are now. Every one anew: a folder that was deleted and made again, or lies on a disk that
   * was away, has its old name, but its old watch would tell nothing more.
   */
  async function attach(w: Watched, root: string): Promise<void> {
    const folders = await foldersOf(root);
    const before = [...w.folders.values()];
    w.folders.clear();
    w.blind = folders.length > MOST_FOLDERS;
    for (const path of w.blind ? [] : folders) {
      try {
        const watcher = watchFolder(path, { persistent: false }, () => {
          hint(w);
        });
        watcher.on('error', () => {
          watcher.close();
          if (w.folders.get(path) === watcher) w.folders.delete(path);
          hint(w);
        });
        w.folders.set(path, watcher);
      } catch {
        // The system gives no more watches: the folder is read at times instead.
        w.blind = true;
      }
    }
    for (const watcher of before) watcher.close();
  }

  const due = (w: Watched, at: number): boolean =>
    (w.hints !== null && (at - w.hints.last >= quietMs || at - w.hints.first >= mostMs)) ||
    (w.blind && at - w.readAt >= blindMs);

  try {
    while (!signal.aborted) {
      const rows = roots();
      for (const [id, w] of watched)
        if (!rows.some((r) => r.root_id === id)) {
          drop(w);
          watched.delete(id);
        }
      for (const { root_id: rootId, path } of rows) {
        const identity = await identityOf(path);
        const state = identity === null ? ('offline' as const) : ('online' as const);
        let w = watched.get(rootId);
        if (!w || w.state !== state) {
          if (w) drop(w);
          w = { state, identity, folders: new Map(), hints: null, blind: false, readAt: 0 };
          watched.set(rootId, w);
          yield { type: 'state', rootId, state };
          if (state === 'online') {
            await attach(w, path);
            // What changed while nobody looked.
            w.hints = { first: 0, last: 0 };
          }
        } else if (w.identity !== identity) {
          w.identity = identity;
          w.hints = { first: 0, last: 0 };
        }
        if (state === 'offline' || isBusy(rootId) || !due(w, Date.now())) continue;
        w.hints = null;
        w.readAt = Date.now();
        try {
          await attach(w, path);
          const report = await read(rootId, signal);
          if (report.imported + report.moved + report.missing + report.duplicates > 0)
            yield { type: 'changed', rootId, report };
        } catch (error) {
          if (signal.aborted) return;
          const body = errorBody(error);
          if (body.code === 'conflict') hint(w);
          else if (body.code !== 'root_offline') yield { type: 'failed', rootId, ...body };
        }
      }
      const hinted = [...watched.values()].some((w) => w.hints !== null);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, hinted ? Math.min(quietMs, pollMs) : pollMs);
        wake = () => {
          // A hint wakes the loop no earlier than it could do something about it.
          if (!signal.aborted && hinted) return;
          clearTimeout(timer);
          resolve();
        };
        if (signal.aborted) wake();
      });
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const w of watched.values()) drop(w);
  }
}
