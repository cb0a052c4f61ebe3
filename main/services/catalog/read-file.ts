/** Reads one file of a user's folder, read-only, never through a link, never from a device (reliability.md T15). */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError } from '#contract';

export const MAX_FILE_BYTES = 256 * 1024 * 1024;

export interface FileRead {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly modifiedMs: number;
}

const errno = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

/** Throws a skip reason. O_NONBLOCK keeps a FIFO from hanging the open, O_NOFOLLOW refuses a link put there meanwhile. */
export async function readImageFile(path: string, most = MAX_FILE_BYTES): Promise<FileRead> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = errno(error);
    if (code === 'ELOOP') throw new AppError('link_skipped', 'The file is a link; links are not followed.');
    if (code === 'EACCES' || code === 'EPERM')
      throw new AppError('permission_denied', 'The file may not be read by this user.');
    if (code === 'ENXIO' || code === 'EOPNOTSUPP')
      throw new AppError('not_a_regular_file', 'The name is not a regular file.');
    if (code === 'ENOENT')
      throw new AppError('changed_while_reading', 'The file vanished while the folder was read.');
    throw new AppError('unreadable', `The file could not be opened (${code}).`, { cause: error });
  }
  try {
    const before = await handle.stat();
    if (!before.isFile())
      throw new AppError('not_a_regular_file', 'The name is a folder, pipe or device, not a regular file.');
    if (before.size === 0) throw new AppError('empty_file', 'The file has no bytes.');
    if (before.size > most)
      throw new AppError(
        'too_large',
        `The file has ${Math.round(before.size / 2 ** 20)} MiB; at most ${most / 2 ** 20} are read.`,
      );
    const bytes = await handle.readFile();
    const after = await handle.stat();
    if (bytes.length !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new AppError(
        'changed_while_reading',
        'The file changed while it was read. Import again when it rests.',
      );
    return { bytes, size: before.size, modifiedMs: before.mtimeMs };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unreadable', `The file could not be read (${errno(error)}).`, { cause: error });
  } finally {
    await handle.close();
  }
}
