/** The committed attribute reader gives PyTorch's numbers, and larger pictures are averaged down. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { averageDown, openReader } from '../../../../main/engine/reader.ts';
import type { Reader } from '../../../../main/engine/reader.ts';
import { readSafetensors, engineServices } from '../../../../main/engine/index.ts';
import { openSession, floats, output } from '../../../../main/engine/backends/ort/session.ts';
import { toRgb } from '../../../../main/engine/sampler/index.ts';

const folder = fileURLToPath(new URL('../../../../models/evaluation/reader/', import.meta.url));
const golden = readSafetensors(readFileSync(`${folder}golden.safetensors`)).tensors;
const tensor = (name: string): Float32Array => golden.get(name)?.data as Float32Array;
const live = new AbortController().signal;
const PIXELS = 3 * 64 * 64;
const gap = (a: Float32Array, b: Float32Array): number =>
  a.reduce((m, v, i) => Math.max(m, Math.abs(v - (b[i] as number))), 0);
let reader: Reader;
/** Three renders as bytes; the fourth golden picture is noise beyond them. */
let renders: Uint8Array;

beforeAll(async () => {
  reader = await openReader(`${folder}reader.onnx`, 64, 1);
  const images = tensor('reader.in.image');
  renders = Uint8Array.from([0, 1, 2].flatMap((k) => [...toRgb(images.slice(k * PIXELS, (k + 1) * PIXELS))]));
});

describe('the attribute reader', () => {
  it('gives the logits and features of PyTorch', async () => {
    const session = await openSession(readFileSync(`${folder}reader.onnx`), 'cpu', 1);
    const out = await session.run({ image: floats(tensor('reader.in.image'), [4, 3, 64, 64]) });
    expect(gap(output(out, 'logits'), tensor('reader.out.logits'))).toBeLessThan(2e-4);
    expect(gap(output(out, 'features'), tensor('reader.out.features'))).toBeLessThan(2e-4);
    await session.release();
  });

  it('reads bytes, each picture by itself', async () => {
    const { logits, features } = await reader.read(renders, 64, live);
    const columns = tensor('reader.out.logits').length / 4;
    expect(logits).toHaveLength(3 * columns);
    expect(gap(logits, tensor('reader.out.logits'))).toBeLessThan(1e-3);
    expect(features).toHaveLength((3 * tensor('reader.out.features').length) / 4);
    const second = await reader.read(renders.slice(PIXELS, 2 * PIXELS), 64, live);
    expect(gap(second.logits, logits.subarray(columns, 2 * columns))).toBeLessThan(1e-4);
  });

  it('averages larger pictures down: a picture of doubled pixels is the picture', async () => {
    const one = renders.slice(0, PIXELS);
    const large = new Uint8Array(4 * PIXELS);
    for (let y = 0; y < 128; y++)
      for (let x = 0; x < 128; x++)
        for (let c = 0; c < 3; c++)
          large[(y * 128 + x) * 3 + c] = one[((y >> 1) * 64 + (x >> 1)) * 3 + c] as number;
    const [a, b] = [await reader.read(large, 128, live), await reader.read(one, 64, live)];
    expect(gap(a.logits, b.logits)).toBeLessThan(1e-4);
    // One block by hand, the other channels empty.
    expect([...averageDown(Float32Array.from([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]), 2, 2)]).toEqual([
      2.5, 0, 0,
    ]);
  });

  it('refuses what is no such picture, a file that is not there, and a graph that is none', async () => {
    await expect(reader.read(renders, 48, live)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(reader.read(renders.slice(1), 64, live)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(openReader(`${folder}none.onnx`, 64, 1)).rejects.toMatchObject({ code: 'unreadable' });
    await expect(openReader(`${folder}manifest.json`, 64, 1)).rejects.toMatchObject({ code: 'bad_graph' });
  });

  it('is a call of the engine', async () => {
    const { engine } = engineServices({ threads: 1 });
    const file = `${folder}reader.onnx`;
    const { logits } = await engine.read({ file, own: 64, size: 64, rgb: renders }, { signal: live });
    expect(gap(logits, tensor('reader.out.logits'))).toBeLessThan(1e-3);
  });
});
