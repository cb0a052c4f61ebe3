/** A running server with parts that tests can look at, and requests whose every header is the test's own. */
import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { AppError, Link } from '../../../../contract/index.ts';
import { allowedHosts } from '../../../../main/serve/guard.ts';
import { makeSecrets } from '../../../../main/serve/secrets.ts';
import { makeServer } from '../../../../main/serve/server.ts';

export const PAGE = '<!doctype html><title>page</title>';
export const PICTURE = Uint8Array.of(1, 2, 3, 4);
export const PICTURE_ID = 'picture-1';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** Pairs in a list, so that one can come twice; Host is added unless `host` is null. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly host?: string | null;
  readonly body?: string;
}

export async function startRig() {
  let time = 1_000_000;
  const asked: string[] = [];
  const errors: AppError[] = [];
  const links: Link[] = [];
  const secrets = makeSecrets(() => time);
  let hosts: ReadonlySet<string> = new Set();
  const server = makeServer({
    page: new Map([
      ['/', { bytes: Buffer.from(PAGE), type: 'text/html; charset=utf-8' }],
      ['/static/a.js', { bytes: Buffer.from('1'), type: 'text/javascript; charset=utf-8' }],
    ]),
    secrets,
    hosts: () => hosts,
    asset: async (id) => {
      asked.push(id);
      if (id === 'broken') throw new TypeError('secret text');
      return id === PICTURE_ID ? { bytes: PICTURE, type: 'image/png' } : null;
    },
    onLink: (link) => links.push(link),
    onError: (error) => errors.push(error),
    now: () => time,
  });
  await new Promise<void>((resolve) => server.http.listen(0, '127.0.0.1', resolve));
  const address = server.http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  hosts = allowedHosts('127.0.0.1', port);
  const origin = `http://127.0.0.1:${port}`;

  const ask = ({ method = 'GET', path = '/', headers = [], host, body }: Ask = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const own = host === null ? [] : ['Host', host ?? `127.0.0.1:${port}`];
      const all = [...own, ...headers.flat()];
      if (body !== undefined) all.push('Content-Length', String(Buffer.byteLength(body)));
      const sent = request({ port, method, path, headers: all, setHost: false, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      // `ws` answers some requests with an upgrade; a test that expects a refusal must see it.
      sent.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const post = (path: string, body: unknown, bearer?: string): Promise<Answer> =>
    ask({
      method: 'POST',
      path,
      headers: [
        ['Origin', origin],
        ['Content-Type', 'application/json'],
        ...(bearer === undefined ? [] : [['Authorization', `Bearer ${bearer}`] as const]),
      ],
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const session = async (): Promise<{ bearer: string; assetKey: string }> => {
    const { status, body } = await post('/session', { token: secrets.token() });
    if (status !== 200) throw new Error(`session: ${status} ${body}`);
    return JSON.parse(body) as { bearer: string; assetKey: string };
  };
  const ticket = async (bearer: string): Promise<string> =>
    (JSON.parse((await post('/ticket', {}, bearer)).body) as { ticket: string }).ticket;
  /** A socket as the page opens it, not yet open. */
  const socket = (given: string, headers: Record<string, string> = {}): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${port}/link?ticket=${given}`, { headers: { origin, ...headers } });
  return {
    port,
    origin,
    secrets,
    ask,
    post,
    session,
    ticket,
    socket,
    asked,
    errors,
    links,
    http: server.http,
    advance: (ms: number) => {
      time += ms;
    },
    close: () => server.close(),
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** How a socket ended: the status that refused it, or the number that closed it. */
export function ending(socket: WebSocket): Promise<{ refused?: number; closed?: number }> {
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve({ refused: response.statusCode });
      socket.terminate();
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      resolve({ closed: code });
    });
  });
}

export function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
}
