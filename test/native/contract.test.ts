/** What the kernel promises its callers: linear, deterministic, cancellable, and clear about misuse. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Encoder, KernelError } from '../../native/index.ts';
import { fixture, kernel, relativeError, uniform } from './support.ts';

const native = kernel();
const FILE = fixture('hf-quick.safetensors');
const PIXELS = 3 * 16 * 16;
const DIMS = 24;
let encoder: Encoder;

beforeAll(async () => {
  encoder = await native.loadEncoder(FILE);
});

async function failure(promise: Promise<unknown>): Promise<KernelError> {
  return promise.then(
    () => {
      throw new Error('the call succeeded');
    },
    (error: unknown) => error as KernelError,
  );
}

describe('results', () => {
  it('have unit length', async () => {
    const e = await encoder.embed(uniform(1, PIXELS));
    expect(Math.hypot(...e)).toBeCloseTo(1, 6);
  });

  it('have the same bits for 1 and N threads, and alone or in a batch', async () => {
    const images = uniform(2, 5 * PIXELS);
    const cotangents = uniform(3, 5 * DIMS);
    const one = await native.loadEncoder(FILE, { threads: 1 });
    const many = await native.loadEncoder(FILE, { threads: 8 });
    const a = await one.vjp(images, cotangents);
    const b = await many.vjp(images, cotangents);
    expect(b.gradients).toEqual(a.gradients);
    expect(b.embedding).toEqual(a.embedding);
    const third = await one.vjp(
      images.subarray(2 * PIXELS, 3 * PIXELS),
      cotangents.subarray(2 * DIMS, 3 * DIMS),
    );
    expect(third.gradients).toEqual(a.gradients.subarray(2 * PIXELS, 3 * PIXELS));
    expect(await many.embed(images)).toEqual(a.embedding);
  });

  it('of several cotangents over one image are those of single calls', async () => {
    const image = uniform(4, PIXELS);
    const cotangents = uniform(5, 100 * DIMS);
    const { gradients } = await encoder.vjp(image, cotangents);
    for (const c of [0, 41, 99]) {
      const single = await encoder.vjp(image, cotangents.subarray(c * DIMS, (c + 1) * DIMS));
      expect(gradients.subarray(c * PIXELS, (c + 1) * PIXELS)).toEqual(single.gradients);
    }
  });

  it('are linear in the cotangent: the gradient of a sum is the sum of gradients', async () => {
    const image = uniform(6, PIXELS);
    const cotangents = uniform(7, 3 * DIMS);
    const { gradients } = await encoder.vjp(image, cotangents);
    const sum = new Float32Array(DIMS).map(
      (_, i) => (cotangents[i] ?? 0) + 2 * (cotangents[DIMS + i] ?? 0) - (cotangents[2 * DIMS + i] ?? 0),
    );
    const expected = new Float32Array(PIXELS).map(
      (_, i) => (gradients[i] ?? 0) + 2 * (gradients[PIXELS + i] ?? 0) - (gradients[2 * PIXELS + i] ?? 0),
    );
    expect(relativeError((await encoder.vjp(image, sum)).gradients, expected)).toBeLessThan(1e-5);
  });

  it('agree with central differences of the forward', async () => {
    const image = uniform(8, PIXELS);
    const cotangent = uniform(9, DIMS);
    const { gradients } = await encoder.vjp(image, cotangent);
    const step = 2e-3;
    // Along the gradient itself, where the difference is far above the rounding of f32.
    const norm = Math.hypot(...gradients);
    const moved = async (sign: number): Promise<number> => {
      const e = await encoder.embed(
        image.map((v, i) => v + ((sign * step * (gradients[i] ?? 0)) / norm) * Math.sqrt(PIXELS)),
      );
      return e.reduce((s, v, i) => s + v * (cotangent[i] ?? 0), 0);
    };
    const slope = ((await moved(1)) - (await moved(-1))) / (2 * step * Math.sqrt(PIXELS));
    expect(Math.abs(slope / norm - 1)).toBeLessThan(1e-3);
  });

  it('similarityGradient is one VJP of the weighted references', async () => {
    const image = uniform(10, PIXELS);
    const references = [uniform(11, PIXELS), uniform(12, PIXELS)];
    const weights = [1, 1.4];
    const embeddings = await encoder.embed(Float32Array.from(references.flatMap((r) => [...r])));
    const cotangent = new Float32Array(DIMS).map(
      (_, i) => (embeddings[i] ?? 0) + Math.fround(1.4 * (embeddings[DIMS + i] ?? 0)),
    );
    const expected = await encoder.vjp(image, cotangent);
    const found = await encoder.similarityGradient(
      image,
      references.map((r, i) => ({ image: r, key: `reference ${i}` })),
      weights,
    );
    expect(relativeError(found.gradient, expected.gradients)).toBeLessThan(1e-6);
    const direct = expected.embedding.reduce((s, v, i) => s + v * (embeddings[DIMS + i] ?? 0), 0);
    expect(found.similarities[1]).toBeCloseTo(direct, 5);
    // The key is remembered: the pixels are not looked at again.
    const again = await encoder.similarityGradient(
      image,
      references.map((_, i) => ({ image: new Float32Array(PIXELS), key: `reference ${i}` })),
      weights,
    );
    expect(again.gradient).toEqual(found.gradient);
  });
});

describe('cancelling', () => {
  it('rejects a call whose signal was raised before, or while it waited', async () => {
    const early = await failure(
      encoder.embed(uniform(1, PIXELS), undefined, { signal: AbortSignal.abort(new Error('why')) }),
    );
    expect(early).toMatchObject({ code: 'cancelled', cause: { message: 'why' } });
    const controller = new AbortController();
    const first = encoder.embed(uniform(1, PIXELS));
    const second = failure(encoder.embed(uniform(1, PIXELS), undefined, { signal: controller.signal }));
    controller.abort();
    expect(await first).toHaveLength(DIMS);
    expect((await second).code).toBe('cancelled');
  });

  it('stops a running call between layers', async () => {
    const image = uniform(1, PIXELS);
    const cotangents = uniform(2, 20_000 * DIMS);
    // Processor time, so that a busy machine changes nothing.
    const spent = async (call: Promise<unknown>): Promise<number> => {
      const before = process.cpuUsage();
      await call;
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    // A fiftieth of the work.
    const part = await spent(encoder.vjp(image, cotangents.subarray(0, 400 * DIMS)));
    const controller = new AbortController();
    const call = failure(encoder.vjp(image, cotangents, undefined, { signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await spent(call)).toBeLessThan(25 * part);
    expect((await call).code).toBe('cancelled');
    expect(await encoder.embed(image)).toHaveLength(DIMS);
  });
});

describe('misuse', () => {
  const image = uniform(1, PIXELS);
  const cases: [string, () => Promise<unknown>, string, RegExp][] = [
    ['a wrong length', () => encoder.embed(new Float32Array(7)), 'invalid_input', /multiple of 3 x 16 x 16/],
    ['no images', () => encoder.embed(new Float32Array(0)), 'invalid_input', /received 0/],
    [
      'another array',
      () => encoder.embed(new Float64Array(PIXELS) as never),
      'invalid_input',
      /Float32Array/,
    ],
    ['a wrong shape', () => encoder.embed(image, [3, 16, 17]), 'invalid_input', /Expected 816 numbers/],
    ['four channels', () => encoder.embed(image, [4, 8, 24]), 'invalid_input', /\[3, height, width\]/],
    [
      'a shape that overflows',
      () => encoder.embed(image, [2 ** 20, 3, 2 ** 20, 2 ** 20]),
      'invalid_input',
      /Expected/,
    ],
    ['a shape of fractions', () => encoder.embed(image, [3, 1.5, 16]), 'invalid_input', /shape/],
    ['a negative side', () => encoder.embed(image, [3, -16, -16]), 'invalid_input', /shape/],
    [
      'a short cotangent',
      () => encoder.vjp(image, new Float32Array(DIMS - 1)),
      'invalid_input',
      /24 numbers/,
    ],
    [
      'cotangents that fit no image',
      () => encoder.vjp(uniform(1, 2 * PIXELS), new Float32Array(3 * DIMS)),
      'invalid_input',
      /as many cotangents as images/,
    ],
    ['NaN', () => encoder.embed(image.with(5, NaN)), 'non_finite', /image .* number 5/],
    ['infinity', () => encoder.vjp(image.with(0, -Infinity), uniform(2, DIMS)), 'non_finite', /number 0/],
    ['a NaN cotangent', () => encoder.vjp(image, uniform(2, DIMS).with(3, NaN)), 'non_finite', /cotangent/],
    ['numbers too large', () => encoder.embed(image.map(() => 3e38)), 'non_finite', /too large/],
    [
      'a missing weight',
      () => encoder.similarityGradient(image, [{ image }], []),
      'invalid_input',
      /one weight/,
    ],
    [
      'a short reference',
      () => encoder.similarityGradient(image, [{ embedding: new Float32Array(3) }], [1]),
      'invalid_input',
      /24 numbers/,
    ],
    [
      'a misspelled option',
      () => native.loadEncoder(FILE, { pathh: 'x' } as never),
      'invalid_input',
      /"pathh"/,
    ],
    [
      'an unknown path',
      () => native.loadEncoder(FILE, { path: 'mmx' }),
      'backend_unavailable',
      /usable: reference/,
    ],
    [
      'bf16 on the reference',
      () => native.loadEncoder(FILE, { path: 'reference', precision: 'bf16' }),
      'backend_unavailable',
      /bf16/,
    ],
    ['heads that do not fit', () => native.loadEncoder(FILE, { heads: 7 }), 'invalid_input', /7 heads/],
    ['a zero deviation', () => native.loadEncoder(FILE, { std: [0, 1, 1] }), 'invalid_input', /deviation/],
    ['no file', () => native.loadEncoder('/nowhere/at all.safetensors'), 'not_found', /could not be opened/],
    ['a folder', () => native.loadEncoder(fixture('')), 'not_a_regular_file', /regular file/],
    ['a number for a file', () => native.loadEncoder(5 as never), 'invalid_input', /Uint8Array/],
  ];

  it.each(cases)('%s is a clear error', async (_, call, code, message) => {
    const error = await failure(call());
    expect(error).toMatchObject({ name: 'KernelError', code });
    expect(error.message).toMatch(message);
  });

  it('a detached buffer is a clear error, before the call and while it waits', async () => {
    const gone = uniform(1, PIXELS);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect((await failure(encoder.embed(gone))).code).toBe('invalid_input');
    const soon = uniform(1, PIXELS);
    const first = encoder.embed(uniform(1, PIXELS));
    const call = failure(encoder.embed(soon));
    structuredClone(soon.buffer, { transfer: [soon.buffer] });
    expect(await first).toHaveLength(DIMS);
    expect((await call).message).toMatch(/detached/);
  });

  it('a buffer detached during its own call changes nothing', async () => {
    const images = uniform(1, PIXELS);
    const expected = await encoder.embed(images);
    const call = encoder.embed(images);
    await Promise.resolve().then(() => undefined);
    setTimeout(() => structuredClone(images.buffer, { transfer: [images.buffer] }), 0);
    expect(await call).toEqual(expected);
  });

  it('a closed encoder rejects, and its running call ends well', async () => {
    const mine = await native.loadEncoder(FILE);
    const running = mine.embed(uniform(1, PIXELS));
    await new Promise((resolve) => setImmediate(resolve));
    mine.close();
    mine.close();
    expect(await running).toHaveLength(DIMS);
    expect((await failure(mine.embed(uniform(1, PIXELS)))).message).toMatch(/closed/);
    expect(() => mine.info()).toThrow(/closed/);
  });

  it('calls during a load wait for their turn', async () => {
    const loading = native.loadEncoder(FILE);
    const call = encoder.embed(image);
    expect((await loading).info().width).toBe(40);
    expect(await call).toHaveLength(DIMS);
  });
});
