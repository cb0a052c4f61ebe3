import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, connect, contract } from '../../../../contract/index.ts';
import type { Host } from '../../../../main/host.ts';
import { startServe } from '../../../../main/serve/index.ts';
import type { Served } from '../../../../main/serve/index.ts';
import { websocketLink } from '../../../../renderer/bridge/websocket-link.ts';
import { opened } from './rig.ts';

const error = { code: 'not_found', message: 'asked from elsewhere' } as const;

/** As much of a host as these tests ask for; anything else would fail loudly. */
const host = {
  services: {
    packs: { list: () => ({ packs: [], refused: [] }) },
    gallery: {
      pair: () => {
        throw new AppError('not_found', 'This pair is not in the gallery.');
      },
      recipe: () => {
        throw new TypeError('secret');
      },
    },
  },
  guestServices: { packs: { list: () => ({ packs: [], refused: [{ folder: 'guest', error }] }) } },
  asset: async (id: string) => (id === 'one' ? { bytes: Uint8Array.of(7), type: 'image/webp' } : null),
} as unknown as Host;

let page: string;
const running: Served[] = [];
beforeEach(async () => {
  page = await mkdtemp(join(tmpdir(), 'page-'));
  await writeFile(join(page, 'index.html'), 'the page');
});
afterEach(async () => {
  for (const served of running.splice(0)) await served.close();
  await rm(page, { recursive: true });
});

/** An address of this machine that is not loopback; undefined where it has none. */
const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

type Options = Partial<Parameters<typeof startServe>[1]>;

async function start(options: Options = {}): Promise<Served> {
  const served = await startServe(host, { page, ...options });
  running.push(served);
  return served;
}

/** What the page does with the address that was printed. */
async function enter(url: string) {
  const { origin, hash } = new URL(url);
  const post = async (path: string, body: object, bearer = ''): Promise<Record<string, string>> => {
    const response = await fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin, authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
    return { status: String(response.status), ...((await response.json()) as Record<string, string>) };
  };
  const session = await post('/session', { token: hash.replace('#token=', '') });
  if (session['status'] !== '200') return { origin, status: session['status'] };
  const { ticket } = await post('/ticket', {}, session['bearer']);
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/link?ticket=${ticket}`, { origin });
  socket.binaryType = 'arraybuffer';
  await opened(socket);
  const link = websocketLink(socket as unknown as globalThis.WebSocket);
  return { origin, status: '200', assetKey: session['assetKey'], client: connect(contract, link) };
}

describe('startServe', () => {
  it('prints an address that leads to the page, the contract and the pictures', async () => {
    const ready: string[] = [];
    const served = await start({ onReady: ({ url }) => ready.push(url) });
    expect(ready).toEqual([served.url]);
    expect(served.url).toMatch(
      new RegExp(`^http://127\\.0\\.0\\.1:${served.port}/#token=[A-Za-z0-9_-]{43}$`),
    );
    expect(await (await fetch(served.url)).text()).toBe('the page');
    const { client, origin, assetKey } = await enter(served.url);
    expect(await client?.packs.list({})).toEqual({ packs: [], refused: [] });
    await expect(client?.gallery.pair({ pairId: 'a' })).rejects.toMatchObject({ code: 'not_found' });
    const picture = await fetch(`${origin}/assets/one?key=${assetKey}`);
    expect(picture.headers.get('content-type')).toBe('image/webp');
    expect(new Uint8Array(await picture.arrayBuffer())).toEqual(Uint8Array.of(7));
  });

  it('lets an address in once, and makes new ones', async () => {
    const served = await start();
    expect((await enter(served.url)).status).toBe('200');
    expect((await enter(served.url)).status).toBe('401');
    const again = served.newUrl();
    expect(again).not.toBe(served.url);
    expect((await enter(again)).status).toBe('200');
  });

  it('tells the log what went wrong, and the page only that something did', async () => {
    const told: [string, string | undefined][] = [];
    const served = await start({ onError: ({ code }, method) => told.push([code, method]) });
    const { client } = await enter(served.url);
    await expect(client?.gallery.recipe({ imageId: 'a' })).rejects.not.toThrow(/secret/);
    expect(told).toEqual([['internal', 'gallery.recipe']]);
  });

  it('has other services for a page from elsewhere', async () => {
    const listOf = async (near?: Options['near']) => {
      const served = await start(near ? { near } : {});
      const { client } = await enter(served.url);
      return (await client?.packs.list({}))?.refused.map(({ folder }) => folder);
    };
    expect(await listOf()).toEqual([]);
    const asked: (string | undefined)[] = [];
    const far = (_: unknown, remote: string | undefined): boolean => {
      asked.push(remote);
      return false;
    };
    expect(await listOf(far)).toEqual(['guest']);
    expect(asked).toEqual(['127.0.0.1']);
  });

  it.skipIf(address === undefined)(
    'takes who comes by another address of the machine for one from elsewhere',
    async () => {
      const served = await start({ hostname: address as string });
      expect(served.url).toContain(`http://${address}:`);
      const { client } = await enter(served.url);
      expect((await client?.packs.list({}))?.refused.map(({ folder }) => folder)).toEqual(['guest']);
      // Nobody gets in without the token.
      const plain = await fetch(`http://${address}:${served.port}/assets/one?key=guess`);
      expect(plain.status).toBe(404);
    },
  );

  it('keeps its checks of Host and Origin at an address that is not loopback', async () => {
    const served = await start({ hostname: '0.0.0.0' });
    const { port } = served;
    expect(served.newUrl('192.0.2.7')).toContain(`http://192.0.2.7:${port}/#token=`);
    const status = (headers: [string, string][]) =>
      new Promise((resolve) => {
        const sent = request({ port, path: '/', headers: headers.flat(), setHost: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.end();
      });
    expect(await status([['Host', `127.0.0.1:${port}`]])).toBe(200);
    expect(await status([['Host', `evil.example:${port}`]])).toBe(421);
    expect(
      await status([
        ['Host', `127.0.0.1:${port}`],
        ['Origin', 'http://evil.example'],
      ]),
    ).toBe(403);
  });

  it('ends what waits when it closes, and frees the port', async () => {
    const served = await start();
    const { client } = await enter(served.url);
    await served.close();
    await expect(client?.packs.list({})).rejects.toMatchObject({ code: 'link_closed' });
    const again = await start({ port: served.port });
    expect(again.port).toBe(served.port);
  });

  it('says what to do when it cannot start', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({ code: 'conflict' });
    await expect(start({ port })).rejects.toThrow(`port ${port}`);
    await expect(start({ hostname: '192.0.2.1' })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(start({ page: join(page, 'none') })).rejects.toMatchObject({ code: 'not_found' });
  });
});
