/**
 * What the shell forbids. Numbers are those of Electron's security list, all twenty of which hold here, in
 * electron-builder.yml (19) or by the absence of any remote page (2, 15, 20).
 */
import type { App, Session, WebContents, WebPreferences } from 'electron';
import { ORIGIN, PAGE_URL } from './scheme.ts';

/** Named although most are Electron's defaults: a default may change. */
export const WEB_PREFERENCES = {
  contextIsolation: true, // 3
  sandbox: true, // 4
  nodeIntegration: false, // 2
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true, // 6
  allowRunningInsecureContent: false, // 8
  experimentalFeatures: false, // 9; 10 is that enableBlinkFeatures is not set
  webviewTag: false, // 11, 12
  navigateOnDragDrop: false, // 13
  spellcheck: false, // it would load dictionaries from the network
  safeDialogs: true,
} as const satisfies WebPreferences;

/** Copying a recipe is all that the page asks for. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/** Rules for every page that this process will ever show, whoever makes it. To be called before the app is ready. */
export function hardenApp(app: App): void {
  app.enableSandbox(); // 4
  app.on('web-contents-created', (_event, contents) => {
    hardenContents(contents);
  });
}

function hardenContents(contents: WebContents): void {
  // 13: the page stays where it is; a reload is not a navigation elsewhere.
  contents.on('will-navigate', (details) => {
    if (details.url !== PAGE_URL) details.preventDefault();
  });
  contents.on('will-frame-navigate', (details) => {
    if (!details.isMainFrame) details.preventDefault();
  });
  contents.on('will-redirect', (details) => {
    details.preventDefault();
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault(); // 12
  });
  contents.setWindowOpenHandler(() => ({ action: 'deny' })); // 14
}

/** Rules for what the window's session may do. Nothing that it loads comes from anywhere but the studio (1, 18). */
export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    answer(permission === ALLOWED_PERMISSION && isOurs(details.requestingUrl)); // 5
  });
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === ALLOWED_PERMISSION && isOurs(`${origin}/`),
  );
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !isOurs(details.url) && !details.url.startsWith(`blob:${PAGE_URL}`) });
  });
}

/** Never true for an address that is missing. */
function isOurs(url: string | undefined): boolean {
  return url !== undefined && url.startsWith(`${ORIGIN}/`);
}
