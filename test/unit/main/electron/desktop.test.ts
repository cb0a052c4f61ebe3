import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError, connect, contract } from '../../../../contract/index.ts';
import type { QueueState } from '../../../../contract/index.ts';
import type { Host, Platform } from '../../../../main/host.ts';
import { startDesktop } from '../../../../main/electron/desktop.ts';
import { electronLink } from '../../../../renderer/bridge/electron-link.ts';
import type { PreloadLink } from '../../../../renderer/bridge/electron-link.ts';
import { fakeElectron, fakePreload } from './fake-electron.ts';

let page: string;
beforeEach(async () => {
  page = await mkdtemp(join(tmpdir(), 'page-'));
  await writeFile(join(page, 'index.html'), 'the page');
});
afterEach(async () => {
  await rm(page, { recursive: true });
});

const through: QueueState = { paused: false, running: null, turn: null, waiting: [] };

/** A queue in which nothing happens. */
async function* idle(): AsyncGenerator<QueueState> {
  yield through;
  await new Promise(() => undefined);
}

/** As much of a host as these tests ask for. */
function fakeHost({
  imageCount = 0,
  builtIn = false,
  checked = Promise.resolve(),
  queue = idle,
}: {
  imageCount?: number;
  builtIn?: boolean;
  checked?: Promise<void>;
  queue?: () => AsyncGenerator<QueueState>;
} = {}) {
  const calls: string[] = [];
  const offered: string[] = [];
  const host = {
    services: {
      jobs: { queue },
      catalog: {
        roots: () => ({ roots: imageCount > 0 ? [{ imageCount, builtIn }] : [] }),
        async *importFolder({ rootId, packId }: { rootId: string; packId: string }) {
          calls.push(`import ${rootId} ${packId}`);
          yield { type: 'report' };
        },
      },
      packs: {
        list: () => ({
          packs: [
            { packId: 'eval', role: 'evaluation' },
            { packId: 'gen', role: 'generation', domain: 'people' },
            { packId: 'zoo', role: 'generation', domain: 'scenes' },
          ],
          refused: [],
        }),
      },
    },
    checked: () => checked,
    async sampleRoot(domain: string) {
      offered.push(domain);
      return { rootId: domain, builtIn: true, imageCount };
    },
    asset: async () => ({ bytes: Uint8Array.of(9), type: 'image/png' as const }),
    close: async () => {
      calls.push('close');
    },
  };
  return { calls, offered, host: host as unknown as Host };
}

async function start(given: Partial<Parameters<typeof startDesktop>[0]> = {}, lock = true) {
  const fake = fakeElectron();
  fake.app.hasLock = lock;
  const { host, calls } = fakeHost();
  const platforms: Platform[] = [];
  const log: string[] = [];
  await startDesktop({
    electron: fake.electron,
    openHost: (platform) => {
      platforms.push(platform);
      return host;
    },
    page,
    preload: 'preload.cjs',
    processes: 'out',
    log: (line) => log.push(line),
    ...given,
  });
  return { ...fake, calls, platforms, log };
}

