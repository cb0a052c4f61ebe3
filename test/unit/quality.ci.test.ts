import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a tool complained about; empty when it was content. */
function complaints(script: string, args: string[]): string {
  const run = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
  return run.status === 0 ? '' : `${run.stdout}${run.stderr}` || `exit code ${run.status}`;
}

it('every environment passes its type check', () => {
  expect(complaints('scripts/typecheck.mjs', [])).toBe('');
});

it('the linter has nothing to say', () => {
  expect(complaints('node_modules/eslint/bin/eslint.js', ['--max-warnings', '0', '.'])).toBe('');
});

it('every file is formatted', () => {
  expect(complaints('node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])).toBe(
    '',
  );
});
