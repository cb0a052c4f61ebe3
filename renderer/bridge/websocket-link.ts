import { AppError, linkCore } from '#contract';
import type { ErrorCode, Link } from '#contract';

/** Why the host closed the socket (4000 and up are ours); anything else is a lost connection. */
const CLOSE_CODES: Readonly<Record<number, ErrorCode>> = {
  1003: 'bad_frame',
  1009: 'too_large',
  4400: 'bad_frame',
  4401: 'unauthorized',
  4403: 'forbidden',
  1008: 'rate_limited',
};

/** A link over an open WebSocket whose `binaryType` is `arraybuffer`: one frame is one binary message. */
export function websocketLink(socket: WebSocket): Link {
  const core = linkCore();
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data instanceof ArrayBuffer) core.receive(new Uint8Array(event.data));
    else close(new AppError('bad_frame', 'The host sent text over the link; expected bytes.'));
  });
  socket.addEventListener('close', (event) => {
    const code = CLOSE_CODES[event.code];
    core.closed(
      new AppError(
        code ?? 'link_closed',
        code && event.reason !== ''
          ? event.reason
          : 'The connection to the studio is closed. Open it again and repeat the request.',
        { details: { closeCode: event.code } },
      ),
    );
  });
  function close(reason?: AppError): void {
    core.closed(reason);
    socket.close(1000);
  }
  return {
    send(bytes) {
      core.assertOpen();
      // The encoder gives views of an ordinary buffer; a shared one cannot be sent, so it is copied.
      socket.send(bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice());
    },
    onMessage: core.onMessage,
    onClose: core.onClose,
    close,
  };
}

/** Opens a socket and waits until it can be used. Rejects with `link_closed` when the host does not take it. */
export function openSocket(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener(
      'open',
      () => {
        resolve(socket);
      },
      { once: true },
    );
    socket.addEventListener(
      'close',
      () => {
        reject(new AppError('link_closed', 'The studio host does not answer.'));
      },
      { once: true },
    );
  });
}
