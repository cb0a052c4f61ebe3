/** What goes wrong with a PostgreSQL server, in words and codes of the studio. */
import { AppError, because } from '#contract';
import type { Reason } from '#contract';

/** SQLSTATE (five characters, or the two of its class) to what it means for whoever runs the studio. */
const STATES = {
  '28': 'vectors_login',
  '3D000': 'vectors_no_database',
  '42501': 'vectors_not_permitted',
  '25006': 'vectors_read_only',
  '53100': 'vectors_disk_full',
  '53': 'vectors_exhausted',
  '57P03': 'vectors_starting',
} as const satisfies Readonly<Record<string, Reason>>;

const reasonOf = (state: string): (typeof STATES)[keyof typeof STATES] | undefined =>
  Object.hasOwn(STATES, state) ? STATES[state as keyof typeof STATES] : undefined;

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
  const reason = reasonOf(code) ?? (/^[0-9A-Z]{5}$/.test(code) ? reasonOf(code.slice(0, 2)) : undefined);
  if (reason) return because(reason, { place }, { cause: error });
  if (connectionError(error))
    return because('vectors_unreachable', { place, why: code || (error as Error).message }, { cause: error });
  return because(
    'vectors_failed',
    { place, state: code === '' ? '' : ` (SQLSTATE ${code})`, why: (error as Error).message },
    { cause: error },
  );
}
