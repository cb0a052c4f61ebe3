/** The desktop program from start to end. Electron is passed in, so that tests can run all of this without it. */
import type * as Electron from 'electron';
import { contract, serve, toAppError } from '#contract';
import type { Host, Platform } from '../host.ts';
import { readPage } from '../page/index.ts';
import { offerSamples, unreadSample } from '../samples.ts';
import { windowLinks } from './ipc-link.ts';
import { keepRuns } from './keep-runs.ts';
import { PRIVILEGES, SCHEME, schemeHandler } from './scheme.ts';
import { hardenApp, hardenSession } from './security.ts';
import { utilitySpawn } from './spawn.ts';
import { openWindow } from './window.ts';

export interface DesktopParts {
  readonly electron: Pick<
    typeof Electron,
    'app' | 'BrowserWindow' | 'dialog' | 'ipcMain' | 'Menu' | 'protocol' | 'session' | 'utilityProcess'
  >;
  readonly openHost: (platform: Platform) => Host;
  /** Folder of the built page. */
  readonly page: string;
  /** The built preload script. */
  readonly preload: string;
  /** Folder of the built engine.js and decode.js. */
  readonly processes: string;
  readonly log: (line: string) => void;
}

/** Resolves when the window is open, or the program is about to end because another one runs or the host cannot start. */
export async function startDesktop(parts: DesktopParts): Promise<void> {
  const { electron, log } = parts;
  const { app, protocol, session, ipcMain } = electron;
  // First of all: a second program must not touch the catalog.
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  protocol.registerSchemesAsPrivileged([PRIVILEGES]);
  hardenApp(app);
  await app.whenReady();
  hardenSession(session.defaultSession);

  let host: Host;
  try {
    const page = await readPage(parts.page);
    host = parts.openHost(platformOf(parts));
    protocol.handle(
      SCHEME,
      schemeHandler(page, (id) => host.asset(id)),
    );
  } catch (thrown) {
    electron.dialog.showErrorBox('Accent Studio cannot start', toAppError(thrown).message);
    app.exit(1);
    return;
  }
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menu(process.platform)));

  const window = openWindow(electron.BrowserWindow, parts.preload);
  const stopLinks = windowLinks(
    ipcMain,
    window.webContents,
    (link) => {
      serve(contract, host.services, link, {
        onError: (error, method) => {
          log(`${method ?? 'link'}: ${error.code}: ${error.stack ?? error.message}`);
        },
      });
    },
    (reason) => {
      log(`Dropped ${reason}.`);
    },
  );
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('window-all-closed', () => {
    app.quit();
  });
  let closing = false;
  const ending = new AbortController();
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    ending.abort();
    stopLinks();
    host
      .close()
      .catch((error: unknown) => {
        log(`Closing failed: ${String(error)}`);
      })
      .finally(() => {
        app.exit(0);
      });
  });
  keepRuns(app, window, host.services.jobs.queue, ending.signal).catch((error: unknown) => {
    if (!closing) log(`The queue is not followed: ${toAppError(error).message}`);
  });
  host.checked().catch((thrown: unknown) => {
    if (closing) return;
    electron.dialog.showErrorBox('Accent Studio cannot go on', toAppError(thrown).message);
    app.quit();
  });
  void takeSamples(host).catch((error: unknown) => {
    log(`The sample images were not taken in: ${toAppError(error).message}`);
  });
}

function platformOf({ electron, processes }: DesktopParts): Platform {
  const { app, dialog, utilityProcess } = electron;
  return {
    appVersion: app.getVersion(),
    spawn: utilitySpawn((file, args, options) => utilityProcess.fork(file, args, options), processes),
    async pickFolder() {
      const { canceled, filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] });
      return canceled ? null : (filePaths[0] ?? null);
    },
  };
}

/** As long as an owner has no images of their own, those of the first pack come by themselves, so that the first prompt finds references. */
async function takeSamples(host: Host): Promise<void> {
  const { services } = host;
  const signal = new AbortController().signal;
  const { packs } = await services.packs.list({}, { signal });
  const pack = packs.find(({ role }) => role === 'generation');
  const root = pack && (await unreadSample(host, pack, signal));
  if (root) {
    const events = services.catalog.importFolder({ rootId: root.rootId, packId: pack.packId }, { signal });
    for await (const event of events) if (event.type === 'report') break;
  }
  // Those of other packs are offered with their pack.
  await offerSamples(host, signal);
}

/** Without Electron's own Help menu, which opens web pages. */
function menu(platform: NodeJS.Platform): Electron.MenuItemConstructorOptions[] {
  const own: Electron.MenuItemConstructorOptions[] = platform === 'darwin' ? [{ role: 'appMenu' }] : [];
  return [
    ...own,
    { role: 'fileMenu' },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'reload' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ];
}
