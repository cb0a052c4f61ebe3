/**
 * The HTTP side: a fixed list of addresses, each behind the guard and its secret. What is not there and what is not
 * allowed look the same. Nothing here knows what travels over the links.
 *
 *   GET  /, /static/...        the page; no secret, it holds none
 *   POST /session              token -> bearer and picture key
 *   POST /ticket               bearer -> ticket
 *   GET  /link?ticket=         WebSocket
 *   GET  /assets/<id>?key=     a picture
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, toAppError } from '#contract';
import type { Link } from '#contract';
import { readBody } from './body.ts';
import { makeFailureLimit } from './failure-limit.ts';
import type { FailureLimit } from './failure-limit.ts';
import { header, isNear, judge } from './guard.ts';
import type { Purpose } from './guard.ts';
import { ASSET_POLICY, SECURITY_HEADERS } from './headers.ts';
import type { PageFile } from '../page/index.ts';
import type { Secrets } from './secrets.ts';
import { makeSockets } from './sockets.ts';

export interface ServerParts {
  readonly page: ReadonlyMap<string, PageFile>;
  readonly secrets: Secrets;
  /** The values of Host that are ours; asked at each request, since the port is known only after listening. */
  readonly hosts: () => ReadonlySet<string>;
  readonly asset: (id: string) => Promise<{ bytes: Uint8Array; type: string } | null>;
  /** `near`: the page is of this machine. */
  readonly onLink: (link: Link, near: boolean) => void;
  /** Whether a request comes from this machine; the tests have machines of their own. */
  readonly near?: typeof isNear;
  readonly onError: (error: AppError) => void;
  readonly now?: () => number;
}

export interface StudioServer {
  readonly http: Server;
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

const ASSET = /^\/assets\/([A-Za-z0-9_-]{1,64})$/;
const FROM_ELSEWHERE =
  'Another site led here. Open the address that the command line printed by typing or pasting it into a new tab.\n';

export function makeServer(parts: ServerParts): StudioServer {
  const { page, secrets, hosts, onError } = parts;
  const tokens = makeFailureLimit(parts.now);
  const bearers = makeFailureLimit(parts.now);
  const tickets = makeFailureLimit(parts.now);
  const sockets = makeSockets((link, request) => {
    parts.onLink(link, (parts.near ?? isNear)(request, request.socket.remoteAddress));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, query } = split(request.url ?? '');
    const purpose = purposeOf(pathname);
    const refused = judge(request, purpose, hosts());
    if (refused) {
      const explain = refused === 403 && purpose === 'page';
      send(
        response,
        refused,
        explain ? 'text/plain; charset=utf-8' : undefined,
        explain ? FROM_ELSEWHERE : '',
      );
    } else if (purpose === 'post') {
      if (request.method !== 'POST') notAllowed(response, 'POST');
      else await exchange(pathname, request, response);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      notAllowed(response, 'GET, HEAD');
    } else if (page.has(pathname)) {
      sendFile(response, page.get(pathname), pathname);
    } else {
      await sendAsset(response, pathname, query);
    }
  }

  async function exchange(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, path === '/session' ? ['token'] : []);
    if (path === '/session') {
      // The token is what stands on a screen: while the limit holds, even the right one waits.
      guarded(tokens);
      const session = secrets.swap(body['token'] ?? '');
      if (!session) {
        tokens.failed();
        throw new AppError(
          'unauthorized',
          'This address was used already or is not of this run. Take a new one from the command line.',
        );
      }
      sendJson(response, 200, session);
      return;
    }
    const bearer = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(header(request, 'authorization') ?? '')?.[1];
    const ticket = secrets.ticket(bearer ?? '');
    if (ticket === undefined) {
      // A known bearer is never kept waiting: tabs left over from an earlier run must not lock out the live one.
      guarded(bearers);
      bearers.failed();
      throw new AppError(
        'unauthorized',
        'The host does not know this tab. Open the address that the command line printed last.',
      );
    }
    sendJson(response, 200, { ticket });
  }

