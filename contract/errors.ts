/**
 * Everything that can go wrong, as a closed list. The renderer switches on the code, never on the text.
 * Codes are grouped by the part that meets them first; any part may throw any of them.
 */
export const ERROR_CODES = [
  // Requests and links
  'invalid_input',
  'out_of_range',
  'unknown_method',
  'not_found',
  'not_supported',
  'conflict',
  'cancelled',
  'interrupted',
  'timeout',
  'link_closed',
  'bad_frame',
  'too_large',
  'unauthorized',
  'forbidden',
  'rate_limited',
  'internal',
  // Files and disk
  'disk_full',
  'io_error',
  'permission_denied',
  'read_only',
  'unreadable',
  'not_a_regular_file',
  'link_skipped',
  'changed_while_reading',
  // Images
  'empty_file',
  'truncated',
  'corrupt_image',
  'not_an_image',
  'unsupported_format',
  'too_many_pixels',
  'decode_timeout',
  'decode_lost',
  'quarantined',
  // Catalog
  'catalog_damaged',
  'not_a_catalog',
  'catalog_too_new',
  'catalog_locked',
  'root_offline',
  'no_references',
  // Packs
  'bad_manifest',
  'bad_header',
  'bad_tensor',
  'bad_graph',
  'bad_archive',
  'bad_recipe',
  'external_data',
  'forbidden_format',
  'graph_too_large',
  'hash_mismatch',
  'part_missing',
  'probe_timeout',
  'golden_mismatch',
  'pack_not_ready',
  // Engine
  'engine_lost',
  'engine_failed',
  'backend_unavailable',
  'non_finite',
  'out_of_memory',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Further facts about an error that a program can use. Plain JSON values; never a path on this machine. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}

/**
 * The one error class. The message says what was expected, what came and what to do;
 * `cause` stays on the host's side of a link, `details` crosses it.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
  }
}

/** True for a string that is one of `ERROR_CODES`. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}

/** What an operating system's errno, or SQLite's code, means for a user. The original message may hold a path, so it is not repeated. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['disk_full', 'The disk is full. Free some space and try again.'],
  EDQUOT: ['disk_full', 'The disk quota is used up. Free some space and try again.'],
  EACCES: ['permission_denied', 'The system denied access to a file. Check its permissions.'],
  EPERM: ['permission_denied', 'The system did not permit an operation on a file. Check its permissions.'],
  EROFS: ['read_only', 'The disk is read-only. Choose a folder that can be written.'],
  ENOENT: ['not_found', 'A file is not there any more.'],
  EIO: ['io_error', 'The disk reported an input/output error.'],
  ENOTDIR: ['io_error', 'A file stands where the studio needs a folder. Move it away and try again.'],
  EEXIST: ['io_error', 'A file stands where the studio needs a folder. Move it away and try again.'],
  SQLITE_FULL: ['disk_full', 'The disk is full. Free some space and try again.'],
  SQLITE_READONLY: ['read_only', 'The catalog cannot be written. Check the permissions of its folder.'],
  SQLITE_CANTOPEN: ['io_error', 'A file of the catalog cannot be opened. Check its folder.'],
  SQLITE_IOERR: ['io_error', 'The disk reported an input/output error while the catalog was used.'],
  SQLITE_CORRUPT: [
    'catalog_damaged',
    'The catalog is damaged. Restore a backup or save what can be read: see "catalog --help" on the command line.',
  ],
  SQLITE_NOTADB: [
    'catalog_damaged',
    'The catalog is damaged. Restore a backup or save what can be read: see "catalog --help" on the command line.',
  ],
  ENOMEM: ['out_of_memory', 'There is not enough memory for this operation.'],
};

/**
 * Turns anything that was thrown into an `AppError`; an `AppError` passes unchanged. The original is kept as `cause`.
 * An abort (`AbortError`) becomes `cancelled`, a known errno its code, everything else `fallback`.
 */
export function toAppError(thrown: unknown, fallback: ErrorCode = 'internal'): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new AppError('cancelled', 'The operation was cancelled.', { cause: thrown });
  }
  const errno = systemCode(thrown);
  const known = errno === undefined ? undefined : SYSTEM_ERRORS[errno];
  if (known) return new AppError(known[0], known[1], { cause: thrown, details: { errno } });
  const text =
    fallback === 'internal'
      ? 'Something unexpected went wrong in the studio; its log has the details.'
      : `The operation ended with "${fallback.replaceAll('_', ' ')}".`;
  return new AppError(fallback, text, { cause: thrown });
}

/** What travels of an error: its code, words for a person, and what a program can use. */
interface Body {
  code: ErrorCode;
  message: string;
  details?: Record<string, unknown> | undefined;
}

/** An error as it travels inside of answers and events. */
export function errorBody(thrown: unknown, fallback?: ErrorCode): Body {
  const { code, message, details } = toAppError(thrown, fallback);
  return { code, message, ...(details ? { details: { ...details } } : {}) };
}

/** The error that travelled so. */
export function errorOf({ code, message, details }: Readonly<Body>): AppError {
  return new AppError(code, message, details ? { details } : {});
}

function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  if (typeof thrown.code !== 'string') return undefined;
  // SQLite's codes are more exact than is told: SQLITE_IOERR_WRITE, SQLITE_READONLY_DBMOVED.
  const code = /^SQLITE_[A-Z]+/.exec(thrown.code)?.[0] ?? thrown.code;
  return Object.hasOwn(SYSTEM_ERRORS, code) ? code : undefined;
}
