/** Where things lie. Defaults < environment < flags. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Config {
  /** Data folder: catalog, images, thumbnails, settings. */
  readonly home: string;
  /** Folders with packs, in order. */
  readonly packFolders: readonly string[];
  /** The sample reference folder that ships with the studio. */
  readonly sampleFolder: string;
  /** Port of `serve`, told in the lease; null without one. */
  readonly port: number | null;
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

export function makeConfig(flags: { home?: string; port?: number | null; models?: string } = {}): Config {
  const models =
    flags.models ?? process.env['ACCENT_MODELS'] ?? fileURLToPath(new URL('../models', import.meta.url));
  const home = flags.home ?? defaultHome();
  return {
    home,
    packFolders: [models, join(home, 'packs')],
    sampleFolder: join(models, 'sample'),
    port: flags.port ?? null,
  };
}
