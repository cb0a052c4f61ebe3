/** The lab, built from source: 200 random encoders, and 100,000 calls that must not leak. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildNative } from '../../scripts/build-native.mjs';
import { fixture, kernel, uniform } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'kernel-lab-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('200 random shapes: central differences in f64 within 1e-6, every path with the reference, same bits', () => {
  expect(buildNative({ out: folder, flags: ['-DKERNEL_LAB=ON', '-DKERNEL_ADDON=OFF'] })).toBeNull();
  const run = spawnSync(join(folder, 'lab'), ['check', '200', String(Date.now())], { encoding: 'utf8' });
  expect(run.stdout).toMatch(/^200 shapes, 0 failures/m);
  expect(run.status).toBe(0);
});

it('100,000 calls leak at most 5 MiB', async () => {
  const encoder = await kernel().loadEncoder(fixture('hf-plain.safetensors'), { threads: 1 });
  const image = uniform(1, 3 * 12 * 12);
  const cotangent = uniform(2, 32);
  const calls = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      if (i % 100 === 0) await encoder.embed(new Float32Array(3)).catch(() => undefined);
      await encoder.vjp(image, cotangent);
    }
    globalThis.gc?.();
    return process.memoryUsage().rss / 2 ** 20;
  };
  // The heap settles first; then the growth of all the rest counts.
  await calls(20_000);
  const before = Math.min(await calls(5_000), await calls(5_000));
  const after = Math.min(await calls(90_000), await calls(5_000), await calls(5_000));
  expect(after - before).toBeLessThan(5);
});
