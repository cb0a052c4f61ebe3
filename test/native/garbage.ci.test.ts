/**
 * Arbitrary arguments to everything that JavaScript can reach: the public face answers with a KernelError of a known code
 * or with a result, the bare module with an error; neither ever ends the process. GARBAGE_ROUNDS sets how many (3,000).
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { KernelError } from '../../native/index.ts';
import { fixture, kernel, uniform } from './support.ts';

const ROUNDS = Number(process.env.GARBAGE_ROUNDS ?? '3000');
const CODES = [
  'invalid_input',
  'non_finite',
  'backend_unavailable',
  'not_found',
  'not_a_regular_file',
  'bad_header',
  'bad_tensor',
  'cancelled',
  'out_of_memory',
];
const PIXELS = 3 * 16 * 16;
const DIMS = 24;

/** Seeded choice, so that a failure can be run again. */
function picker(seed: number): (count: number) => number {
  let at = 0;
  const numbers = uniform(seed, 1 << 16);
  return (count) => Math.floor((((numbers[at++ & 0xffff] ?? 0) + 1) / 2) * count);
}

function detached(): Float32Array {
  const array = uniform(1, PIXELS);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const VALUES: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1,
  () => 3,
  () => 16,
  () => 1.5,
  () => NaN,
  () => Infinity,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 10n,
  () => '',
  () => 'auto',
  () => 'a\0b',
  () => Symbol('s'),
  () => ({}),
  () => [],
  () => [3, 16, 16],
  () => [1, 3, 16, 16],
  () => [2 ** 20, 3, 2 ** 20, 2 ** 20],
  () => [Symbol('s'), null, {}],
  () => new Array<unknown>(5000),
  () => () => 1,
  () => new Proxy({}, {}),
  () => Object.create(null) as unknown,
  () => new Float32Array(0),
  () => new Float32Array(DIMS).fill(1),
  () => uniform(2, PIXELS),
  () => uniform(2, PIXELS).fill(NaN),
  () => new Float32Array(new SharedArrayBuffer(4 * PIXELS)),
  () => new Float32Array(new ArrayBuffer(4 * PIXELS, { maxByteLength: 8 * PIXELS })),
  () => new Float64Array(PIXELS),
  () => new Uint8Array(64),
  () => new DataView(new ArrayBuffer(8)),
  () => detached(),
  () => [{ embedding: new Float32Array(DIMS).fill(1) }],
  () => [{ image: uniform(3, PIXELS), key: 'k' }, null],
  () => [1],
  () => ({ signal: AbortSignal.abort() }),
  () => ({ signal: 'no' }),
  () => ({ path: 5, precision: 'f64', mean: [1, NaN, 1], heads: -2 }),
  () => ({ threads: 2 ** 40, std: [1, 1], layerNormEps: 2 }),
];

it('the public face answers garbage with a KernelError, and goes on working', async () => {
  const seed = Date.now() % 1_000_000;
  const pick = picker(seed);
  const value = (): never => VALUES[pick(VALUES.length)]?.() as never;
  const native = kernel();
  const encoder = await native.loadEncoder(fixture('hf-quick.safetensors'), { threads: 1 });
  for (let round = 0; round < ROUNDS; round++) {
    const args: never[] = Array.from({ length: pick(6) }, value);
    const [a, b, c, d, e] = args as [never, never, never, never, never];
    const calls = [
      () => encoder.embed(a, b, c),
      () => encoder.vjp(a, b, c, d),
      () => encoder.similarityGradient(a, b, c, d, e),
      () => native.loadEncoder(a, b),
    ];
    const which = pick(calls.length);
    const error: unknown = await calls[which]?.().then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error === null) continue;
    expect(error, `seed ${seed}, round ${round}, call ${which}`).toBeInstanceOf(KernelError);
    const { code, message } = error as KernelError;
    expect(CODES, `seed ${seed}, round ${round}, call ${which}: ${message}`).toContain(code);
    expect(message.length).toBeGreaterThan(10);
  }
  expect(await encoder.embed(uniform(1, PIXELS))).toHaveLength(DIMS);
});

const NAMES = ['embed', 'vjp', 'info', 'cancel', 'open', 'append', 'block', 'search', 'about'];

it('the bare module answers garbage with an error, on any `this`', async () => {
  const require = createRequire(import.meta.url);
  const binding = require(
    fileURLToPath(new URL('../../native/build/native.node', import.meta.url)),
  ) as Record<string, (...args: unknown[]) => unknown>;
  const pick = picker(Date.now() % 1_000_000);
  const loaded = (await binding.load?.(fixture('hf-quick.safetensors'), {})) as object;
  const Token = binding.Token as unknown as new () => object;
  const rows = binding.rows?.(32) as { append(s: number, l: number, c: Int8Array): void };
  for (let i = 0; i < 5000; i++) rows.append(0.01, 0.001, new Int8Array(32).fill(i % 100));
  const objects = [
    loaded,
    rows,
    new Int16Array(32),
    new Int8Array(32),
    new Uint8Array(5000),
    'avx2',
    new Token(),
    {},
    null,
    undefined,
    Object.create(Token.prototype as object) as object,
    5,
  ];
  const own = (object: object): ((...args: unknown[]) => unknown)[] => {
    const prototype = Object.getPrototypeOf(object) as Record<string, (...args: unknown[]) => unknown>;
    return NAMES.map((name) => prototype[name]).filter((f) => f !== undefined);
  };
  const functions = [
    ...own(loaded),
    ...own(new Token()),
    ...own(rows),
    binding.load,
    binding.measure,
    binding.measureRead,
    binding.paths,
    binding.rows,
    binding.scanPaths,
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const args = Array.from({ length: pick(8) }, () =>
      pick(4) === 0 ? objects[pick(objects.length)] : VALUES[pick(VALUES.length)]?.(),
    );
    try {
      await functions[pick(functions.length)]?.apply(objects[pick(objects.length)], args);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
  const image = uniform(1, PIXELS);
  const embed = (loaded as { embed(...args: unknown[]): Promise<Float32Array> }).embed.bind(loaded);
  expect(await embed(image, 1, 16, 16, new Token())).toHaveLength(DIMS);
});
