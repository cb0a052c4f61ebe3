/**
 * How a page proves that it was opened by the user: the address holds a token behind `#` (browsers send that part to
 * nobody), which is swapped once for a bearer; every socket then needs a fresh ticket. The bearer stays in the tab's
 * session storage, so that a reload needs no new token.
 */
import { AppError, isErrorCode } from '#contract';

const KEY = 'accent.session';

interface StoredSession {
  readonly bearer: string;
  readonly assetKey?: string | undefined;
}

/** The parts of a browser that the session needs; passed in for tests. */
export interface SessionHost {
  readonly fetch: typeof fetch;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** The address's fragment with its `#`. */
  readonly hash: string;
  /** Removes the fragment from the address and from the history. */
  clearHash(): void;
}

export interface Session {
  /** A ticket for one socket. Rejects with `unauthorized` when the host does not know this tab (any more). */
  ticket(): Promise<string>;
  /** What image addresses carry, where the host asks for it. */
  readonly assetKey: () => string | undefined;
}

/** Takes the token out of the address at once and swaps it at the first ticket. */
export function openSession(host: SessionHost): Session {
  let token = tokenOf(host.hash);
  if (token !== undefined) host.clearHash();
  let session = token === undefined ? read(host.storage) : undefined;

  async function ensure(): Promise<StoredSession> {
    if (token !== undefined) {
      const answer = await post(host.fetch, '/session', { token });
      token = undefined;
      session = { bearer: field(answer, 'bearer'), assetKey: optionalField(answer, 'assetKey') };
      host.storage.setItem(KEY, JSON.stringify(session));
    }
    if (!session) {
      throw new AppError(
        'unauthorized',
        'This tab was not opened by the studio. Use the address that the command line printed.',
      );
    }
    return session;
  }

  return {
    async ticket() {
      const { bearer } = await ensure();
      const answer = await post(host.fetch, '/ticket', {}, bearer);
      return field(answer, 'ticket');
    },
    assetKey: () => session?.assetKey,
  };
}

/** `#token=abc` or `#abc`; undefined when there is none. */
export function tokenOf(hash: string): string | undefined {
  const value = hash.replace(/^#/, '').replace(/^token=/, '');
  return /^[A-Za-z0-9_-]{16,}$/.test(value) ? value : undefined;
}

function read(storage: SessionHost['storage']): StoredSession | undefined {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null) return undefined;
    return { bearer: field(value, 'bearer'), assetKey: optionalField(value, 'assetKey') };
  } catch {
    // Whatever lies there is not ours; the page then asks to be opened again.
    storage.removeItem(KEY);
    return undefined;
  }
}

async function post(
  send: typeof fetch,
  path: string,
  body: Readonly<Record<string, string>>,
  bearer?: string,
): Promise<object> {
  let response: Response;
  try {
    response = await send(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
    });
  } catch (cause) {
    throw new AppError('link_closed', 'The studio host does not answer. Is it still running?', { cause });
  }
  const answer: unknown = await response.json().catch(() => ({}));
  const fields = typeof answer === 'object' && answer !== null ? answer : {};
  if (response.ok) return fields;
  throw refusal(response.status, fields);
}

function refusal(status: number, answer: object): AppError {
  const code = optionalField(answer, 'code');
  const message = optionalField(answer, 'message');
  if (isErrorCode(code)) return new AppError(code, message ?? `The host refused with status ${status}.`);
  if (status === 401) {
    return new AppError(
      'unauthorized',
      'The host does not know this tab. Use the address that the command line printed last.',
    );
  }
  if (status === 429) return new AppError('rate_limited', 'Too many tries. Wait a minute.');
  return new AppError('internal', `The host refused with status ${status}.`);
}

function field(answer: object, name: string): string {
  const value = optionalField(answer, name);
  if (value !== undefined) return value;
  throw new AppError('bad_frame', `The host's answer has no text "${name}".`);
}

function optionalField(answer: object, name: string): string | undefined {
  const value: unknown = Object.hasOwn(answer, name) ? Reflect.get(answer, name) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
