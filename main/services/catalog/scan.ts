import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, because } from '#contract';

export interface Found {
  /** Name below the root with "/" between folders; a folder that could not be read ends with "/". */
  readonly file: string;
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other' | 'folder';
  /** Captions that lie beside it: full paths of `.txt` and `.json` files of the same name. */
  readonly sidecars?: readonly string[];
  /** Why a folder could not be read. */
  readonly error?: AppError;
}

export type ListFolder = (path: string) => Promise<Dirent[]>;

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|bmp|heic|heif|avif|svg)$/i;

const SIDECAR = /\.(txt|json)$/i;

/** Sidecars of a folder by the name that they are called after, in lower case and without their ending. */
function sidecarsOf(folder: string, entries: readonly Dirent[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const entry of entries) {
    if (!entry.isFile() || !SIDECAR.test(entry.name) || entry.name.startsWith('.')) continue;
    const key = entry.name.replace(SIDECAR, '').toLowerCase();
    found.set(key, [...(found.get(key) ?? []), join(folder, entry.name)]);
  }
  return found;
}

function reason(error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return code === 'EACCES' || code === 'EPERM'
    ? because('folder_denied', {}, { cause: error })
    : new AppError('unreadable', `The folder could not be read (${code}); nothing in it was looked at.`, {
        cause: error,
      });
}

/**
 * Files of a folder tree in a fixed order: everything that is called like a picture, so that what cannot be taken is
 * reported rather than passed over, and folders that cannot be read. Links to folders are not entered; hidden names are
 * left out. Throws `permission_denied` or `unreadable` when the root itself cannot be read.
 */
export async function* scanFolder(
  root: string,
  list: ListFolder = (path) => readdir(path, { withFileTypes: true }),
): AsyncGenerator<Found> {
  async function* walk(folder: string, prefix: string): AsyncGenerator<Found> {
    let entries;
    try {
      entries = await list(folder);
    } catch (error) {
      if (prefix === '') throw reason(error);
      yield { file: prefix, path: folder, kind: 'folder', error: reason(error) };
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const beside = sidecarsOf(folder, entries);
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      const file = `${prefix}${entry.name}`;
      if (entry.isDirectory()) yield* walk(path, `${file}/`);
      else if (IMAGE.test(entry.name)) {
        const called = entry.name.toLowerCase();
        const sidecars = [called, called.replace(IMAGE, '')].flatMap((name) => beside.get(name) ?? []);
        yield {
          file,
          path,
          kind: entry.isSymbolicLink() ? 'link' : entry.isFile() ? 'file' : 'other',
          ...(sidecars.length > 0 ? { sidecars } : {}),
        };
      }
    }
  }
  yield* walk(root, '');
}
