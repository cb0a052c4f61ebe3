/** Takes WebSocket connections with hard limits, and drops those that have fallen silent. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Link } from '#contract';
import { socketLink } from './ws-link.ts';

export const MAX_MESSAGE = 1024 * 1024;
export const MAX_FRAGMENTS = 64;
export const MAX_CONNECTIONS = 16;
const PING_MS = 30_000;

export interface Sockets {
  /** Upgrades a request that was checked already. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Cuts all connections. */
  close(): void;
}

export function makeSockets(onLink: (link: Link, request: IncomingMessage) => void): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    maxFragments: MAX_FRAGMENTS,
  });
  const silent = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) socket.terminate();
      silent.add(socket);
      socket.ping();
    }
  }, PING_MS);
  timer.unref();
  return {
    accept(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => {
        if (server.clients.size > MAX_CONNECTIONS) {
          opened.on('error', () => undefined);
          opened.close(1013, `At most ${MAX_CONNECTIONS} pages can be connected.`);
          return;
        }
        opened.on('pong', () => silent.delete(opened));
        onLink(socketLink(opened), request);
      });
    },
    close() {
      clearInterval(timer);
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}
