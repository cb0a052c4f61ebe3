/**
 * The built page, read once at start into a fixed list: an address is looked up in it and never becomes a path, so
 * there is nothing to climb out of, and a build that replaces the folder does not disturb a running host.
 */
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { AppError } from '#contract';

export interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Address -> file: `/` is index.html, everything else stands below `/static/`. Files of other kinds or elsewhere are
 * not served. Throws `not_found` when the page was not built.
 */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw notBuilt(cause);
  });
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const name = relative(folder, file).split(sep).join('/');
    const type = TYPES[extname(name)];
    const address = name === 'index.html' ? '/' : `/${name}`;
    if (type === undefined || (address !== '/' && !address.startsWith('/static/'))) continue;
    files.set(address, { bytes: await readFile(file), type });
  }
  if (!files.has('/')) throw notBuilt();
  return files;
}

function notBuilt(cause?: unknown): AppError {
  return new AppError(
    'not_found',
    'The page is not built: its folder has no index.html. Run "npm run build" and start again.',
    { cause },
  );
}