  async function sendAsset(response: ServerResponse, path: string, query: URLSearchParams): Promise<void> {
    const id = ASSET.exec(path)?.[1];
    const key = query.get('key');
    const known = id !== undefined && key !== null && secrets.knowsAssetKey(key);
    const asset = known ? await parts.asset(id) : null;
    if (!asset) {
      send(response, 404, 'text/plain; charset=utf-8', 'Not found.\n');
      return;
    }
    // An id names the same bytes for ever.
    response.setHeader('content-security-policy', ASSET_POLICY);
    send(response, 200, asset.type, asset.bytes, 'private, max-age=31536000, immutable');
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const { pathname, query } = split(request.url ?? '');
    const refused = judge(request, 'socket', hosts());
    if (refused) refuse(socket, refused);
    else if (pathname !== '/link' || request.method !== 'GET') refuse(socket, 404);
    else if (tickets.wait() > 0) refuse(socket, 429);
    else if (!secrets.takeTicket(query.get('ticket') ?? '')) {
      tickets.failed();
      refuse(socket, 401);
    } else sockets.accept(request, socket, head);
  }

  const http = createServer({ maxHeaderSize: 16 * 1024, requireHostHeader: false }, (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      const error = toAppError(thrown);
      if (error.code === 'internal' || !(error.code in STATUS)) onError(error);
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const wait = error.details?.['retryAfterSeconds'];
      if (typeof wait === 'number') response.setHeader('retry-after', String(wait));
      // What is left of a body that was refused is not read.
      if (!request.complete) response.setHeader('connection', 'close');
      sendJson(response, STATUS[error.code] ?? 500, { code: error.code, message: error.message });
    });
  });
  http.headersTimeout = 10_000;
  http.requestTimeout = 15_000;
  http.maxConnections = 256;
  http.on('upgrade', upgrade);

  return {
    http,
    close() {
      sockets.close();
      return new Promise((resolve) => {
        http.close(() => {
          resolve();
        });
        http.closeAllConnections();
      });
    },
  };
}

const STATUS: Readonly<Record<string, number>> = {
  invalid_input: 400,
  unauthorized: 401,
  too_large: 413,
  not_supported: 415,
  rate_limited: 429,
  internal: 500,
};

function purposeOf(pathname: string): Purpose {
  if (pathname === '/') return 'page';
  return pathname === '/session' || pathname === '/ticket' ? 'post' : 'file';
}

/** Splits at the first "?" and decodes nothing: an address is compared as it came. */
function split(url: string): { pathname: string; query: URLSearchParams } {
  const at = url.indexOf('?');
  return at < 0
    ? { pathname: url, query: new URLSearchParams() }
    : { pathname: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) };
}

/** Throws `rate_limited` while too many tries have failed. */
function guarded(limit: FailureLimit): void {
  const wait = limit.wait();
  if (wait === 0) return;
  const retryAfterSeconds = Math.ceil(wait / 1000);
  throw new AppError('rate_limited', `Too many failed tries. Wait ${retryAfterSeconds} s and try again.`, {
    details: { retryAfterSeconds },
  });
}

function send(
  response: ServerResponse,
  status: number,
  type: string | undefined,
  body: string | Uint8Array,
  cache?: string,
): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!response.hasHeader(name)) response.setHeader(name, value);
  }
  if (cache !== undefined) response.setHeader('cache-control', cache);
  if (type !== undefined) response.setHeader('content-type', type);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status);
  response.end(body);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function sendFile(response: ServerResponse, file: PageFile | undefined, pathname: string): void {
  if (!file) return;
  // Built names carry a hash of their content; the page itself must always be the newest.
  const cache = pathname === '/' ? undefined : 'private, max-age=31536000, immutable';
  send(response, 200, file.type, file.bytes, cache);
}

function notAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow);
  send(response, 405, undefined, '');
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
