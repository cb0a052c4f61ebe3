/** The whole studio behind a browser: a real host with the tiny pack, its child processes, `serve`, the built page. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeConfig } from '../../main/config.ts';
import { decodeFrame } from '#contract';
import { createHost } from '../../main/host.ts';
import type { Host } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import type { Spawn } from '../../main/link/index.ts';
import { startServe } from '../../main/serve/index.ts';
import type { Served } from '../../main/serve/index.ts';
import { ensureBuilt } from '../../scripts/build.mjs';
import { pngOf } from '../support/images.ts';
import type { Rgb } from '../support/images.ts';
import { writeTinyPack } from '../support/tiny-pack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Studio {
  /** Changes with a restart, as the host does. */
  served: Served;
  host: Host;
  /** Errors that the host logged. */
  readonly errors: string[];
  /**
   * Runs the command line on a catalog of its own with the same references, and parses what `--json` prints. The
   * address of a picture is its file.
   */
  command(...args: string[]): Promise<unknown>;
  readonly out: string;
  readonly references: string;
  /** Ends the host and its processes in the middle of whatever they do, and opens the same catalog on the same port again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Eight references: shades of red, green and blue, and two greys. */
const COLOURS: readonly Rgb[] = [
  [250, 20, 20],
  [200, 40, 30],
  [20, 240, 30],
  [40, 190, 50],
  [20, 30, 250],
  [50, 40, 200],
  [120, 120, 120],
  [220, 220, 220],
];

/** Milliseconds between two messages of the engine. */
const PACE = 40;

/**
 * Hands the engine's messages on one by one with a pause: the tiny pack is done before a person could press a key, and
 * these tests are about what a person does while it runs.
 */
function unhurried(spawn: Spawn): Spawn {
  return (entry, lost) => {
    const handle = spawn(entry, lost);
    if (entry !== 'engine') return handle;
    // The engine stops within a step; what it has said of a cancelled run, and what of that is still on its way, must not hold up
    // what is asked of it next.
    const cancelled = new Set<unknown>();
    const idOf = (bytes: Uint8Array): unknown => (decodeFrame(bytes) as { id: unknown }).id;
    let waiting: Uint8Array[] = [];
    let receive: ((bytes: Uint8Array) => void) | undefined;
    const timer = setInterval(() => {
      const next = receive && waiting.shift();
      if (next) receive?.(next);
    }, PACE);
    handle.link.onMessage((bytes) => {
      if (!cancelled.has(idOf(bytes))) waiting.push(bytes);
    });
    handle.link.onClose(() => {
      clearInterval(timer);
    });
    const link = {
      ...handle.link,
      send(bytes: Uint8Array) {
        const { type, id } = decodeFrame(bytes) as { type: unknown; id: unknown };
        if (type === 'cancel') {
          cancelled.add(id);
          waiting = waiting.filter((each) => idOf(each) !== id);
        }
        return handle.link.send(bytes);
      },
      onMessage: (handler: (bytes: Uint8Array) => void) => {
        receive = handler;
      },
    };
    return { ...handle, link };
  };
}

/** Takes in the studio's references as a user or a first start would. */
export async function importReferences({
  host,
  references,
}: Pick<Studio, 'host' | 'references'>): Promise<void> {
  const { rootId } = await host.registerRoot(references);
  const signal = new AbortController().signal;
  for await (const event of host.services.catalog.importFolder({ rootId, packId: 'tiny' }, { signal })) {
    if (event.type === 'report' && event.report.imported !== COLOURS.length) {
      throw new Error(`The references were not imported: ${JSON.stringify(event.report)}`);
    }
  }
}

/** `empty`: the references lie in their folder, and nothing is imported yet. */
export async function startStudio({ empty = false } = {}): Promise<Studio> {
  ensureBuilt('renderer');
  const folder = mkdtempSync(join(tmpdir(), 'studio-'));
  const models = join(folder, 'models');
  const references = join(folder, 'references');
  mkdirSync(references, { recursive: true });
  writeTinyPack(models);
  for (const [i, colour] of COLOURS.entries()) {
    writeFileSync(join(references, `${i}.png`), await pngOf(colour));
  }
  const errors: string[] = [];
  const environment = { ACCENT_THREADS: '1' };
  const openHost = (): Host =>
    createHost(makeConfig({ home: join(folder, 'home'), models }), {
      spawn: unhurried(forkSpawn(environment)),
      appVersion: '0.0.0',
      mayType: true,
    });
  const serve = (host: Host, port: number): Promise<Served> =>
    startServe(host, {
      port,
      page: join(root, 'out/renderer'),
      parseOutput: true,
      onError: (error, method) => errors.push(`${method ?? 'http'}: ${error.stack ?? error.message}`),
    });
  const host = openHost();
  if (!empty) await importReferences({ host, references });
  const studio: Studio = {
    served: await serve(host, 0),
    host,
    errors,
    references,
    out: join(folder, 'out'),
    async command(...args) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(root, 'main/cli/index.ts'), ...args, '--catalog', join(folder, 'home-of-command'), '--json'],
        { env: { ...process.env, ...environment, ACCENT_MODELS: models } },
      );
      return JSON.parse(stdout) as unknown;
    },
    async restart() {
      const { port } = studio.served;
      await studio.served.close();
      await studio.host.close();
      studio.host = openHost();
      studio.served = await serve(studio.host, port);
    },
    async close() {
      await studio.served.close();
      await studio.host.close();
      rmSync(folder, { recursive: true });
    },
  };
  return studio;
}
