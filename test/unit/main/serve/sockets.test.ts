import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../../contract/index.ts';
import { ending, opened, startRig } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
let bearer: string;
beforeEach(async () => {
  rig = await startRig();
  ({ bearer } = await rig.session());
});
afterEach(async () => {
  await rig.close();
});

const open = async (): Promise<WebSocket> => {
  const socket = rig.socket(await rig.ticket(bearer));
  await opened(socket);
  return socket;
};

describe('sockets', () => {
  it('are refused from elsewhere before the ticket is looked at', async () => {
    const ticket = await rig.ticket(bearer);
    const foreign: Record<string, string>[] = [
      { origin: 'http://evil.test' },
      { origin: 'null' },
      { host: `evil.test:${rig.port}` },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      const { refused } = await ending(rig.socket(ticket, headers));
      expect([headers, refused]).toEqual([headers, 'host' in headers ? 421 : 403]);
    }
    const socket = rig.socket(ticket);
    await opened(socket);
    socket.terminate();
  });

  it('are refused on other addresses and other methods', async () => {
    const upgrade = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Origin', rig.origin],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
    ] as const;
    const ticket = await rig.ticket(bearer);
    for (const path of ['/', '/links', '/link/', '/assets/a'])
      expect((await rig.ask({ path: `${path}?ticket=${ticket}`, headers: upgrade })).status).toBe(404);
    expect((await rig.ask({ method: 'POST', path: `/link?ticket=${ticket}`, headers: upgrade })).status).toBe(
      404,
    );
    expect((await rig.ask({ path: `/link?ticket=${ticket}`, headers: upgrade })).status).toBe(101);
  });

  it('stop at the limit of failed tickets', async () => {
    const ends = [];
    for (let i = 0; i < 16; i++) ends.push((await ending(rig.socket('guess'))).refused);
    expect(ends).toEqual([...Array<number>(14).fill(401), 429, 429]);
  });

  it('T22: close on a message of more than 1 MiB, and take one of exactly that', async () => {
    const socket = await open();
    const got = new Promise<number>((resolve) => {
      rig.links[0]?.onMessage((bytes) => {
        resolve(bytes.byteLength);
      });
    });
    socket.send(new Uint8Array(1024 * 1024));
    expect(await got).toBe(1024 * 1024);
    const end = ending(socket);
    socket.send(new Uint8Array(1024 * 1024 + 1));
    expect(await end).toEqual({ closed: 1009 });
  });

  it('T22: close on more than 64 fragments', async () => {
    const socket = await open();
    const end = ending(socket);
    for (let i = 0; i < 100; i++) socket.send(Uint8Array.of(i), { fin: false });
    expect(await end).toEqual({ closed: 1008 });
  });

  it('T22: close when far too many messages come', async () => {
    const socket = await open();
    let received = 0;
    rig.links[0]?.onMessage(() => received++);
    const end = ending(socket);
    for (let i = 0; i < 10_000; i++) socket.send(Uint8Array.of(1));
    expect(await end).toEqual({ closed: 1008 });
    // 1,000 at once, and what the seconds that the test took add.
    expect(received).toBeGreaterThanOrEqual(1000);
    expect(received).toBeLessThan(2000);
  });

  it('T22: take 16, send the 17th away, and have room again when one leaves', async () => {
    const sockets = await Promise.all(Array.from({ length: 16 }, open));
    expect(await ending(rig.socket(await rig.ticket(bearer)))).toEqual({ closed: 1013 });
    const first = sockets[0];
    if (!first) throw new Error('none open');
    // Sixteen that open at once need not become links in their order: any link that closes is this one's.
    const left = new Promise<void>((resolve) => {
      for (const link of rig.links)
        link.onClose(() => {
          resolve();
        });
    });
    const end = ending(first);
    first.close();
    await Promise.all([end, left]);
    sockets.push(await open());
    expect(rig.links).toHaveLength(17);
    for (const socket of sockets) socket.terminate();
  });

  it('T22: drop a reader that never reads, and never hold much for it', async () => {
    const paused = await openRaw();
    const link = rig.links[0];
    if (!link) throw new Error('no link');
    const block = new Uint8Array(4 * 1024 * 1024);
    const sends: Promise<unknown>[] = [];
    let thrown: unknown;
    for (let i = 0; i < 50 && !thrown; i++) {
      try {
        sends.push(Promise.resolve(link.send(block)).catch(() => undefined));
      } catch (error) {
        thrown = error;
      }
    }
    expect(thrown).toMatchObject({ code: 'timeout' });
    expect(sends.length).toBeLessThanOrEqual(12);
    paused.destroy();
    await Promise.all(sends);
  });

  it('take bytes only', async () => {
    const socket = await open();
    const end = ending(socket);
    socket.send('text');
    expect(await end).toEqual({ closed: 4400 });
  });

  it('tell why they close, as far as a page can hear it', async () => {
    const socket = await open();
    const told = new Promise<[number, string]>((resolve) => {
      socket.on('close', (code, reason) => {
        resolve([code, reason.toString()]);
      });
    });
    rig.links[0]?.close(new AppError('too_large', 'ü'.repeat(100)));
    expect(await told).toEqual([1009, 'ü'.repeat(61)]);
  });

  it('end with the server, at once', async () => {
    const socket = await open();
    const end = ending(socket);
    const begin = performance.now();
    await rig.close();
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(await end).toEqual({ closed: 1006 });
    await expect(rig.ask()).rejects.toThrow(/ECONNREFUSED/);
  });

  /** A connection that was upgraded and then reads nothing. */
  async function openRaw(): Promise<Socket> {
    const ticket = await rig.ticket(bearer);
    return new Promise((resolve, reject) => {
      const socket = connect(rig.port, '127.0.0.1', () => {
        socket.write(
          [
            `GET /link?ticket=${ticket} HTTP/1.1`,
            `Host: 127.0.0.1:${rig.port}`,
            `Origin: ${rig.origin}`,
            'Connection: Upgrade',
            'Upgrade: websocket',
            'Sec-WebSocket-Version: 13',
            `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
            '\r\n',
          ].join('\r\n'),
        );
      });
      socket.once('data', () => {
        socket.pause();
        resolve(socket);
      });
      socket.on('error', reject);
    });
  }
});
