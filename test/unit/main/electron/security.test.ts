import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PAGE_URL, PRIVILEGES, schemeHandler } from '../../../../main/electron/scheme.ts';
import { WEB_PREFERENCES, hardenApp, hardenSession } from '../../../../main/electron/security.ts';
import { openWindow } from '../../../../main/electron/window.ts';
import { fakeElectron } from './fake-electron.ts';
import type { FakeContents } from './fake-electron.ts';

const root = new URL('../../../../', import.meta.url);
const shell = readdirSync(new URL('main/electron/', root)).map((name) =>
  readFileSync(new URL(`main/electron/${name}`, root), 'utf8'),
);

function hardened() {
  const fake = fakeElectron();
  hardenApp(fake.electron.app);
  hardenSession(fake.electron.session.defaultSession);
  const window = openWindow(fake.electron.BrowserWindow, 'preload.cjs');
  const made = fake.windows[0];
  if (!made) throw new Error('no window');
  return { ...fake, window, made };
}

/** True when a handler called preventDefault. */
function prevented(contents: FakeContents, event: string, details: object = {}): boolean {
  let called = false;
  contents.emit(event, { ...details, preventDefault: () => (called = true) });
  return called;
}

/** What a request of the page would get. */
function cancelled(session: ReturnType<typeof hardened>['session'], url: string): boolean | undefined {
  let cancel: boolean | undefined;
  const handler = session.handlers['before'] as unknown as (
    details: { url: string },
    answer: (a: { cancel: boolean }) => void,
  ) => void;
  handler({ url }, (answer) => (cancel = answer.cancel));
  return cancel;
}

function granted(session: ReturnType<typeof hardened>['session'], permission: string, url: string): boolean {
  let grant = false;
  const ask = session.handlers['request'] as unknown as (
    contents: null,
    permission: string,
    answer: (yes: boolean) => void,
    details: { requestingUrl: string },
  ) => void;
  ask(null, permission, (yes) => (grant = yes), { requestingUrl: url });
  const check = session.handlers['check'] as unknown as (c: null, p: string, origin: string) => boolean;
  expect(check(null, permission, new URL(url).href.replace(/\/$/, ''))).toBe(grant);
  return grant;
}

