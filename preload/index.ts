/**
 * All that the page gets of Electron: bytes out, bytes in. It names no channel and no method, and sees no event. Each
 * document has a random number, so that the host never mixes up the messages before and after a reload.
 */
import { contextBridge, ipcRenderer } from 'electron';

/** The same text as in main/electron/ipc-link.ts, which a preload script cannot import. */
const CHANNEL = 'link';
const ownDocument = crypto.randomUUID();

let receive: ((bytes: Uint8Array) => void) | undefined;
const early: Uint8Array[] = [];

ipcRenderer.on(CHANNEL, (_event, document: unknown, bytes: unknown) => {
  if (document !== ownDocument || !(bytes instanceof Uint8Array)) return;
  if (receive) receive(bytes);
  else early.push(bytes);
});

// A document begins with a message without bytes.
ipcRenderer.send(CHANNEL, ownDocument);
contextBridge.exposeInMainWorld('link', {
  send(bytes: unknown): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('The link takes bytes only.');
    ipcRenderer.send(CHANNEL, ownDocument, bytes);
  },
  onMessage(handler: (bytes: Uint8Array) => void): void {
    receive = handler;
    for (const bytes of early.splice(0)) handler(bytes);
  },
});
