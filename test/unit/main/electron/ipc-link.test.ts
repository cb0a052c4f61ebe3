import { beforeEach, describe, expect, it } from 'vitest';
import type * as Electron from 'electron';
import type { AppError, Link } from '../../../../contract/index.ts';
import { CHANNEL, MAX_MESSAGE, windowLinks } from '../../../../main/electron/ipc-link.ts';
import { FakeContents, FakeIpcMain } from './fake-electron.ts';

let ipcMain: FakeIpcMain;
let contents: FakeContents;
let links: Link[];
let dropped: string[];
let stop: () => void;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  ipcMain = new FakeIpcMain();
  contents = new FakeContents();
  links = [];
  dropped = [];
  stop = windowLinks(
    ipcMain as unknown as Electron.IpcMain,
    contents as unknown as Electron.WebContents,
    (link) => links.push(link),
    (reason) => dropped.push(reason),
  );
});

/** What the page of one document sends. */
const say = (document: unknown, bytes?: unknown): void => {
  ipcMain.deliver(CHANNEL, contents, contents.frame, document, bytes);
};

function received(link: Link | undefined): number[] {
  const got: number[] = [];
  link?.onMessage((bytes) => got.push(...bytes));
  return got;
}

describe('M03: senders', () => {
  it('hears the top frame of its own window and its own origin, and nobody else', async () => {
    const own = contents.frame;
    const strangers = [
      null,
      { ...own, parent: own },
      { ...own, origin: 'https://evil.test', url: 'https://evil.test/' },
      { ...own, origin: 'null', url: 'about:blank' },
      { ...own, url: 'studio://application/' },
      { ...own, origin: 'null' },
      { ...own, origin: 'studio://app.evil.test', url: 'studio://app.evil.test/' },
      { ...own, origin: 'file://', url: 'file:///page.html' },
    ];
    for (const frame of strangers) ipcMain.deliver(CHANNEL, contents, frame, 'a');
    ipcMain.deliver(CHANNEL, new FakeContents(), own, 'a');
    await settle();
    expect(links).toHaveLength(0);
    expect(dropped).toHaveLength(strangers.length + 1);
    say('a');
    await settle();
    expect(links).toHaveLength(1);
  });

  it('drops what is no document or no bytes', async () => {
    say('a');
    for (const bytes of ['text', 7, null, [1], { byteLength: 1 }]) say('a', bytes);
    for (const document of [undefined, 7, 'x'.repeat(65)]) say(document, Uint8Array.of(1));
    await settle();
    const got = received(links[0]);
    expect(got).toEqual([]);
    expect(dropped).toHaveLength(8);
  });
});

describe('documents', () => {
  it('gives each its link and closes the one before', async () => {
    say('a');
    say('a', Uint8Array.of(1));
    await settle();
    let closed = 0;
    links[0]?.onClose(() => closed++);
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    expect(closed).toBe(1);
    say('a', Uint8Array.of(2));
    say('a');
    say('b');
    say('b', Uint8Array.of(3));
    await settle();
    expect(links).toHaveLength(2);
    expect([received(links[0]), received(links[1])]).toEqual([[], [3]]);
    expect(dropped).toHaveLength(2);
  });

  it('closes the old link when only the new document tells of the change', async () => {
    say('a');
    say('b');
    await settle();
    expect(links).toHaveLength(2);
    expect(() => void links[0]?.send(Uint8Array.of(1))).toThrow(/closed/);
  });

  it('stays open while the page moves inside itself or a frame navigates', async () => {
    say('a');
    await settle();
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true });
    contents.emit('did-start-navigation', { isMainFrame: false, isSameDocument: false });
    say('a', Uint8Array.of(1));
    await settle();
    expect(received(links[0])).toEqual([1]);
  });

  it.each(['render-process-gone', 'destroyed'])('ends at %s', async (event) => {
    say('a');
    await settle();
    let closed = 0;
    links[0]?.onClose(() => closed++);
    contents.destroyed = true;
    contents.emit(event);
    expect(closed).toBe(1);
  });

  it('ends at a message of more than 1 MiB and takes one of exactly that', async () => {
    say('a');
    say('a', new Uint8Array(MAX_MESSAGE));
    await settle();
    let length = 0;
    links[0]?.onMessage((bytes) => (length = bytes.byteLength));
    expect(length).toBe(MAX_MESSAGE);
    let reason: AppError | undefined;
    links[0]?.onClose((given) => (reason = given));
    say('a', new Uint8Array(MAX_MESSAGE + 1));
    await settle();
    expect(reason?.code).toBe('too_large');
  });

  it('hears nothing more once it is stopped', async () => {
    say('a');
    await settle();
    stop();
    say('b');
    await settle();
    expect(links).toHaveLength(1);
    expect(ipcMain.listenerCount(CHANNEL)).toBe(0);
  });
});
