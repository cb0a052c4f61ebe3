/** As much of Electron as the shell uses, without its binary. What the shell sets is kept, to be looked at. */
import { EventEmitter } from 'node:events';
import type * as Electron from 'electron';

export const ORIGIN = 'studio://app';

type Handlers = Readonly<Record<string, (...args: never[]) => unknown>>;

/** A frame as main sees it. */
export interface FakeFrame {
  parent: FakeFrame | null;
  origin: string;
  url: string;
}

let lastId = 0;

/** The page's side of a window: `documents` are what a preload script registered, newest last. */
export class FakeContents extends EventEmitter {
  readonly id = ++lastId;
  readonly frame: FakeFrame = { parent: null, origin: ORIGIN, url: `${ORIGIN}/` };
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  destroyed = false;
  readonly renderer = new EventEmitter();

  setWindowOpenHandler(handler: NonNullable<FakeContents['openHandler']>): void {
    this.openHandler = handler;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  /** Main to page; like Electron, copied and later. */
  send(channel: string, ...args: unknown[]): void {
    const copy = structuredClone(args);
    setImmediate(() => this.renderer.emit(channel, {}, ...copy));
  }
}

export class FakeIpcMain extends EventEmitter {
  /** Page to main, from a frame. */
  deliver(channel: string, contents: FakeContents, frame: FakeFrame | null, ...args: unknown[]): void {
    const copy = structuredClone(args);
    setImmediate(() => this.emit(channel, { sender: contents, senderFrame: frame }, ...copy));
  }
}

export class FakeSession {
  readonly set: Record<string, unknown> = {};
  readonly handlers: Record<string, (...args: never[]) => unknown> = {};
  setPermissionRequestHandler = (handler: never): void => {
    this.handlers['request'] = handler;
  };
  setPermissionCheckHandler = (handler: never): void => {
    this.handlers['check'] = handler;
  };
  setDevicePermissionHandler = (handler: never): void => {
    this.handlers['device'] = handler;
  };
  setSpellCheckerEnabled = (on: boolean): void => {
    this.set['spellChecker'] = on;
  };
  webRequest = {
    onBeforeRequest: (handler: never): void => {
      this.handlers['before'] = handler;
    },
  };
}

export class FakeApp extends EventEmitter {
  readonly calls: string[] = [];
  hasLock = true;
  requestSingleInstanceLock(): boolean {
    this.calls.push('lock');
    return this.hasLock;
  }
  enableSandbox(): void {
    this.calls.push('sandbox');
  }
  whenReady(): Promise<void> {
    this.calls.push('ready');
    return Promise.resolve();
  }
  getVersion(): string {
    return '1.2.3';
  }
  quit(): void {
    this.calls.push('quit');
    this.emit('before-quit');
    this.emit('will-quit', { preventDefault: () => this.calls.push('prevented') });
  }
  exit(code: number): void {
    this.calls.push(`exit ${code}`);
  }
}

export class FakeChild extends EventEmitter {
  pid: number | undefined = 4242;
  readonly sent: unknown[] = [];
  postMessage(message: unknown): void {
    this.sent.push(message);
  }
  kill(): boolean {
    this.emit('exit', 0);
    return true;
  }
}

export function fakeElectron() {
  const app = new FakeApp();
  const ipcMain = new FakeIpcMain();
  const session = new FakeSession();
  const windows: {
    options: Electron.BrowserWindowConstructorOptions;
    urls: string[];
    contents: FakeContents;
    calls: string[];
    emit(event: string, ...args: unknown[]): void;
  }[] = [];
  const schemes: Electron.CustomScheme[] = [];
  const handled: Record<string, (request: Request) => Promise<Response>> = {};
  const boxes: string[][] = [];
  const forks: { file: string; options: unknown; child: FakeChild }[] = [];
  let menu: Electron.MenuItemConstructorOptions[] = [];

  class FakeWindow extends EventEmitter {
    readonly webContents = new FakeContents();
    readonly urls: string[] = [];
    readonly calls: string[] = [];
    constructor(readonly_: Electron.BrowserWindowConstructorOptions) {
      super();
      windows.push({
        options: readonly_,
        urls: this.urls,
        contents: this.webContents,
        calls: this.calls,
        emit: (event, ...args) => this.emit(event, ...args),
      });
      app.emit('web-contents-created', {}, this.webContents);
    }
    loadURL(url: string): Promise<void> {
      this.urls.push(url);
      return Promise.resolve();
    }
    show(): void {
      this.calls.push('show');
    }
    hide(): void {
      this.calls.push('hide');
    }
    focus(): void {
      this.calls.push('focus');
    }
    restore(): void {
      this.calls.push('restore');
    }
    isMinimized(): boolean {
      return true;
    }
  }
  const electron = {
    app,
    ipcMain,
    BrowserWindow: FakeWindow,
    session: { defaultSession: session },
    protocol: {
      registerSchemesAsPrivileged: (list: Electron.CustomScheme[]) => {
        app.calls.push('schemes');
        schemes.push(...list);
      },
      handle: (scheme: string, handler: (request: Request) => Promise<Response>) => {
        handled[scheme] = handler;
      },
    },
    dialog: {
      showErrorBox: (...box: string[]) => boxes.push(box),
      showOpenDialog: async () => ({ canceled: false, filePaths: ['picked'] }),
    },
    Menu: {
      buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
      setApplicationMenu: (template: Electron.MenuItemConstructorOptions[]) => {
        menu = template;
      },
    },
    utilityProcess: {
      fork: (file: string, _args: string[], options: unknown) => {
        const child = new FakeChild();
        forks.push({ file, options, child });
        return child;
      },
    },
  } satisfies Handlers | Record<string, unknown>;
  return {
    // The fake has the members that the shell uses, not Electron's whole surface.
    electron: electron as unknown as typeof Electron,
    app,
    ipcMain,
    session,
    windows,
    schemes,
    handled,
    boxes,
    forks,
    menu: () => menu,
  };
}

/** What the page's world gets, with Electron's preload side played by the fake. */
export function fakePreload(ipcMain: FakeIpcMain, contents: FakeContents) {
  const exposed: Record<string, unknown> = {};
  return {
    exposed,
    module: {
      contextBridge: {
        exposeInMainWorld: (name: string, value: unknown) => {
          exposed[name] = value;
        },
      },
      ipcRenderer: {
        on: (channel: string, listener: (...args: unknown[]) => void) =>
          contents.renderer.on(channel, listener),
        send: (channel: string, ...args: unknown[]) => {
          ipcMain.deliver(channel, contents, contents.frame, ...args);
        },
      },
    },
  };
}
