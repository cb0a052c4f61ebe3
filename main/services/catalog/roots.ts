/** Folders of the user: known by path on this side only, here or away, and forgotten on request. Never written to. */
import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { basename, isAbsolute, resolve } from 'node:path';
import { AppError, because } from '#contract';
import type { Root } from '#contract';
import type { RootRow, Store } from '../store/index.ts';
import { dropImage } from './reconcile.ts';

export interface RootsOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Told of images that went out of the catalog. */
  readonly onGone: (hashes: readonly string[]) => Promise<void>;
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path)
    .then((s) => s.isDirectory())
    .catch(() => false);

/** Images of one transaction of a removal. */
const AT_ONCE = 500;

export function makeRoots({ store, now, onGone }: RootsOptions) {
  async function rootOf(row: RootRow & { images?: number }): Promise<Root> {
    return {
      rootId: row.root_id,
      name: row.name,
      imageCount: row.images ?? 0,
      state: (await isFolder(row.path)) ? 'online' : 'offline',
      builtIn: row.built_in === 1,
      addedAt: row.added_at,
    };
  }

  /** The row of a root. Throws `not_found`. */
  function row(rootId: string): RootRow {
    const found = store.read.images.roots().find((r) => r.root_id === rootId);
    if (!found) throw because('root_unknown', {});
    return found;
  }

  /** The same, with its folder there. Throws `root_offline`. */
  async function online(rootId: string): Promise<RootRow> {
    const found = row(rootId);
    if (await isFolder(found.path)) return found;
    throw because('root_offline', { folder: found.name });
  }

  async function register(path: string, builtIn: boolean): Promise<Root> {
    const full = resolve(path);
    if (!(await isFolder(full)))
      throw new AppError(
        'not_found',
        `There is no folder "${full}". Expected an existing folder with images.`,
      );
    return add(full, builtIn);
  }

  /** The root of a folder that is there; made where it is new. */
  async function add(full: string, builtIn: boolean): Promise<Root> {
    const known = store.read.images.roots().find((r) => r.path === full);
    if (known) return rootOf(known);
    const made = {
      root_id: randomUUID(),
      path: full,
      name: basename(full),
      built_in: builtIn ? 1 : 0,
      added_at: now(),
    };
    store.write.images.root(made);
    return rootOf(made);
  }

  /**
   * The folder that somebody named in a page. What is not there, no folder or not to be read gets the same answer in the same
   * words, so that the page cannot be used to look around: `refused`.
   */
  async function readable(path: string, refused: AppError): Promise<Root> {
    const isReadable = await access(path, constants.R_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!isAbsolute(path) || !isReadable || !(await isFolder(path))) throw refused;
    return add(resolve(path), false);
  }

  /** Takes images out, with stubs; returns how many. In pieces, so that a large folder does not stop the host. */
  async function take(hashes: readonly string[], reason: 'image' | 'root'): Promise<number> {
    let taken = 0;
    for (let at = 0; at < hashes.length; at += AT_ONCE) {
      const some = hashes.slice(at, at + AT_ONCE);
      store.transaction(() => {
        for (const hash of some) {
          store.write.files.dropOfImage(hash);
          // Files of an image that was removed by hand are known still.
          if (dropImage(store, hash, now(), reason)) taken++;
        }
      });
      await onGone(some);
    }
    return taken;
  }

  return {
    rows: () => store.read.images.roots(),
    counts: () => store.read.images.counts(),
    list: () => Promise.all(store.read.images.roots().map(rootOf)),
    row,
    online,
    register,
    readable,
    removeImages(imageIds: readonly string[]): Promise<number> {
      const rows = [...new Set(imageIds)].map((id) => {
        const found = store.read.images.byId(id);
        if (!found) throw because('images_unknown', {});
        if (found.root_id === null && !store.read.files.ofImage(found.content_hash).length)
          throw because('image_is_result', { name: found.name });
        return found.content_hash;
      });
      return take(rows, 'image');
    },
    /** Forgets a root and the images that lie in no other; one that was stopped half way is repeated. */
    async remove(rootId: string): Promise<number> {
      row(rootId);
      const removed = await take(
        [...store.read.files.onlyIn(rootId), ...store.read.images.homeless(rootId)],
        'root',
      );
      store.transaction(() => {
        for (const hash of store.read.images.ofRoot(rootId)) {
          const place = store.read.files.ofImage(hash).find((f) => f.root_id !== rootId);
          if (place) store.write.images.move(hash, place.file.split('/').at(-1) ?? place.file, place.root_id);
        }
        store.write.files.dropOfRoot(rootId);
        store.write.images.dropRoot(rootId);
      });
      return removed;
    },
  };
}
export type Roots = ReturnType<typeof makeRoots>;
