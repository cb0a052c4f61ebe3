// Builds what is not run from source: the page (out/renderer) and Electron's processes (out/main, out/preload).
//   node scripts/build.mjs            both
//   node scripts/build.mjs --if-needed renderer
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {'renderer' | 'desktop'} Target */

/** What a target is made from, and the file whose age tells when it was made. */
const targets = {
  renderer: {
    sources: ['renderer/**/*', 'contract/**/*', 'vite.config.ts', 'package-lock.json'],
    made: 'out/renderer/index.html',
    build: buildRenderer,
  },
  desktop: {
    sources: [
      'main/**/*',
      'preload/**/*',
      'contract/**/*',
      'native/*.ts',
      'electron.vite.config.ts',
      'package-lock.json',
    ],
    made: 'out/main/main.js',
    build: buildDesktop,
  },
};

/**
 * True when a target was never built, or something that it is made from is newer.
 * @param {Target} name
 * @param {string} [base] the repository
 */
export function isStale(name, base = root) {
  const { sources, made } = targets[name];
  const file = join(base, made);
  if (!existsSync(file)) return true;
  const builtAt = statSync(file).mtimeMs;
  return globSync(sources, { cwd: base }).some((source) => statSync(join(base, source)).mtimeMs > builtAt);
}

/**
 * Builds a target when it is stale. Throws with the tool's output when the build fails.
 * @param {Target} name
 */
export function ensureBuilt(name) {
  if (isStale(name)) targets[name].build();
}

/** Into a folder of its own first, so that a running host or a second build never sees half a page. */
function buildRenderer() {
  const fresh = `out/.renderer-${process.pid}`;
  mkdirSync(join(root, 'out'), { recursive: true });
  tool('vite/bin/vite.js', ['build', '--logLevel', 'warn', '--outDir', join(root, fresh)]);
  const old = `${fresh}-old`;
  if (existsSync(join(root, 'out/renderer'))) renameSync(join(root, 'out/renderer'), join(root, old));
  renameSync(join(root, fresh), join(root, 'out/renderer'));
  rmSync(join(root, old), { recursive: true, force: true });
  touch(targets.renderer.made);
}

function buildDesktop() {
  tool('electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn']);
  touch(targets.desktop.made);
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  utimesSync(join(root, file), now, now);
}

/**
 * @param {string} script below node_modules
 * @param {string[]} args
 */
function tool(script, args) {
  const run = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`${script} ${args.join(' ')} failed:\n${run.stdout}${run.stderr}`);
}

/** @param {string[]} args */
function main(args) {
  const ifNeeded = args.includes('--if-needed');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  for (const name of wanted.length > 0 ? wanted : ['renderer', 'desktop']) {
    if (name !== 'renderer' && name !== 'desktop') {
      throw new Error(`Unknown target "${name}"; expected renderer or desktop.`);
    }
    if (ifNeeded && !isStale(name)) continue;
    const begin = Date.now();
    targets[name].build();
    console.log(`Built ${name} in ${((Date.now() - begin) / 1000).toFixed(1)} s.`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
