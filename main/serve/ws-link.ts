/** A link over one WebSocket: one frame is one binary message. */
import type { WebSocket } from 'ws';
import { AppError, linkCore } from '#contract';
import type { ErrorCode, Link } from '#contract';

/** Numbers with which a socket is closed; those from 4000 are ours, the page knows them. */
const CLOSE_CODES: Partial<Readonly<Record<ErrorCode, number>>> = {
  bad_frame: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  rate_limited: 1008,
  too_large: 1009,
  timeout: 1013,
};

/** A reader that leaves this many bytes unread is dropped; it opens again and the streams replay. */
const MAX_UNREAD = 32 * 1024 * 1024;
/** Messages a second that a page may send over longer time, and at once. */
const RATE = 200;
const BURST = 1000;
/** How long a peer may take to answer our closing before the connection is cut. */
const CLOSE_MS = 1000;

/** The host's end. `now` in milliseconds. */
export function socketLink(socket: WebSocket, now: () => number = Date.now): Link {
  const core = linkCore();
  let allowance = BURST;
  let at = now();

  /** False when more came than a page can have reason to send. */
  function withinRate(): boolean {
    const time = now();
    allowance = Math.min(BURST, allowance + ((time - at) / 1000) * RATE);
    at = time;
    allowance -= 1;
    return allowance >= 0;
  }

  function close(reason?: AppError): void {
    if (!core.closed(reason)) return;
    socket.close((reason && CLOSE_CODES[reason.code]) ?? 1000, shorten(reason?.message ?? ''));
    setTimeout(() => {
      socket.terminate();
    }, CLOSE_MS).unref();
  }

  socket.on('message', (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data)) {
      close(new AppError('bad_frame', 'The link takes binary messages only.'));
    } else if (!withinRate()) {
      close(new AppError('rate_limited', `More than ${RATE} messages a second came over the link.`));
    } else {
      // A plain view: a Buffer's slice() shares memory, and whoever takes a copy with it would not get one.
      core.receive(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
  socket.on('close', () => {
    core.closed(undefined);
  });
  // Broken frames and too long messages: ws closes with the right number itself, `close` follows.
  socket.on('error', () => undefined);

  return {
    send(bytes) {
      core.assertOpen();
      if (socket.bufferedAmount > MAX_UNREAD) {
        close(new AppError('timeout', 'The page reads too slowly; it was disconnected.'));
        core.assertOpen();
      }
      return new Promise<void>((resolve, reject) => {
        socket.send(bytes, { binary: true }, (error) => {
          if (error) reject(new AppError('link_closed', 'The page is gone.', { cause: error }));
          else resolve();
        });
      });
    },
    onMessage: core.onMessage,
    onClose: core.onClose,
    close,
  };
}

/** A closing reason has at most 123 bytes. */
function shorten(text: string): string {
  let short = text.slice(0, 123);
  while (Buffer.byteLength(short) > 123) short = short.slice(0, -1);
  return short;
}
