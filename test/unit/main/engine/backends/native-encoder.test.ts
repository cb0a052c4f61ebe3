import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { openNativeEncoder } from '../../../../../main/engine/backends/native/native-encoder.ts';
import { openPack } from '../../../../../main/engine/pack.ts';
import { readSafetensors } from '../../../../../main/engine/safetensors.ts';
import { PackManifest, parse } from '#contract';
import { loadKernel } from '#native';

const folder = fileURLToPath(new URL('../../../../golden/packs/tiny', import.meta.url));
const manifest = await parse(
  PackManifest,
  JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')),
  'manifest',
);

/** Without a C++ compiler there is no kernel, and the studio goes on without it. */
const built = loadKernel().kernel !== null;

describe('our own kernel as the image encoder', () => {
  it.runIf(built)('is the first choice on a CPU and gives what the ONNX graph gives', async () => {
    const own = openPack(folder, manifest, { threads: 1, order: ['cpu'] });
    const ort = openPack(folder, manifest, { threads: 1, order: ['cpu'], native: false });
    const found = await own.inspect('imageEncoderVjp');
    expect(found.name).toBe('native');
    expect(Number(/, (\d+) GFLOP\/s$/.exec(found.detail)?.[1])).toBeGreaterThan(0);
    expect((await ort.inspect('imageEncoderVjp')).name).toBe('ort-cpu');
    const image = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i * 0.37) * 1.5);
    const cotangent = Float32Array.from({ length: 32 }, (_, i) => Math.cos(i));
    const a = await (await own.gradientKernel()).vjp(image, cotangent);
    const b = await (await ort.gradientKernel()).vjp(image, cotangent);
    const top = Math.max(...b.gradient.map(Math.abs));
    expect(top).toBeGreaterThan(0);
    expect(Math.max(...a.gradient.map((g, i) => Math.abs(g - (b.gradient[i] as number))))).toBeLessThan(
      1e-4 * top,
    );
    expect(own.backends()['gradient']?.name).toBe('native');
    await own.close();
    await ort.close();
  });

  it.runIf(built)('is refused with the reason when its numbers are not the golden ones', async () => {
    const golden = readSafetensors(readFileSync(`${folder}/golden.safetensors`)).tensors;
    const gradient = golden.get('imageEncoderVjp.out.gradient')?.data as Float32Array;
    gradient[0] = (gradient[0] as number) + 1;
    const weights = readFileSync(`${folder}/encoder.safetensors`);
    const result = await openNativeEncoder(weights, manifest, golden, 1);
    expect(result).toEqual({
      refused: expect.stringMatching(/golden check failed: [\d.]+ times/) as string,
    });
  });

  it.runIf(!built)('is left out with the reason where it is not built', async () => {
    const pack = openPack(folder, manifest, { threads: 1, order: ['cpu'] });
    const { name, refused } = await pack.inspect('imageEncoderVjp');
    expect(name).toBe('ort-cpu');
    expect(refused).toEqual([{ name: 'native', reason: expect.stringMatching(/\S/) as string }]);
    await pack.close();
  });
});
