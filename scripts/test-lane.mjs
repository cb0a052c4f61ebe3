// Runs one of vitest's slower lanes: node scripts/test-lane.mjs ci|long [vitest arguments].
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [lane = '', ...args] = process.argv.slice(2);
const run = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, TEST_LANE: lane },
});
process.exit(run.status ?? 1);
