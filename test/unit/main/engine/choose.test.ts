import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerOrder } from '../../../../main/engine/backends/ort/session.ts';
import type { OrtSession, Provider } from '../../../../main/engine/backends/ort/session.ts';
import { choose, deviation, faultOf } from '../../../../main/engine/choose.ts';
import { openPack } from '../../../../main/engine/pack.ts';
import { writeTinyPack } from '../../../support/tiny-pack.ts';

let parent: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'accent-choose-'));
});
afterAll(() => {
  rmSync(parent, { recursive: true });
});

describe('choosing what runs a part', () => {
  it('tries CUDA, then WebGPU or DirectML or CoreML, and the CPU last', () => {
    expect(providerOrder('linux')).toEqual(['cuda', 'webgpu', 'cpu']);
    expect(providerOrder('win32')).toEqual(['cuda', 'webgpu', 'dml', 'cpu']);
    expect(providerOrder('darwin')).toEqual(['webgpu', 'coreml', 'cpu']);
  });

  it('agrees with the formulas on every part', async () => {
    const { folder, manifest } = writeTinyPack(parent, { id: 'good' });
    const pack = openPack(folder, manifest, { threads: 1, order: ['cpu'], native: false });
    for (const part of [
      'denoiser',
      'imageEncoder',
      'imageEncoderVjp',
      'textEncoder',
      'prior',
      'upscaler',
    ] as const) {
      const { name, goldenError, refused } = await pack.inspect(part);
      expect({ part, name, refused }).toEqual({ part, name: 'ort-cpu', refused: [] });
      expect(goldenError).toBeLessThan(0.1);
    }
    await pack.close();
  });

  it('refuses a backend whose numbers are wrong, with the reason', async () => {
    const spoilt = (bytes: Uint8Array): Uint8Array => {
      // The sign of the last number of the file (the upscaled picture's last pixel).
      const copy = Uint8Array.from(bytes);
      copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 0x80;
      return copy;
    };
    const { folder, manifest } = writeTinyPack(parent, { id: 'spoilt', golden: spoilt });
    const pack = openPack(folder, manifest, { threads: 1, order: ['cpu'] });
    await expect(pack.inspect('upscaler')).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringMatching(
        /"upscaler".*ort-cpu: golden check failed: [\d.]+ times the tolerance/,
      ) as string,
    });
    await expect(pack.inspect('prior')).resolves.toMatchObject({ name: 'ort-cpu' });
    await pack.close();
  });

  it('goes on to the next provider, keeps the refusal, and does not try it again for the next part', async () => {
    const { folder, manifest } = writeTinyPack(parent, { id: 'order' });
    const pack = openPack(folder, manifest, { threads: 1, order: ['cuda', 'cpu'], native: false });
    const first = await pack.inspect('prior');
    const second = await pack.inspect('imageEncoder');
    expect(first.name).toBe('ort-cpu');
    expect(first.refused).toEqual([{ name: 'ort-cuda', reason: expect.stringMatching(/\S/) as string }]);
    expect(second.refused).toEqual(first.refused);
    expect(JSON.stringify(first.refused)).not.toMatch(/node_modules|\/home|\/root/);
    expect(pack.backends()).toEqual({});
    await pack.prior();
    expect(pack.backends()).toEqual({
      prior: { name: 'ort-cpu', detail: expect.stringMatching(/onnxruntime .* 1 threads/) as string },
    });
    await pack.close();
  });

  it('tries a provider again for the next part when only a graph was refused', async () => {
    const tried: string[] = [];
    const works = { inputs: [], run: () => Promise.resolve({}), release: () => Promise.resolve() };
    const open = (bytes: Uint8Array, provider: Provider): Promise<OrtSession> => {
      tried.push(`${provider} ${String(bytes.length)}`);
      if (provider === 'cuda') return Promise.reject(new Error('no CUDA-capable device is detected'));
      if (provider === 'webgpu' && bytes.length === 1)
        return Promise.reject(new Error('Could not find an implementation for Gather(13)\nmore'));
      return Promise.resolve(works);
    };
    const known = new Map<Provider, string>();
    const common = {
      order: ['cuda', 'webgpu', 'cpu'] as const,
      threads: 1,
      golden: new Map(),
      tolerance: { forward: 1, gradient: 1 },
      known,
      open,
    };
    const first = await choose({ part: 'prior', bytes: new Uint8Array(1), ...common });
    expect(first.provider).toBe('cpu');
    expect(first.refused.map((r) => r.name)).toEqual(['ort-cuda', 'ort-webgpu']);
    expect(first.refused[1]?.reason).toBe('Could not find an implementation for Gather(13)');
    const second = await choose({ part: 'denoiser', bytes: new Uint8Array(2), ...common });
    expect(second.provider).toBe('webgpu');
    expect(second.refused).toEqual([first.refused[0]]);
    expect(tried).toEqual(['cuda 1', 'webgpu 1', 'cpu 1', 'webgpu 2']);
    expect([...known.keys()]).toEqual(['cuda']);
  });

  it.each([
    ['Failed to get a WebGPU adapter', true],
    ['Failed to load shared library libonnxruntime_providers_cuda.so: cannot open shared object file', true],
    ['CUDA failure 100: no CUDA-capable device is detected', true],
    ['CUDA driver version is insufficient for CUDA runtime version', true],
    ['Could not find an implementation for Conv(22)', false],
    ['Failed to allocate memory for requested buffer of size 12', false],
    ['Protobuf parsing failed.', false],
  ])('reads "%s" as a fault of the provider: %s', (message, ofProvider) => {
    expect(faultOf(new Error(message)).ofProvider).toBe(ofProvider);
  });

  it('names a part whose file is gone or is no graph', async () => {
    const { folder, manifest } = writeTinyPack(parent, { id: 'gone' });
    rmSync(join(folder, 'prior.onnx'));
    const pack = openPack(folder, manifest, { threads: 1, order: ['cpu'] });
    await expect(pack.prior()).rejects.toMatchObject({
      code: 'part_missing',
      message: expect.stringContaining('prior.onnx') as string,
    });
    const text = openPack(
      folder,
      {
        ...manifest,
        parts: { ...manifest.parts, denoiser: { ...manifest.parts.denoiser, file: 'card.md' } },
      },
      { threads: 1, order: ['cpu'] },
    );
    await expect(text.denoiser()).rejects.toMatchObject({ code: 'backend_unavailable' });
  });

  it('measures deviation in units of the tolerance', () => {
    expect(deviation(Float32Array.of(1, 2), Float32Array.of(1, 2), 1e-5, false)).toBe(0);
    expect(deviation(Float32Array.of(0.5), Float32Array.of(0), 0.25, false)).toBe(2);
    expect(deviation(Float32Array.of(8), Float32Array.of(4), 0.5, false)).toBe(2);
    expect(deviation(Float32Array.of(0.002), Float32Array.of(0.001), 0.5, true)).toBeCloseTo(2, 4);
    expect(deviation(Float32Array.of(Number.NaN), Float32Array.of(0), 1, false)).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(deviation(Float32Array.of(1, 1), Float32Array.of(1), 1, false)).toBe(Number.POSITIVE_INFINITY);
  });
});
