import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contract';

export interface Found {
  /** Name below the root with "/" between folders; a folder that could not be read ends with "/". */
  readonly file: string;
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other' | 'folder';
  /** Why a folder could not be read. */
  readonly error?: AppError;
}

export type ListFolder = (path: string) => Promise<Dirent[]>;

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|bmp|heic|heif|avif|svg)$/i;

function reason(error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return code === 'EACCES' || code === 'EPERM'
    ? new AppError(
        'permission_denied',
        'The folder may not be read by this user; nothing in it was looked at.',
        { cause: error },
      )
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
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      const file = `${prefix}${entry.name}`;
      if (entry.isDirectory()) yield* walk(path, `${file}/`);
      else if (IMAGE.test(entry.name))
        yield { file, path, kind: entry.isSymbolicLink() ? 'link' : entry.isFile() ? 'file' : 'other' };
    }
  }
  yield* walk(root, '');
}