describe("T32: the twenty items of Electron's security list", () => {
  it('1 loads only secure content: nothing leaves the machine', () => {
    const { session, made } = hardened();
    expect(made.urls).toEqual([PAGE_URL]);
    for (const url of [
      'http://evil.test/',
      'https://evil.test/',
      'ws://127.0.0.1/',
      'file:///etc/passwd',
      'studio://evil/',
      'data:text/html,x',
      'blob:https://evil.test/1',
    ])
      expect([url, cancelled(session, url)]).toEqual([url, true]);
    for (const url of [PAGE_URL, `${PAGE_URL}static/a.js`, `blob:${PAGE_URL}1`])
      expect([url, cancelled(session, url)]).toEqual([url, false]);
  });
  it('2 enables no Node integration', () => {
    expect(WEB_PREFERENCES).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
    });
  });
  it('3 isolates contexts', () => {
    expect(WEB_PREFERENCES.contextIsolation).toBe(true);
  });
  it('4 sandboxes every process', () => {
    const { app } = hardened();
    expect(app.calls).toContain('sandbox');
    expect(WEB_PREFERENCES.sandbox).toBe(true);
  });
  it('5 denies permissions, but copying text to its own page', () => {
    const { session } = hardened();
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'midi',
      'openExternal',
      'clipboard-read',
      'fullscreen',
    ])
      expect([permission, granted(session, permission, PAGE_URL)]).toEqual([permission, false]);
    expect(granted(session, 'clipboard-sanitized-write', PAGE_URL)).toBe(true);
    expect(granted(session, 'clipboard-sanitized-write', 'https://evil.test/')).toBe(false);
    expect((session.handlers['device'] as unknown as () => boolean)()).toBe(false);
  });
  it('6 keeps web security', () => {
    expect(WEB_PREFERENCES.webSecurity).toBe(true);
  });
  it('7 defines a content security policy', async () => {
    const page = new Map([['/', { bytes: Buffer.from(''), type: 'text/html' }]]);
    const answer = await schemeHandler(page, async () => null)({ url: PAGE_URL, method: 'GET' } as Request);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/);
  });
  it('8 allows no insecure content', () => {
    expect(WEB_PREFERENCES.allowRunningInsecureContent).toBe(false);
  });
  it('9 enables no experimental features', () => {
    expect(WEB_PREFERENCES.experimentalFeatures).toBe(false);
  });
  it('10 enables no blink features', () => {
    const { made } = hardened();
    expect(made.options.webPreferences).not.toHaveProperty('enableBlinkFeatures');
  });
  it('11 and 12 allow no webview', () => {
    const { made } = hardened();
    expect(made.options.webPreferences?.webviewTag).toBe(false);
    expect(prevented(made.contents, 'will-attach-webview')).toBe(true);
  });
  it('13 navigates nowhere', () => {
    const { made } = hardened();
    expect(prevented(made.contents, 'will-navigate', { url: 'https://evil.test/' })).toBe(true);
    expect(prevented(made.contents, 'will-navigate', { url: `${PAGE_URL}other` })).toBe(true);
    expect(prevented(made.contents, 'will-navigate', { url: PAGE_URL })).toBe(false);
    expect(prevented(made.contents, 'will-frame-navigate', { isMainFrame: false })).toBe(true);
    expect(prevented(made.contents, 'will-redirect', { url: PAGE_URL })).toBe(true);
  });
  it('14 opens no windows', () => {
    expect(hardened().made.contents.openHandler?.({ url: PAGE_URL })).toEqual({ action: 'deny' });
  });
  it('15 never hands an address to the system', () => {
    for (const source of shell) expect(source).not.toMatch(/\bshell\b\s*[.,}]|openExternal\(/);
  });
  it('16 uses a current Electron', () => {
    const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(Number(devDependencies['electron']?.split('.')[0])).toBeGreaterThanOrEqual(45);
  });
  it('17 checks the sender of every message: there is one channel, and its own test', () => {
    const listeners = shell.flatMap((source) => source.match(/ipcMain\.(on|handle|once)\(/g) ?? []);
    expect(listeners).toEqual(['ipcMain.on(']);
  });
  it('18 uses a scheme of its own, not file://', () => {
    expect(PRIVILEGES.scheme).toBe('studio');
    for (const source of shell) expect(source).not.toMatch(/loadFile\(|pathToFileURL/);
  });
  it('19 switches the fuses', () => {
    const fuses = readFileSync(new URL('electron-builder.yml', root), 'utf8');
    for (const line of [
      'runAsNode: false',
      'onlyLoadAppFromAsar: true',
      'enableNodeCliInspectArguments: false',
    ])
      expect(fuses).toContain(line);
  });
  it('20 exposes bytes to the page, no Electron', () => {
    const preload = readFileSync(new URL('preload/index.ts', root), 'utf8');
    expect(preload.match(/exposeInMainWorld\(/g)).toHaveLength(1);
    expect(preload).toMatch(/import \{ contextBridge, ipcRenderer \} from 'electron'/);
  });
  it('loads no dictionaries from the network', () => {
    expect(hardened().session.set).toEqual({ spellChecker: false });
    expect(WEB_PREFERENCES.spellcheck).toBe(false);
  });
});

it('shows the window when it has been painted', () => {
  const { made } = hardened();
  expect(made.options).toMatchObject({ show: false, webPreferences: { preload: 'preload.cjs' } });
  expect(made.calls).toEqual([]);
  made.emit('ready-to-show');
  expect(made.calls).toEqual(['show']);
});
