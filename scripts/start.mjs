// `npm start`: the command line, with the page built first where the command shows one.
// A sub-command that draws no window (generate, import, doctor, ...) starts at once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, isStale } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Electron's binary, when its package has downloaded it. */
function hasElectron() {
  const folder = join(root, 'node_modules/electron');
  const pathFile = join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';
  return existsSync(join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), name));
}

const command = process.argv[2];
const showsPage = command === undefined || command === 'serve' || command === 'desktop';
const asksForHelp = process.argv.includes('--help') || process.argv.includes('-h');
if (showsPage && !asksForHelp) {
  if (isStale('renderer')) console.error('Building the page (once after each change of its source) ...');
  ensureBuilt('renderer');
  if (command !== 'serve' && hasElectron()) ensureBuilt('desktop');
}

// The command line reads process.argv as if it had been started itself.
const cli = join(root, 'main/cli/index.ts');
process.argv[1] = cli;
await import(new URL('../main/cli/index.ts', import.meta.url).href);
