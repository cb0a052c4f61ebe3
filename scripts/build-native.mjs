// Builds the gradient kernel (npm's postinstall). Without CMake or a compiler it says so in one line and goes on: the
// studio then uses the ONNX graph of the same gradient, and scans vectors in WebAssembly. With CI=true a missing kernel is a failure.
//   node scripts/build-native.mjs [--lab] [--fuzz] [--sanitize] [--out native/build]
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Configures and builds. Returns the last lines of what went wrong, or null.
 * @param {{ out: string, flags: readonly string[], env?: Readonly<Record<string, string>> }} options
 */
export function buildNative({ out, flags, env = {} }) {
  const modules = join(root, 'node_modules');
  if (!existsSync(join(modules, 'node-addon-api')))
    return 'node-addon-api is not installed (a production install)';
  const ninja = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
  const cmake = (/** @type {readonly string[]} */ args) =>
    spawnSync('cmake', args, { encoding: 'utf8', env: { ...process.env, ...env } });
  const configure = (/** @type {boolean} */ fresh) =>
    cmake(['-S', join(root, 'native'), '-B', out, ...(fresh ? ninja : []), `-DMODULES=${modules}`, ...flags]);
  const fresh = !existsSync(join(out, 'CMakeCache.txt'));
  let run = configure(fresh);
  if (run.error) return 'CMake was not found; install cmake and a C++ compiler';
  if (run.status !== 0 && !fresh) {
    // A cache of another place or compiler, for example of a checkout that was moved.
    rmSync(out, { recursive: true, force: true });
    run = configure(true);
  }
  if (run.status === 0) {
    run = cmake(['--build', out, '--config', 'Release', '--parallel', String(availableParallelism())]);
  }
  if (run.status === 0) return null;
  const lines = `${run.stdout}${run.stderr}`.trim().split('\n');
  return `${lines.find((line) => /error/i.test(line))?.trim() ?? 'cmake failed'}\n${lines.slice(-15).join('\n')}`;
}

/** @param {readonly string[]} args */
function main(args) {
  const begin = Date.now();
  const out = args.includes('--out')
    ? String(args[args.indexOf('--out') + 1])
    : join(root, 'native', 'build');
  const flags = ['lab', 'fuzz', 'sanitize'].map(
    (name) => `-DKERNEL_${name.toUpperCase()}=${args.includes(`--${name}`) ? 'ON' : 'OFF'}`,
  );
  const problem = buildNative({ out, flags });
  if (problem === null) {
    console.log(`Built the gradient kernel in ${((Date.now() - begin) / 1000).toFixed(1)} s.`);
  } else if (process.env.CI === 'true') {
    console.error(`The gradient kernel could not be built: ${problem}`);
    process.exitCode = 1;
  } else {
    console.warn(
      `The gradient kernel was not built, the slower ONNX graph and the slower search take its place: ${problem.split('\n')[0]}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