describe('startDesktop', () => {
  it('takes the lock before anything else, and the scheme and the sandbox before it is ready', async () => {
    const { app } = await start();
    expect(app.calls).toEqual(['lock', 'schemes', 'sandbox', 'ready']);
  });

  it('leaves the catalog alone when another one runs', async () => {
    const { app, platforms, windows } = await start({}, false);
    expect(app.calls.slice(0, 2)).toEqual(['lock', 'quit']);
    expect([platforms, windows]).toEqual([[], []]);
  });

  it('shows why it cannot start, and ends', async () => {
    const { app, boxes, windows } = await start({
      openHost: () => {
        throw new AppError('catalog_locked', 'Process 7 uses this catalog.');
      },
    });
    expect(boxes).toEqual([['Accent Studio cannot start', 'Process 7 uses this catalog.']]);
    expect(app.calls.at(-1)).toBe('exit 1');
    expect(windows).toEqual([]);
    const unbuilt = await start({ page: join(page, 'none') });
    expect(unbuilt.boxes[0]?.[1]).toContain('npm run build');
    expect(unbuilt.platforms).toEqual([]);
  });

  it('ends, and says why, when the catalog is found damaged later', async () => {
    const checked = Promise.reject(new AppError('catalog_damaged', 'Restore a backup.'));
    checked.catch(() => undefined);
    const { host, calls } = fakeHost({ imageCount: 1, checked });
    const { app, boxes } = await start({ openHost: () => host });
    await vi.waitFor(() => {
      expect(app.calls).toContain('exit 0');
    });
    expect(boxes).toEqual([['Accent Studio cannot go on', 'Restore a backup.']]);
    expect(calls).toContain('close');
  });

  it('connects the page to the host: contract, pictures, folder dialog, child processes', async () => {
    const { ipcMain, windows, handled, platforms, forks } = await start();
    const contents = windows[0]?.contents;
    if (!contents) throw new Error('no window');
    const { module, exposed } = fakePreload(ipcMain, contents);
    vi.resetModules();
    vi.doMock('electron', () => module);
    await import('../../../../preload/index.ts');
    const client = connect(contract, electronLink(exposed['link'] as PreloadLink));
    expect((await client.packs.list({})).packs).toHaveLength(3);
    const picture = await handled['studio']?.({ url: 'studio://app/assets/a', method: 'GET' } as Request);
    expect(new Uint8Array((await picture?.arrayBuffer()) ?? [])).toEqual(Uint8Array.of(9));
    expect(await platforms[0]?.pickFolder?.()).toBe('picked');
    expect(platforms[0]?.appVersion).toBe('1.2.3');
    platforms[0]?.spawn('decode', () => new AppError('decode_lost', 'gone'));
    expect(forks.map(({ file }) => file)).toEqual([join('out', 'decode.js')]);
    expect(() => (exposed['link'] as { send(x: unknown): void }).send('text')).toThrow(TypeError);
  });

  it('takes in the sample images once, when there are none', async () => {
    const { calls } = await start();
    await vi.waitFor(() => {
      expect(calls).toEqual(['import people gen']);
    });
    const filled = fakeHost({ imageCount: 3 });
    await start({ openHost: () => filled.host });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(filled.calls).toEqual([]);
    expect(filled.offered).toEqual([]);
  });

  it('offers the sample images of a pack that came later, beside those that were taken in', async () => {
    const { host, calls, offered } = fakeHost({ imageCount: 6, builtIn: true });
    await start({ openHost: () => host });
    await vi.waitFor(() => {
      expect(offered).toContain('scenes');
    });
    expect(calls).toEqual([]);
  });

  it('closes the host once and then ends', async () => {
    const { app, calls } = await start();
    app.emit('window-all-closed');
    app.quit();
    await vi.waitFor(() => {
      expect(app.calls).toContain('exit 0');
    });
    expect(calls.filter((call) => call === 'close')).toHaveLength(1);
    expect(app.calls.filter((call) => call === 'prevented')).toHaveLength(2);
  });

  it('only hides a window that is closed while a run is on, and ends when the queue is through', async () => {
    const states: ((state: QueueState) => void)[] = [];
    const next = () => new Promise<QueueState>((resolve) => states.push(resolve));
    const { host } = fakeHost({
      imageCount: 1,
      async *queue() {
        for (;;) yield await next();
      },
    });
    const { app, windows } = await start({ openHost: () => host });
    const [window] = windows;
    const say = async (change: Partial<QueueState>) => {
      await vi.waitFor(() => {
        expect(states).toHaveLength(1);
      });
      states.shift()?.({ ...through, ...change });
      await vi.waitFor(() => {
        expect(states).toHaveLength(1);
      });
    };
    let prevented = 0;
    const close = () => window?.emit('close', { preventDefault: () => prevented++ });
    await say({ paused: true, waiting: ['b'] });
    close();
    expect(prevented).toBe(0);
    await say({ running: 'a', waiting: ['b'] });
    close();
    expect([prevented, window?.calls]).toEqual([1, ['hide']]);
    // Started again it is there again, and ends with nothing.
    app.emit('second-instance');
    expect(window?.calls).toEqual(['hide', 'restore', 'focus', 'show']);
    await say({});
    expect(app.calls).not.toContain('quit');
    await say({ running: 'b' });
    close();
    await say({ waiting: ['c'] });
    expect(app.calls).not.toContain('quit');
    states.shift()?.(through);
    await vi.waitFor(() => {
      expect(app.calls).toContain('exit 0');
    });
    expect(prevented).toBe(2);
    // What quits asks for its end, window and all.
    close();
    expect(prevented).toBe(2);
  });

  it('comes to the front when it is started again', async () => {
    const { app, windows } = await start();
    app.emit('second-instance');
    expect(windows[0]?.calls).toEqual(['restore', 'focus']);
  });

  it('has no menu entry that opens a web page', async () => {
    const { menu } = await start();
    expect(JSON.stringify(menu())).not.toMatch(/help|about:|http/i);
    expect(menu().length).toBeGreaterThanOrEqual(4);
  });
});
