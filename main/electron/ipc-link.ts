/**
 * Links over Electron's IPC: one channel, and with each message the random number of the document that sends it. A
 * reload makes a new document, so late messages of the old one can never be taken for the new one's. A document begins
 * with a message without bytes; empty bytes say that an end closed (no frame is empty).
 */
import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import { AppError, linkCore } from '#contract';
import type { Link, LinkCore } from '#contract';
import { ORIGIN } from './scheme.ts';

/** The preload script has the same text; it can import nothing. */
export const CHANNEL = 'link';
export const MAX_MESSAGE = 1024 * 1024;

/** Only the studio's own page, in the top frame of its own window, is heard. An unknown sender is not. */
export function isTrusted(event: IpcMainEvent, contents: WebContents): boolean {
  const frame = event.senderFrame;
  return (
    frame !== null &&
    event.sender.id === contents.id &&
    frame.parent === null &&
    frame.origin === ORIGIN &&
    frame.url.startsWith(`${ORIGIN}/`)
  );
}

/**
 * Gives `onLink` one link per document of a window. It closes when the document goes away or its process dies. Messages
 * that are not trusted are dropped and told to `onDropped`. Returns a function that ends it.
 */
export function windowLinks(
  ipcMain: IpcMain,
  contents: WebContents,
  onLink: (link: Link) => void,
  onDropped: (reason: string) => void = () => undefined,
): () => void {
  let current: { readonly document: string; readonly core: LinkCore } | undefined;
  const gone = new Set<string>();

  function end(reason?: AppError): void {
    if (!current) return;
    const { document, core } = current;
    gone.add(document);
    current = undefined;
    if (!contents.isDestroyed()) contents.send(CHANNEL, document, new Uint8Array());
    core.closed(reason);
  }

  function begin(document: string): void {
    end();
    const core = linkCore();
    current = { document, core };
    onLink({
      send(bytes) {
        core.assertOpen();
        if (contents.isDestroyed()) throw new AppError('link_closed', 'The window is closed.');
        contents.send(CHANNEL, document, bytes);
      },
      onMessage: core.onMessage,
      onClose: core.onClose,
      close(reason) {
        if (current?.core === core) end(reason);
      },
    });
  }

  function onMessage(event: IpcMainEvent, document: unknown, bytes: unknown): void {
    if (!isTrusted(event, contents)) onDropped('a message from another frame or origin');
    else if (typeof document !== 'string' || document.length > 64) onDropped('a message of no document');
    else if (bytes === undefined && current?.document !== document && !gone.has(document)) begin(document);
    else if (current?.document !== document) onDropped('a message of a document that is gone');
    else if (!(bytes instanceof Uint8Array)) onDropped('a message that is not bytes');
    else if (bytes.byteLength === 0) end();
    else if (bytes.byteLength > MAX_MESSAGE) {
      end(new AppError('too_large', 'A message was longer than 1 MiB.'));
    } else current.core.receive(bytes);
  }

  ipcMain.on(CHANNEL, onMessage);
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) end();
  });
  contents.on('render-process-gone', () => {
    end();
  });
  contents.on('destroyed', () => {
    end();
  });
  return () => {
    ipcMain.off(CHANNEL, onMessage);
    end();
  };
}
