/**
 * The kernel under AddressSanitizer and UndefinedBehaviorSanitizer, and the safetensors reader under libFuzzer
 * (clang) for FUZZ_SECONDS, 600 by default.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

it('the reader survives libFuzzer', () => {
  const out = join(folder, 'fuzz');
  const flags = ['-DKERNEL_FUZZ=ON', '-DKERNEL_ADDON=OFF', '-DKERNEL_SANITIZE=ON'];
  expect(buildNative({ out, flags, env: { CXX: 'clang++' } })).toBeNull();
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  for (const name of TINY) {
    const bytes = readFileSync(fixture(`${name}.safetensors`));
    writeFileSync(join(corpus, name), Buffer.concat([Buffer.from([0]), bytes]));
  }
  copyFileSync(fixture('hf-plain.expected.safetensors'), join(corpus, 'no-encoder'));
  const seconds = process.env.FUZZ_SECONDS ?? '600';
  const args = [`-max_total_time=${seconds}`, '-max_len=200000', '-rss_limit_mb=2048', '-timeout=20', corpus];
  const run = spawnSync(join(out, 'fuzz'), args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(run.status, run.stderr.slice(-3000)).toBe(0);
});
