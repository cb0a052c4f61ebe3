/** What goes wrong with a PostgreSQL server, in words and codes of the studio. */
import { AppError } from '#contract';
import type { ErrorCode } from '#contract';

/** SQLSTATE (five characters, or the two of its class) to code and advice. */
const STATES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '28': [
    'unauthorized',
    'It does not take this user or password. Check ACCENT_VECTORS, PGPASSWORD or the file .pgpass.',
  ],
  '3D000': ['not_found', 'It has no database of that name. Make it there, or check ACCENT_VECTORS.'],
  '42501': [
    'permission_denied',
    'This user may not do that there. Ask for the right to create tables and the extension "vector".',
  ],
  '25006': ['read_only', 'It only lets itself be read. Name its primary server.'],
  '53100': ['disk_full', 'Its disk is full.'],
  '53': ['backend_unavailable', 'It has no resources left for this. Try again later.'],
  '57P03': ['backend_unavailable', 'It is still starting. Try again in a moment.'],
};

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
};

/** Whether the connection is of no use any more. */
export function connectionError(error: unknown): boolean {
  const code = codeOf(error);
  const { message } = error as Error;
  return (
    NETWORK.has(code) ||
    /^(08|57P0)/.test(code) ||
    (code === '' && /connection|timeout|terminated|not queryable|socket/i.test(message))
  );
}

/** Any error of a client as an `AppError` that names the place and never the password. */
export function explain(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const state = STATES[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? STATES[code.slice(0, 2)] : undefined);
  if (state) return new AppError(state[0], `The vector server at ${place}: ${state[1]}`, { cause: error });
  if (connectionError(error))
    return new AppError(
      'backend_unavailable',
      `The vector server at ${place} cannot be reached (${code || (error as Error).message}). Start it, or start the studio without ACCENT_VECTORS to search on this machine.`,
      { cause: error },
    );
  return new AppError(
    'internal',
    `The vector server at ${place} answered with an error${code === '' ? '' : ` (SQLSTATE ${code})`}: ${(error as Error).message}`,
    { cause: error },
  );
}
