/**
 * What speaks against the place of a data folder: SQLite's locks do not hold on network file systems, programs that
 * synchronise a folder swap the catalog's files one by one, and a full disk stops every write.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import { AppError } from '#contract';
import type { PlaceProblem as ToldProblem } from '#contract';

export interface PlaceProblem extends ToldProblem {
  /** What is wrong, what may come of it and what to do. */
  readonly message: string;
}

/** What is asked of the system; the tests answer instead. */
export interface System {
  readonly platform: NodeJS.Platform;
  /** Text of /proc/self/mounts, or null where there is none. */
  readonly mounts: () => string | null;
  readonly exists: (path: string) => boolean;
  /** Bytes that may still be written. */
  readonly free: (folder: string) => Promise<number>;
  /** Whether the folder may be written now. */
  readonly writable: (folder: string) => Promise<boolean>;
}

const NETWORK =
  /^(nfs4?|cifs|smb[23fs]*|9p|afs|afpfs|ceph|glusterfs|lustre|ncpfs|davfs2?|webdav|fuse\.(sshfs|rclone|davfs2?|s3fs|gvfsd-fuse|glusterfs|ceph-fuse|gcsfuse|smbnetfs|curlftpfs))$/;
/** Names that such programs give their folders. */
const SYNCHRONISED =
  /^(Dropbox|OneDrive|Google ?Drive|My Drive|iCloud ?Drive|com~apple~CloudDocs|Nextcloud|ownCloud|MEGA|pCloud ?Drive|Syncthing|Box|Proton ?Drive)( ?[-(].*)?$/i;
/** Files that they leave in them. */
const MARKERS = [
  '.dropbox',
  '.dropbox.cache',
  '.stfolder',
  '.sync_folder',
  '.owncloudsync.log',
  '.nextcloudsync.log',
];
/** Below this a large import may not come to its end. */
const LOW_BYTES = 512 * 2 ** 20;

const thisSystem: System = {
  platform: process.platform,
  mounts: () => {
    try {
      return readFileSync('/proc/self/mounts', 'utf8');
    } catch {
      return null;
    }
  },
  exists: existsSync,
  free: async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  writable: (folder) =>
    access(folder, constants.W_OK).then(
      () => true,
      (error: NodeJS.ErrnoException) => !['EROFS', 'EACCES', 'EPERM'].includes(error.code ?? ''),
    ),
};

/** File system of a folder by the longest mount point above it; undefined where that cannot be told. */
function fileSystem(folder: string, mounts: string | null): string | undefined {
  let [found, type] = ['', undefined as string | undefined];
  for (const line of mounts?.split('\n') ?? []) {
    const [, at = '', kind] = line.split(' ');
    // Blanks in names are written as octal numbers there.
    const point = at.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
    const inside = folder === point || folder.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (point !== '' && inside && point.length >= found.length) [found, type] = [point, kind];
  }
  return type;
}

/** The folder and all above it, the nearest first. */
function above(folder: string): string[] {
  const { root } = parse(folder);
  const parts = folder.slice(root.length).split(sep).filter(Boolean);
  return parts.map((_, i) => join(root, ...parts.slice(0, parts.length - i)));
}

/**
 * Throws `read_only` or `permission_denied` for a data folder that cannot be made or written, `io_error` where a file stands
 * in its place: before anything in it is opened, in words that say what to do.
 */
export function assertWritable(folder: string): void {
  const other = 'Choose another with --catalog DIR or the variable ACCENT_HOME.';
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EROFS')
      throw new AppError(
        'read_only',
        `The data folder "${folder}" lies on a disk that is read-only. ${other}`,
        {
          cause: error,
        },
      );
    if (code === 'EACCES' || code === 'EPERM')
      throw new AppError(
        'permission_denied',
        `The data folder "${folder}" may not be written. Change its permissions. ${other}`,
        { cause: error },
      );
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new AppError(
        'disk_full',
        `The disk of the data folder "${folder}" is full. Free some space. ${other}`,
        {
          cause: error,
        },
      );
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new AppError('io_error', `"${folder}" is no folder, or lies in a file. ${other}`, {
        cause: error,
      });
    throw error;
  }
}

/** Everything that speaks against a data folder, the worst first. `folder` is an absolute path. */
export async function placeProblems(folder: string, system: System = thisSystem): Promise<PlaceProblem[]> {
  const problems: PlaceProblem[] = [];
  if (!(await system.writable(folder)))
    problems.push({
      kind: 'read_only',
      name: null,
      free: null,
      message:
        'The data folder cannot be written any more: its disk became read-only, or its permissions were changed. Nothing new is kept until that is mended; what is there can be looked at.',
    });
  const type = fileSystem(folder, system.mounts());
  const network =
    type !== undefined && NETWORK.test(type)
      ? type
      : system.platform === 'win32' && /^(\\\\|\/\/)/.test(folder)
        ? 'a network share'
        : undefined;
  if (network !== undefined)
    problems.push({
      kind: 'network',
      name: type ?? null,
      free: null,
      message: `The data folder lies on a network disk (${network}). Locks do not hold there reliably, so the catalog may be damaged. Move it to a disk of this machine; folders of pictures may stay on the network.`,
    });
  const folders = above(folder);
  const name = folders.map((path) => path.split(sep).at(-1) ?? '').find((n) => SYNCHRONISED.test(n));
  const marker = folders.flatMap((path) => MARKERS.map((m) => join(path, m))).find(system.exists);
  const program = name ?? marker?.split(sep).at(-1) ?? null;
  if (program !== null)
    problems.push({
      kind: 'synchronised',
      name: program,
      free: null,
      message: `The data folder lies in a folder that another program synchronises (${program}). It may swap the catalog's files one by one while they are in use and damage it. Move the data folder elsewhere; to keep a copy there, use: catalog export.`,
    });
  const free = await system.free(folder).catch(() => null);
  if (free !== null && free < LOW_BYTES)
    problems.push({
      kind: 'nearly_full',
      name: null,
      free,
      message: `The disk of the data folder is nearly full: ${Math.floor(free / 2 ** 20)} MiB are free. Imports, results and backups stop when it is full; what is there stays. Free some space.`,
    });
  return problems;
}
