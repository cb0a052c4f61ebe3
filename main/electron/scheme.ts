/** `studio://app/`: the page and the pictures of the desktop window, without a server and without file://. */
import type { CustomScheme } from 'electron';
import type { PageFile } from '../page/index.ts';

export const SCHEME = 'studio';
export const ORIGIN = `${SCHEME}://app`;
export const PAGE_URL = `${ORIGIN}/`;

/** To be registered before the app is ready: an origin of its own that counts as secure. */
export const PRIVILEGES: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, corsEnabled: true, supportFetchAPI: false, codeCache: true },
};

/** What the page may do; it talks over IPC, so it may connect to nothing. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "object-src 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ASSET = /^\/assets\/([A-Za-z0-9_-]{1,64})$/;

/**
 * Answers requests of the scheme: addresses of the fixed list, and pictures by opaque id. Everything else is the same
 * 404; an address never becomes a path.
 */
export function schemeHandler(
  page: ReadonlyMap<string, PageFile>,
  asset: (id: string) => Promise<{ bytes: Uint8Array; type: string } | null>,
): (request: Request) => Promise<Response> {
  return async ({ url, method }) => {
    const path = url.startsWith(PAGE_URL) ? url.slice(ORIGIN.length).replace(/[?#].*$/s, '') : '';
    if (method !== 'GET' || path === '')
      return answer(404, 'text/plain; charset=utf-8', Buffer.from('Not found.\n'));
    const file = page.get(path);
    if (file) return answer(200, file.type, file.bytes);
    const id = ASSET.exec(path)?.[1];
    const picture = id === undefined ? null : await asset(id);
    return picture
      ? answer(200, picture.type, picture.bytes)
      : answer(404, 'text/plain; charset=utf-8', Buffer.from('Not found.\n'));
  };
}

function answer(status: number, type: string, bytes: Uint8Array): Response {
  return new Response(new Uint8Array(bytes), {
    status,
    headers: {
      'content-type': type,
      'content-security-policy': PAGE_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    },
  });
}
