/**
 * The desktop program itself: its own window, its own child processes, nothing but its own scheme. Needs Electron's binary
 * (`npx install-electron`, about 120 MB) and a screen (on Linux without one: xvfb-run); without them it is skipped and says so.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronBinary } from '../../main/cli/open-studio.ts';
import { ensureBuilt } from '../../scripts/build.mjs';
import { pngOf } from '../support/images.ts';
import { writeTinyPack } from '../support/tiny-pack.ts';
import { usePage } from './studio-page.ts';
import type { StudioPage } from './studio-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const executablePath = electronBinary();

/** Why the desktop program cannot be started here; null where it can. */
function reason(): string | null {
  if (executablePath === null)
    return 'Electron’s binary is not installed: run npx install-electron (about 120 MB)';
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY)
    return 'there is no screen: run under xvfb-run';
  return null;
}
const why = reason();

describe.skipIf(why !== null)(`the desktop program${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string;
  let references: string;
  let app: ElectronApplication;
  let user: StudioPage;

  async function open(): Promise<Page> {
    app = await _electron.launch({
      executablePath: executablePath ?? '',
      // The superuser, as in a container, has no sandbox of Chromium's.
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
      env: {
        ...(process.env as Record<string, string>),
        ACCENT_HOME: join(folder, 'home'),
        ACCENT_MODELS: join(folder, 'models'),
        ACCENT_THREADS: '1',
      },
    });
    return app.firstWindow();
  }

  beforeAll(async () => {
    ensureBuilt('renderer');
    ensureBuilt('desktop');
    folder = mkdtempSync(join(tmpdir(), 'desktop-'));
    references = join(folder, 'pictures');
    mkdirSync(references);
    writeTinyPack(join(folder, 'models'));
    for (const [i, colour] of (
      [
        [220, 20, 20],
        [20, 220, 20],
        [20, 20, 220],
      ] as const
    ).entries())
      writeFileSync(join(references, `${i}.png`), await pngOf([...colour]));
    user = await usePage(await open());
  });
  afterAll(async () => {
    await app?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('adds a folder by the system’s dialog, and makes a pair in processes of its own', async () => {
    await user.go('references');
    await app.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
    }, references);
    await user.page.getByTestId('pick-root').click();
    await user.page.getByTestId('grid-item').nth(2).waitFor();
    await user.go('compose');
    await user.write('a person with red beard');
    await user.stress('red beard');
    expect((await user.references()).every(({ loaded }) => loaded)).toBe(true);
    await user.setNumber('steps', 4);
    await user.generate();
    const { width, rgb } = await user.pixels('refined');
    expect(width).toBeGreaterThan(0);
    expect(new Set(rgb).size).toBeGreaterThan(1);
  });

  it('has asked for nothing but its own scheme, and complained of nothing', () => {
    expect(user.requests.filter((url) => !/^(studio|blob|data|devtools):/.test(url))).toEqual([]);
    expect(user.complaints).toEqual([]);
  });

  it('keeps the pair over a reload and over a restart of the program', async () => {
    await user.reload();
    await user.hasResults(1);
    await app.close();
    user = await usePage(await open());
    await user.hasResults(1);
    expect(await user.resultCount()).toBe(1);
  });

  it('is one program: a second one ends and leaves the catalog alone', async () => {
    const second = await _electron
      .launch({
        executablePath: executablePath ?? '',
        args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
        env: { ...(process.env as Record<string, string>), ACCENT_HOME: join(folder, 'home') },
      })
      .catch(() => null);
    if (second) await second.waitForEvent('close');
    expect(await user.resultCount()).toBe(1);
  });
});
