/** The one window. */
import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron';
import { PAGE_URL } from './scheme.ts';
import { WEB_PREFERENCES } from './security.ts';

/** Shown when the page has been painted, so that nobody sees it empty. `preload` is the built script's path. */
export function openWindow(
  Window: new (options: BrowserWindowConstructorOptions) => BrowserWindow,
  preload: string,
): BrowserWindow {
  const window = new Window({
    title: 'Accent Studio',
    width: 1280,
    height: 860,
    minWidth: 480,
    minHeight: 480,
    show: false,
    webPreferences: { ...WEB_PREFERENCES, preload },
  });
  window.once('ready-to-show', () => {
    window.show();
  });
  void window.loadURL(PAGE_URL);
  return window;
}
