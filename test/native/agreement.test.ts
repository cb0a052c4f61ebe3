/** Every path of the kernel against what PyTorch computed in float64 for small encoders of every kind. */
import { describe, expect, it } from 'vitest';
import { fixture, kernel, readTensors, relativeError, tensor, TINY } from './support.ts';

const native = kernel();
const { paths } = native;
const f32 = paths.filter((path) => path !== 'avx512-bf16');

describe.each(TINY)('%s', (name) => {
  const expected = readTensors(fixture(`${name}.expected.safetensors`));
  const get = (key: string): Float32Array => tensor(expected, key);

  it.each(f32)('%s agrees: forward within 2e-5, gradient within 1e-4', async (path) => {
    const encoder = await native.loadEncoder(fixture(`${name}.safetensors`), { path });
    expect(encoder.info().path).toBe(path);
    expect(relativeError(await encoder.embed(get('image')), get('embedding'))).toBeLessThan(2e-5);
    const { embedding, gradients } = await encoder.vjp(get('image'), get('cotangent'));
    expect(relativeError(embedding, get('embedding'))).toBeLessThan(2e-5);
    expect(relativeError(gradients, get('gradient'))).toBeLessThan(1e-4);
    encoder.close();
  });

  it.each(f32)('%s carries the gradient through resize, crop and normalisation', async (path) => {
    const encoder = await native.loadEncoder(fixture(`${name}.safetensors`), {
      path,
      mean: [0.1, -0.05, 0.2],
      std: [0.5, 0.6, 0.55],
    });
    const { dims } = encoder.info();
    const cotangent = get('cotangent').subarray(0, dims);
    const { embedding, gradients } = await encoder.vjp(get('free.image'), cotangent, [3, 37, 29]);
    expect(relativeError(embedding, get('free.embedding'))).toBeLessThan(2e-5);
    expect(relativeError(gradients, get('free.gradient'))).toBeLessThan(1e-4);
  });

  it.runIf(paths.includes('avx512-bf16'))('bf16 products stay within 3 % of the gradient', async () => {
    const encoder = await native.loadEncoder(fixture(`${name}.safetensors`), { precision: 'bf16' });
    const { embedding, gradients } = await encoder.vjp(get('image'), get('cotangent'));
    expect(relativeError(embedding, get('embedding'))).toBeLessThan(2e-2);
    expect(relativeError(gradients, get('gradient'))).toBeLessThan(3e-2);
  });

  it('checkpointing changes no bit', async () => {
    const plain = await native.loadEncoder(fixture(`${name}.safetensors`));
    const lean = await native.loadEncoder(fixture(`${name}.safetensors`), { checkpoint: true });
    const a = await plain.vjp(get('image'), get('cotangent'));
    const b = await lean.vjp(get('image'), get('cotangent'));
    expect(b.gradients).toEqual(a.gradients);
  });
});

it('reads the same numbers from f32 and under either naming', async () => {
  const info = (await native.loadEncoder(fixture('open-clip.safetensors'))).info();
  expect(info).toMatchObject({ naming: 'open_clip', imageSize: 20, patch: 4, width: 32, heads: 4, dims: 20 });
  const plain = (await native.loadEncoder(fixture('hf-plain.safetensors'))).info();
  expect(plain).toMatchObject({ naming: 'hugging_face', width: 32, dims: 32, layers: 1, hiddenAct: 'gelu' });
});
