/**
 * The NEON path, compiled by a cross compiler and run by an emulator: the lab's random shapes against vit_ref.cc. Where
 * the two programs are missing this fails and names the packages, since a skipped path would look like a working one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildNative } from '../../scripts/build-native.mjs';

const COMPILER = 'aarch64-linux-gnu-g++';
const folder = mkdtempSync(join(tmpdir(), 'kernel-neon-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const works = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

it('40 random shapes under qemu: NEON agrees with the reference, same bits for 1 and N threads', () => {
  const emulator = process.arch === 'arm64' ? null : ['qemu-aarch64', 'qemu-aarch64-static'].find(works);
  const cross = process.arch === 'arm64' ? [] : [`-DCMAKE_CXX_COMPILER=${COMPILER}`];
  if (emulator === undefined || (cross.length > 0 && !works(COMPILER)))
    throw new Error(
      'The NEON test needs an emulator and a cross compiler. On Debian: apt-get install qemu-user g++-aarch64-linux-gnu',
    );
  if (cross.length > 0)
    cross.push(
      '-DCMAKE_SYSTEM_NAME=Linux',
      '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
      '-DCMAKE_EXE_LINKER_FLAGS=-static',
    );
  const out = join(folder, 'lab');
  expect(buildNative({ out, flags: ['-DKERNEL_LAB=ON', '-DKERNEL_ADDON=OFF', ...cross] })).toBeNull();
  const lab = join(out, 'lab');
  const args = ['check', '40', String(Date.now())];
  const run = emulator
    ? spawnSync(emulator, [lab, ...args], { encoding: 'utf8' })
    : spawnSync(lab, args, { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/^paths: neon$/m);
  expect(run.stdout).toMatch(/^40 shapes, 0 failures/m);
  expect(run.status).toBe(0);
});
