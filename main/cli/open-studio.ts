/** `npm start` without a command, and `serve`: the studio in a window or in a browser. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '#contract';
import { startServe } from '../serve/index.ts';
import type { Output } from './output.ts';
import { choosePack, ensureReferences, openHost } from './studio.ts';

export interface OpenOptions {
  readonly catalog: string | undefined;
  readonly port: string | undefined;
  readonly refs: string | undefined;
  /** Open a window or a browser; `serve` only prints the link. */
  readonly browser: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Electron's binary where its package has downloaded one, else null. */
export function electronBinary(): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const name = existsSync(join(folder, 'path.txt'))
      ? readFileSync(join(folder, 'path.txt'), 'utf8').trim()
      : 'electron';
    const path = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name);
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new AppError('invalid_input', `--port: expected 1 to 65535, got "${text}".`);
  return port;
}

/** Opens a link with the system's own opener; without a screen the printed link is all there is. */
function openBrowser(url: string): void {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return;
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** Resolves when the studio is closed (window closed, or the signal). */
export async function openStudio({
  catalog,
  port,
  refs,
  browser,
  output,
  signal,
}: OpenOptions): Promise<void> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const electron = browser ? electronBinary() : null;
  if (electron) {
    const child = spawn(electron, [root], {
      stdio: 'inherit',
      env: { ...process.env, ...(catalog === undefined ? {} : { ACCENT_HOME: catalog }) },
    });
    await new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return;
  }
  if (browser)
    output.note(
      'Electron is not installed (about 120 MB: npx install-electron); the studio opens in your browser instead.',
    );
  const wanted = parsePort(port);
  const host = openHost(catalog, wanted === 0 ? null : wanted);
  try {
    const served = await startServe(host, { port: wanted, page: join(root, 'out', 'renderer') });
    output.line(served.url);
    output.result({ url: served.url, port: served.port });
    // The link works at once; references come in beside it.
    const ready = choosePack(host.services, undefined, signal)
      .then((pack) => ensureReferences(host, refs, pack.packId, output, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) output.note(`accent: ${error instanceof Error ? error.message : String(error)}`);
      });
    if (browser) openBrowser(served.url);
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await served.close();
    await ready;
  } finally {
    await host.close();
  }
}
