/** `npm start` without a command, and `serve`: the studio in a window or in a browser. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '#contract';
import { offerSamples } from '../samples.ts';
import { isLoopback, reachedAt, startServe } from '../serve/index.ts';
import type { Output } from './output.ts';
import { choosePack, ensureReferences, openHost } from './studio.ts';

export interface OpenOptions {
  readonly catalog: string | undefined;
  readonly port: string | undefined;
  /** The address that is listened on; absent: loopback. */
  readonly hostname?: string | undefined;
  /** Folders that pages from other machines may add. */
  readonly offered?: readonly string[];
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

/** The system's own opener of links; null without a screen, where the printed link is all there is. */
export function openerOf(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): { readonly command: string; readonly args: readonly string[] } | null {
  if (platform === 'darwin') return { command: 'open', args: [] };
  if (platform === 'win32') return { command: 'cmd', args: ['/c', 'start', ''] };
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? { command: 'xdg-open', args: [] } : null;
}

/** The one line about a missing desktop shell: what is missing, how large it is, how to get it, and what happens now. */
export const withoutElectron = (opens: boolean): string =>
  `Electron is not installed (about 120 MB: npx install-electron); ${
    opens ? 'the studio opens in your browser instead.' : 'open this link in a browser instead:'
  }`;

/** The one line about a studio that others can reach: where, what they can do, and which folders they can add. */
export function openNote(addresses: readonly string[], port: number, offered: readonly string[]): string {
  const where = addresses.length === 0 ? `port ${port}` : addresses.map((a) => `${a}:${port}`).join(', ');
  const folders =
    offered.length === 0 ? 'no folders (see --root)' : `only these folders: ${offered.join(', ')}`;
  return `whoever reaches ${where} with the link sees and changes this whole studio, unencrypted; from elsewhere they can add ${folders}.`;
}

/** Throws `invalid_input` for a folder that is not there: whoever offers it sits at this machine and may be told. */
function checkOffered(offered: readonly string[]): void {
  for (const path of offered)
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new AppError(
        'invalid_input',
        `--root: there is no folder "${path}". Expected an existing folder.`,
      );
}

/** Resolves when the studio is closed (window closed, or the signal). */
export async function openStudio({
  catalog,
  port,
  hostname = '127.0.0.1',
  offered = [],
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
  const opener = browser ? openerOf(process.platform, process.env) : null;
  if (browser) output.note(withoutElectron(opener !== null));
  const wanted = parsePort(port);
  checkOffered(offered);
  const host = openHost(catalog, wanted === 0 ? null : wanted, { mayType: true, offered });
  try {
    const served = await startServe(host, { port: wanted, hostname, page: join(root, 'out', 'renderer') });
    const others = isLoopback(hostname) ? [] : reachedAt(hostname);
    if (!isLoopback(hostname)) output.note(`Take care: ${openNote(others, served.port, offered)}`);
    for (const problem of await host.placeProblems()) output.note(`Take care: ${problem}`);
    output.line(served.url);
    // A wildcard's own link is for this machine; a browser elsewhere needs one by an address that it can reach.
    for (const other of others.filter((address) => address !== hostname).slice(0, 1))
      output.line(`from another machine: ${served.newUrl(other)}`);
    output.result({ url: served.url, port: served.port });
    // The link works at once; references come in beside it.
    const ready = choosePack(host.services, undefined, signal)
      .then((pack) => ensureReferences(host, refs, pack, output, signal))
      .then(() => offerSamples(host, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) output.note(`accent: ${error instanceof Error ? error.message : String(error)}`);
      });
    if (opener) {
      const child = spawn(opener.command, [...opener.args, served.url], { stdio: 'ignore', detached: true });
      // No opener: the link stands there.
      child.on('error', () => undefined);
      child.unref();
    }
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      // A catalog that turns out to be damaged ends the studio, as one that does so at the start.
      await Promise.race([aborted, host.checked().then(() => aborted)]);
    } finally {
      await served.close();
      await ready;
    }
  } finally {
    await host.close();
  }
}
