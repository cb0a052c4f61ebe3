/** Entry of the desktop program; bundled into out/main/main.js, beside engine.js and decode.js. */
import * as electron from 'electron';
import { join } from 'node:path';
import { makeConfig } from '../config.ts';
import { createHost } from '../host.ts';
import { startDesktop } from './desktop.ts';

const out = join(import.meta.dirname, '..');
// Packs lie beside the archive when the program is packaged, in the repository otherwise.
const models = electron.app.isPackaged
  ? join(process.resourcesPath, 'models')
  : join(electron.app.getAppPath(), 'models');

// Not awaited here: Electron is ready only after this module has been loaded to its end.
startDesktop({
  electron,
  openHost: (platform) =>
    createHost(makeConfig({ models: process.env['ACCENT_MODELS'] ?? models }), platform),
  page: join(out, 'renderer'),
  preload: join(out, 'preload', 'index.cjs'),
  processes: import.meta.dirname,
  log: (line) => {
    console.error(line);
  },
}).catch((error: unknown) => {
  console.error(error);
  electron.app.exit(1);
});
