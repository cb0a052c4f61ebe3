/** Where things lie. Defaults < environment < flags. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '#contract';

export interface Config {
  /** Data folder: catalog, images, thumbnails, settings. */
  readonly home: string;
  /** Folders with packs, in order. */
  readonly packFolders: readonly string[];
  /** The sample reference folder that ships with the studio. */
  readonly sampleFolder: string;
  /** The attribute reader that scores evaluations; absent: evaluations are refused. */
  readonly readerFolder?: string;
  /** The LPIPS graph that measures between seeds (training.export.lpips); absent: that is not measured. */
  readonly lpipsFile?: string | undefined;
  /** Sets of prompts that ship; absent: none are offered. */
  readonly promptsFolder?: string;
  /** Port of `serve`, told in the lease; null without one. */
  readonly port: number | null;
  /** Threads of the engine, before what the settings say; null leaves it to them. */
  readonly threads?: number | null;
  /** A PostgreSQL server with pgvector for the vectors; absent: they are searched on this machine. */
  readonly vectors?: VectorServer | null;
}

/** The address may hold a password: it is never shown. */
export interface VectorServer {
  readonly url: string;
  /** Search with an HNSW index, no longer exactly. */
  readonly approximate: boolean;
}

/** The user's data folder by the habits of each system. */
export function defaultHome(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env['ACCENT_HOME']) return env['ACCENT_HOME'];
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Accent');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Accent');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'accent');
}

/** ACCENT_THREADS. Throws `invalid_input` for anything but a number of threads. */
export function threadsOf(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new AppError(
    'invalid_input',
    `ACCENT_THREADS: expected a whole number from 1 to 256, got "${text}".`,
  );
}

/** ACCENT_VECTORS and ACCENT_VECTORS_INDEX; null without a server. Throws `invalid_input`, never with the address. */
export function vectorsOf(env: NodeJS.ProcessEnv): VectorServer | null {
  const url = env['ACCENT_VECTORS'];
  const index = env['ACCENT_VECTORS_INDEX'];
  if (url === undefined || url === '') return null;
  if (index !== undefined && index !== '' && index !== 'hnsw')
    throw new AppError(
      'invalid_input',
      `ACCENT_VECTORS_INDEX: expected "hnsw", or nothing for the exact search, got "${index}".`,
    );
  return { url, approximate: index === 'hnsw' };
}

export interface ConfigFlags {
  readonly home?: string;
  readonly port?: number | null;
  readonly models?: string;
  readonly lpips?: string | undefined;
}

export function makeConfig(flags: ConfigFlags = {}): Config {
  const models =
    flags.models ?? process.env['ACCENT_MODELS'] ?? fileURLToPath(new URL('../models', import.meta.url));
  const home = flags.home ?? defaultHome();
  return {
    home,
    packFolders: [models, join(home, 'packs')],
    sampleFolder: join(models, 'sample'),
    readerFolder: join(models, 'evaluation', 'reader'),
    // An empty variable is none.
    lpipsFile: flags.lpips ?? (process.env['ACCENT_LPIPS'] || undefined),
    promptsFolder: join(models, 'evaluation', 'prompts'),
    port: flags.port ?? null,
    threads: threadsOf(process.env['ACCENT_THREADS']),
    vectors: vectorsOf(process.env),
  };
}
