/**
 * The kernel under AddressSanitizer and UndefinedBehaviorSanitizer, and the safetensors reader and the argument boundary
 * under libFuzzer (clang) for FUZZ_SECONDS, 600 by default. Where clang is missing this fails and says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildNative } from '../../scripts/build-native.mjs';
import { fixture, TINY } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'kernel-sanitize-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('60 random shapes on every path: no report of either sanitizer', () => {
  const out = join(folder, 'lab');
  const flags = ['-DKERNEL_LAB=ON', '-DKERNEL_ADDON=OFF', '-DKERNEL_SANITIZE=ON'];
  expect(buildNative({ out, flags })).toBeNull();
  const run = spawnSync(join(out, 'lab'), ['check', '60', String(Date.now())], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/^60 shapes, 0 failures/m);
});

it('the reader and the arguments survive libFuzzer', () => {
  if (spawnSync('clang++', ['--version']).status !== 0)
    throw new Error('The fuzz target needs clang with libFuzzer. On Debian: apt-get install clang');
  const out = join(folder, 'fuzz');
  const flags = ['-DKERNEL_FUZZ=ON', '-DKERNEL_ADDON=OFF', '-DKERNEL_SANITIZE=ON'];
  expect(buildNative({ out, flags, env: { CXX: 'clang++' } })).toBeNull();
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  for (const name of TINY) {
    // The first byte sends what follows to the reader (even) or to the arguments (odd): lab/fuzz.cc.
    const bytes = readFileSync(fixture(`${name}.safetensors`));
    writeFileSync(join(corpus, name), Buffer.concat([Buffer.from([0]), bytes]));
  }
  writeFileSync(join(corpus, 'call'), Buffer.from([1, 0, 1, 9, 9, 2, 0, 5, 7, 11, 13]));
  writeFileSync(join(corpus, 'resized'), Buffer.from([1, 128, 2, 12, 31, 2, 0, 5, 7, 11, 13]));
  writeFileSync(join(corpus, 'options'), Buffer.from([1, 127, 1, 2, 5, 3, 1, 200, 3, 1, 1, 1, 3, 1, 1, 1]));
  const seconds = process.env.FUZZ_SECONDS ?? '600';
  const args = [`-max_total_time=${seconds}`, '-max_len=200000', '-rss_limit_mb=2048', '-timeout=20', corpus];
  const run = spawnSync(join(out, 'fuzz'), args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(run.status, run.stderr.slice(-3000)).toBe(0);
});
