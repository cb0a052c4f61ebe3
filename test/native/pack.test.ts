/** Every path of the kernel on the encoders of the packs that ship with the studio, against their golden data (PyTorch). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kernel, readTensors, relativeError, tensor } from './support.ts';

const models = fileURLToPath(new URL('../../models', import.meta.url));
const packs = readdirSync(models).filter((name) => existsSync(join(models, name, 'encoder.safetensors')));
const native = kernel();

it('there is a pack with an encoder', () => expect(packs).not.toHaveLength(0));

describe.each(packs)('%s', (name) => {
  const golden = readTensors(join(models, name, 'golden.safetensors'));
  const get = (key: string): Float32Array => tensor(golden, `imageEncoderVjp.${key}`);

  it.each(native.paths)('%s: forward within 2e-5, gradient within 1e-4 (bf16: 2 % and 3 %)', async (path) => {
    const half = path === 'avx512-bf16';
    const encoder = await native.loadEncoder(
      join(models, name, 'encoder.safetensors'),
      half ? { path, precision: 'bf16' } : { path },
    );
    const { dims, imageSize } = encoder.info();
    const pixels = 3 * imageSize ** 2;
    const images = get('in.image');
    const count = images.length / pixels;
    const each = get('in.cotangent').length / count;
    const back = get('out.gradient').length / count;
    for (let i = 0; i < count; i++) {
      const { embedding, gradients } = await encoder.vjp(
        images.slice(i * pixels, (i + 1) * pixels),
        get('in.cotangent').slice(i * each, (i + 1) * each),
      );
      const expected = get('out.embedding').subarray(i * dims, (i + 1) * dims);
      const gradient = get('out.gradient').subarray(i * back, (i + 1) * back);
      expect(relativeError(embedding, expected)).toBeLessThan(half ? 2e-2 : 2e-5);
      expect(relativeError(gradients, gradient)).toBeLessThan(half ? 3e-2 : 1e-4);
    }
    encoder.close();
  });
});

it('several encoders share the pool: calls of both, side by side, are those of each alone', async () => {
  const file = join(models, packs[0] ?? '', 'encoder.safetensors');
  const a = await native.loadEncoder(file);
  const b = await native.loadEncoder(file, { threads: 1 });
  const image = new Float32Array(3 * a.info().imageSize ** 2).fill(0.25);
  const alone = await a.embed(image);
  const together = await Promise.all([a, b, a, b, b, a].map((encoder) => encoder.embed(image)));
  for (const embedding of together) expect(embedding).toEqual(alone);
});
