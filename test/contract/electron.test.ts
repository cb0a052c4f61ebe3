import { vi } from 'vitest';
import type * as Electron from 'electron';
import type { Link } from '../../contract/index.ts';
import { windowLinks } from '../../main/electron/ipc-link.ts';
import { electronLink } from '../../renderer/bridge/electron-link.ts';
import type { PreloadLink } from '../../renderer/bridge/electron-link.ts';
import { FakeContents, FakeIpcMain, fakePreload } from '../unit/main/electron/fake-electron.ts';
import { linkSuite, suiteHost } from './suite.ts';

/** Page, preload script and main process as they are; only Electron's IPC between them is a fake, which copies. */
linkSuite('Electron IPC', async () => {
  const ipcMain = new FakeIpcMain();
  const contents = new FakeContents();
  const opened = new Promise<Link>((resolve) => {
    windowLinks(ipcMain as unknown as Electron.IpcMain, contents as unknown as Electron.WebContents, resolve);
  });
  const { module, exposed } = fakePreload(ipcMain, contents);
  vi.resetModules();
  vi.doMock('electron', () => module);
  await import('../../preload/index.ts');
  return { near: electronLink(exposed['link'] as PreloadLink), host: suiteHost(await opened) };
});
