/**
 * What became of the files that a whole scan did not meet: moved, where the same bytes were met at a new place of the
 * root; else missing. Missing is no deletion: image, vectors, tags and choices stay until the user removes them.
 */
import { readdir } from 'node:fs/promises';
import { because } from '#contract';
import type { FileRow, Store } from '../store/index.ts';
import type { ListFolder } from './scan.ts';

export interface SettleContext {
  readonly store: Store;
  readonly root: { readonly rootId: string; readonly path: string };
  readonly scan: number;
  /** Folders that could not be read, as "a/b/": nothing is said about what lies in them. */
  readonly unreadable: readonly string[];
  readonly now: () => number;
  readonly list?: ListFolder | undefined;
}

export interface Settled {
  readonly moved: number;
  readonly missing: number;
  /** Takes out the images whose file holds newer bytes now, unless a result or a choice names them; tells which. */
  replaced(): string[];
}

/** Throws `root_offline`, with nothing marked, when the root went away during the scan. */
export async function settle({ store, root, scan, unreadable, now, list }: SettleContext): Promise<Settled> {
  const { rootId } = root;
  const listing = await (list ?? ((path: string) => readdir(path, { withFileTypes: true })))(root.path).catch(
    () => [],
  );
  if (listing.length === 0 && store.read.files.count(rootId) > 0) throw because('root_left', {});
  let moved = 0;
  let missing = 0;
  const judge = (row: FileRow): void => {
    if (unreadable.some((folder) => row.file.startsWith(folder))) return;
    const place = store.read.files.fresh(scan, rootId, row.content_hash);
    if (!place) {
      missing++;
      store.write.files.missing(rootId, row.file, now());
      return;
    }
    // What came in as new bytes was counted there.
    if (place.fresh === 1) moved++;
    const name = place.file.split('/').at(-1) ?? place.file;
    store.write.files.drop(rootId, row.file);
    store.write.files.seen(scan, place.file, 0);
    store.write.images.move(row.content_hash, name, rootId);
    const facts = store.read.facts.one(row.content_hash);
    if (facts) store.write.facts.put({ ...facts, name });
  };
  for (let after = ''; ;) {
    const rows = store.read.files.unseen(rootId, after, scan);
    const last = rows.at(-1);
    if (!last) break;
    after = last.file;
    store.transaction(() => {
      rows.forEach(judge);
    });
  }
  return {
    moved,
    missing,
    replaced: () =>
      store.transaction(() => {
        const gone = store.read.images
          .homeless(rootId)
          .filter((hash) => store.read.facts.used(hash) === 0 && !store.read.facts.chosen(hash));
        for (const hash of gone) dropImage(store, hash, now(), 'replaced');
        return gone;
      }),
  };
}

/** Takes an image out with its rows and leaves a stub; false when it was out already. Call inside a transaction. */
export function dropImage(
  store: Store,
  hash: string,
  at: number,
  reason: 'image' | 'root' | 'replaced',
): boolean {
  const row = store.read.images.byHash(hash);
  if (!row) return false;
  store.write.facts.stub(hash, row.name, at, reason);
  store.write.facts.drop(hash);
  store.write.images.drop(hash);
  return true;
}
