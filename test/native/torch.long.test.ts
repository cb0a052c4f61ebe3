/**
 * The kernel against PyTorch's autograd on randomly initialised CLIP vision models: transformers' own where that package
 * is installed, else a module of the same structure and names (clip_vision.py). Needs a Python with torch and numpy:
 * ACCENT_PYTHON, or the studio's own environment.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { findPython } from '../bench/kernel-others.ts';
import { kernel, readTensors, relativeError, tensor } from './support.ts';

const MODELS = 24;
const folder = mkdtempSync(join(tmpdir(), 'kernel-torch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`${MODELS} random CLIP vision models: forward within 2e-5, gradient within 1e-4 of PyTorch's`, async () => {
  const python = findPython();
  if (!python)
    throw new Error('This test needs a Python with torch and numpy: set ACCENT_PYTHON to it and run again.');
  const seed = Date.now() % 1_000_000;
  const script = fileURLToPath(new URL('clip_vision.py', import.meta.url));
  const run = spawnSync(python, [script, folder, String(seed), String(MODELS)], { encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  console.log(`compared with ${run.stdout.trim()}, seed ${seed}`);
  const native = kernel();
  for (let i = 0; i < MODELS; i++) {
    const expected = readTensors(join(folder, `${i}.expected.safetensors`));
    const get = (name: string): Float32Array => tensor(expected, name);
    for (const path of native.paths.filter((name) => name !== 'avx512-bf16')) {
      const encoder = await native.loadEncoder(join(folder, `${i}.safetensors`), { path });
      const { embedding, gradients } = await encoder.vjp(get('image'), get('cotangent'));
      const where = `model ${i} of seed ${seed}, ${path}`;
      expect(relativeError(embedding, get('embedding')), where).toBeLessThan(2e-5);
      expect(relativeError(gradients, get('gradient')), where).toBeLessThan(1e-4);
      encoder.close();
    }
  }
});
