import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Found {
  /** Name below the root with "/" between folders. */
  readonly file: string;
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other';
}

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|bmp|heic|heif|avif|svg)$/i;

/**
 * Files of a folder tree in a fixed order: everything that is called like a picture, so that what cannot be taken is
 * reported rather than passed over. Links to folders are not entered; hidden names are left out.
 */
export async function* scanFolder(root: string): AsyncGenerator<Found> {
  async function* walk(folder: string, prefix: string): AsyncGenerator<Found> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
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
