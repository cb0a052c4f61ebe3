// Checks each environment against its own tsconfig: what a folder may see is decided by its `lib` and `types`.
// A tsconfig whose folder has no TypeScript yet is skipped and named.
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Name of tsconfig.NAME.json, its sources, and the compiler: vue-tsc wherever a .vue file can be reached. */
const environments = [
  { name: 'contract', sources: 'contract/**/*.ts', compiler: 'typescript/bin/tsc' },
  { name: 'main', sources: 'main/**/*.ts', compiler: 'typescript/bin/tsc' },
  { name: 'preload', sources: 'preload/**/*.ts', compiler: 'typescript/bin/tsc' },
  { name: 'renderer', sources: 'renderer/**/*.{ts,vue}', compiler: 'vue-tsc/bin/vue-tsc.js' },
  { name: 'native', sources: 'native/**/*.ts', compiler: 'typescript/bin/tsc' },
  { name: 'training', sources: 'training/**/*.ts', compiler: 'typescript/bin/tsc' },
  { name: 'test', sources: 'test/**/*.ts', compiler: 'vue-tsc/bin/vue-tsc.js' },
];

/**
 * Runs one compiler; resolves with its exit code and output.
 * @param {string} compiler
 * @param {string} name
 * @returns {Promise<{ code: number, output: string }>}
 */
function check(compiler, name) {
  return new Promise((resolve) => {
    const args = [
      join(root, 'node_modules', compiler),
      '-p',
      `tsconfig.${name}.json`,
      '--noEmit',
      '--pretty',
      'false',
    ];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !environments.some((e) => e.name === name));
if (unknown.length > 0) {
  console.error(
    `No environment ${unknown.join(', ')}; there are ${environments.map((e) => e.name).join(', ')}.`,
  );
  process.exit(2);
}
const queue = environments.filter((e) => wanted.length === 0 || wanted.includes(e.name));
let failed = 0;

async function worker() {
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (globSync(next.sources, { cwd: root }).length === 0) {
      console.log(`${next.name}: no files yet`);
      continue;
    }
    const { code, output } = await check(next.compiler, next.name);
    if (code !== 0) failed++;
    console.log(`${next.name}: ${code === 0 ? 'ok' : `failed\n${output.trimEnd()}`}`);
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
process.exit(failed === 0 ? 0 : 1);
