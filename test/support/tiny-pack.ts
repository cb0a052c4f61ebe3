/**
 * A whole pack of a few kilobytes, made in the test: 8x8 images, 8 embedding dimensions, every part a closed formula.
 *
 * - encoder: f(x) = z / |z|, z = W^T x, where W's first three columns are the means of red, green and blue, the others
 *   fixed noise; its VJP is W (c - (c.f) f) / |z|
 * - text: f(words) = sum of the words' rows, normalised; "red", "green", "blue" point at their colours
 * - denoiser: x0 = tanh(0.8 (1 - t/1000) x + 0.1 g + pooled condition through a fixed matrix)
 * - prior: the text embedding itself; upscaler: every pixel four by four times
 *
 * The golden data come from these formulas in float64, not from the graphs.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackManifest } from '#contract';
import { constant, model, node } from './tiny-pack-onnx.ts';
import type { Signature } from './tiny-pack-onnx.ts';

export const SIZE = 8;
export const DIMS = 8;
export const REFERENCES = 4;
const PIXELS = 3 * SIZE * SIZE;
const AREA = SIZE * SIZE;

const WORDS = [
  'a',
  'person',
  'with',
  'and',
  'red',
  'green',
  'blue',
  'full',
  'beard',
  'bean',
  '##ie',
  'shades',
  ',',
  '.',
];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
export const VOCABULARY: Readonly<Record<string, number>> = Object.fromEntries(
  [...SPECIAL, ...WORDS].map((w, i) => [w, i]),
);

/** Fixed numbers in [-1, 1], the same everywhere. */
function fixed(n: number, salt: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin((i + 1) * 12.9898 + salt * 78.233));
}

/** W [PIXELS, DIMS]. */
const W = ((): Float32Array => {
  const noise = fixed(PIXELS * DIMS, 1);
  return Float32Array.from({ length: PIXELS * DIMS }, (_, i) => {
    const [pixel, d] = [Math.floor(i / DIMS), i % DIMS];
    return d < 3
      ? Math.floor(pixel / AREA) === d
        ? 1 / AREA
        : -0.25 / AREA
      : ((noise[i] as number) * 0.2) / AREA;
  });
})();
/** Condition to picture, [DIMS, PIXELS]. */
const P = ((): Float32Array => {
  const noise = fixed(DIMS * PIXELS, 2);
  return Float32Array.from({ length: DIMS * PIXELS }, (_, i) => {
    const [d, pixel] = [Math.floor(i / PIXELS), i % PIXELS];
    return d < 3 && Math.floor(pixel / AREA) === d ? 0.5 : (noise[i] as number) * 0.05;
  });
})();
/** Word embeddings [V, DIMS]. */
const TABLE = ((): Float32Array => {
  const noise = fixed((SPECIAL.length + WORDS.length) * DIMS, 3).map((v) => v * 0.05);
  ['red', 'green', 'blue'].forEach((w, d) => (noise[(VOCABULARY[w] as number) * DIMS + d] = 3));
  return noise;
})();

const unit = (z: readonly number[]): number[] => {
  const n = Math.sqrt(z.reduce((s, v) => s + v * v, 0));
  return z.map((v) => v / n);
};
const project = (image: Float32Array): number[] =>
  Array.from({ length: DIMS }, (_, d) => image.reduce((s, v, i) => s + v * (W[i * DIMS + d] as number), 0));

/** f(image) by the formula, [DIMS]. */
export const tinyEmbedding = (image: Float32Array): Float32Array => Float32Array.from(unit(project(image)));

/** d(f(image) . c)/d(image) by the formula, [3, S, S]. */
export function tinyGradient(image: Float32Array, c: Float32Array): Float32Array {
  const z = project(image);
  const n = Math.sqrt(z.reduce((s, v) => s + v * v, 0));
  const f = z.map((v) => v / n);
  const dot = f.reduce((s, v, d) => s + v * (c[d] as number), 0);
  const p = f.map((v, d) => ((c[d] as number) - dot * v) / n);
  return Float32Array.from({ length: PIXELS }, (_, i) =>
    p.reduce((s, v, d) => s + v * (W[i * DIMS + d] as number), 0),
  );
}

/** f(x, g, t, c) by the formula; `tokens` [n, DIMS] are the present tokens. */
export function tinyClean(
  x: Float32Array,
  g: Float32Array | null,
  t: number,
  tokens: readonly Float32Array[],
): Float32Array {
  const pooled = Array.from({ length: DIMS }, (_, d) => tokens.reduce((s, e) => s + (e[d] as number), 0));
  return x.map((v, i) => {
    const c = pooled.reduce((s, e, d) => s + e * (P[d * PIXELS + i] as number), 0);
    return Math.tanh(0.8 * (1 - t / 1000) * v + 0.1 * (g?.[i] ?? 0) + c);
  });
}

/** Text embedding by the formula. */
export const tinyText = (ids: readonly number[]): Float32Array =>
  Float32Array.from(
    unit(
      Array.from({ length: DIMS }, (_, d) => ids.reduce((s, id) => s + (TABLE[id * DIMS + d] as number), 0)),
    ),
  );

const floatsIn = (name: string, ...shape: (number | string)[]): Signature => ({ name, type: 'float', shape });
const longs = (...values: number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
const number = (name: string, value: number): Uint8Array => constant(name, [], Float32Array.of(value));
const image = (name: string): Signature => floatsIn(name, 'B', 3, SIZE, SIZE);

/** z = image . W, n = |z|, f = z / n. */
const encoderNodes = [
  node('Reshape', ['image', 'flat'], 'pixels'),
  node('MatMul', ['pixels', 'W'], 'z'),
  node('Mul', ['z', 'z'], 'zz'),
  node('ReduceSum', ['zz', 'last'], 'nn', { keepdims: 1 }),
  node('Sqrt', ['nn'], 'n'),
  node('Div', ['z', 'n'], 'embedding'),
];
const encoderConstants = [
  constant('flat', [2], longs(-1, PIXELS)),
  constant('last', [1], longs(1)),
  constant('W', [PIXELS, DIMS], W),
];
const transpose = (m: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from({ length: m.length }, (_, i) => m[(i % rows) * columns + Math.floor(i / rows)] as number);

function graphs(channels: 3 | 6): Record<string, Uint8Array> {
  const tokens = 1 + REFERENCES;
  return {
    'image-encoder.onnx': model(
      encoderNodes,
      encoderConstants,
      [image('image')],
      [floatsIn('embedding', 'B', DIMS)],
    ),
    'image-encoder-vjp.onnx': model(
      [
        ...encoderNodes,
        node('Unsqueeze', ['embedding', 'one'], 'row'),
        node('Unsqueeze', ['embedding', 'two'], 'column'),
        node('Unsqueeze', ['n', 'one'], 'norm'),
        node('MatMul', ['cotangent', 'column'], 'dot'),
        node('Mul', ['dot', 'row'], 'along'),
        node('Sub', ['cotangent', 'along'], 'across'),
        node('Div', ['across', 'norm'], 'p'),
        node('MatMul', ['p', 'WT'], 'g'),
        node('Reshape', ['g', 'picture'], 'gradient'),
      ],
      [
        ...encoderConstants,
        constant('one', [1], longs(1)),
        constant('two', [1], longs(2)),
        constant('WT', [DIMS, PIXELS], transpose(W, PIXELS, DIMS)),
        constant('picture', [5], longs(0, 0, 3, SIZE, SIZE)),
      ],
      [image('image'), floatsIn('cotangent', 'B', 'C', DIMS)],
      [floatsIn('embedding', 'B', DIMS), floatsIn('gradient', 'B', 'C', 3, SIZE, SIZE)],
    ),
    'denoiser.onnx': model(
      [
        node('Unsqueeze', ['mask', 'two'], 'present'),
        node('Mul', ['condition', 'present'], 'kept'),
        node('ReduceSum', ['kept', 'one'], 'pooled', { keepdims: 0 }),
        node('MatMul', ['pooled', 'P'], 'flatBias'),
        node('Reshape', ['flatBias', 'picture'], 'bias'),
        node('Div', ['t', 'thousand'], 'level'),
        node('Sub', ['unit', 'level'], 'rest'),
        node('Mul', ['rest', 'share'], 'factor'),
        node('Reshape', ['factor', 'perImage'], 'scale'),
        node('Mul', ['x', 'scale'], 'own'),
        node('Add', ['own', 'bias'], channels === 6 ? 'plain' : 'sum'),
        ...(channels === 6
          ? [node('Mul', ['gradient', 'tenth'], 'push'), node('Add', ['plain', 'push'], 'sum')]
          : []),
        node('Tanh', ['sum'], 'x0'),
      ],
      [
        constant('one', [1], longs(1)),
        constant('two', [1], longs(2)),
        constant('P', [DIMS, PIXELS], P),
        constant('picture', [4], longs(-1, 3, SIZE, SIZE)),
        constant('perImage', [4], longs(-1, 1, 1, 1)),
        number('thousand', 1000),
        number('unit', 1),
        number('share', 0.8),
        ...(channels === 6 ? [number('tenth', 0.1)] : []),
      ],
      [
        image('x'),
        ...(channels === 6 ? [image('gradient')] : []),
        floatsIn('t', 'B'),
        floatsIn('condition', 'B', tokens, DIMS),
        floatsIn('mask', 'B', tokens),
      ],
      [image('x0')],
    ),
    'text-encoder.onnx': model(
      [
        node('Gather', ['table', 'tokens'], 'rows'),
        node('Cast', ['mask'], 'weights', { to: 1 }),
        node('Unsqueeze', ['weights', 'two'], 'present'),
        node('Mul', ['rows', 'present'], 'kept'),
        node('ReduceSum', ['kept', 'one'], 'z', { keepdims: 0 }),
        node('Mul', ['z', 'z'], 'zz'),
        node('ReduceSum', ['zz', 'one'], 'nn', { keepdims: 1 }),
        node('Sqrt', ['nn'], 'n'),
        node('Div', ['z', 'n'], 'embedding'),
      ],
      [
        constant('table', [TABLE.length / DIMS, DIMS], TABLE),
        constant('one', [1], longs(1)),
        constant('two', [1], longs(2)),
      ],
      [
        { name: 'tokens', type: 'int64', shape: ['B', 'L'] },
        { name: 'mask', type: 'int64', shape: ['B', 'L'] },
      ],
      [floatsIn('embedding', 'B', DIMS)],
    ),
    'prior.onnx': model(
      [node('Identity', ['text'], 'embedding')],
      [],
      [floatsIn('text', 'B', DIMS)],
      [floatsIn('embedding', 'B', DIMS)],
    ),
    'upscaler.onnx': model(
      [
        node('Resize', ['image', '', 'scales'], 'enlarged', {
          mode: 'nearest',
          nearest_mode: 'floor',
          coordinate_transformation_mode: 'asymmetric',
        }),
      ],
      [constant('scales', [4], Float32Array.of(1, 1, 4, 4))],
      [image('image')],
      [floatsIn('enlarged', 'B', 3, 4 * SIZE, 4 * SIZE)],
    ),
  };
}

export interface GoldenValue {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** A safetensors file of these tensors. */
export function safetensors(
  tensors: Readonly<Record<string, GoldenValue>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = {
      dtype: data instanceof Float32Array ? 'F32' : 'I64',
      shape,
      data_offsets: [offset, offset + data.byteLength],
    };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const blobs = Object.values(tensors).map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  return Buffer.concat([length, json, ...blobs]);
}

/** Golden data of the parts, by the formulas. */
export function tinyGolden(channels: 3 | 6): Record<string, GoldenValue> {
  const x = fixed(PIXELS, 7);
  const c = Float32Array.from(unit([...fixed(DIMS, 8)]));
  const g = fixed(PIXELS, 9);
  const e = Float32Array.from(unit([...fixed(DIMS, 10)]));
  const ids = [VOCABULARY['[CLS]'], VOCABULARY.red, VOCABULARY.beard, VOCABULARY['[SEP]']] as number[];
  const tokens = 1 + REFERENCES;
  const condition = new Float32Array(tokens * DIMS);
  condition.set(e);
  const mask = new Float32Array(tokens);
  mask[0] = 1;
  const picture = [1, 3, SIZE, SIZE];
  const big = new Float32Array(16 * PIXELS);
  const side = 4 * SIZE;
  for (let i = 0; i < big.length; i++) {
    const [plane, row, column] = [Math.floor(i / side ** 2), Math.floor((i % side ** 2) / side), i % side];
    big[i] = x[plane * AREA + (row >> 2) * SIZE + (column >> 2)] as number;
  }
  const gradientIn: Record<string, GoldenValue> =
    channels === 6 ? { 'denoiser.in.gradient': { shape: picture, data: g } } : {};
  return {
    'imageEncoder.in.image': { shape: picture, data: x },
    'imageEncoder.out.embedding': { shape: [1, DIMS], data: tinyEmbedding(x) },
    'imageEncoderVjp.in.image': { shape: picture, data: x },
    'imageEncoderVjp.in.cotangent': { shape: [1, 1, DIMS], data: c },
    'imageEncoderVjp.out.embedding': { shape: [1, DIMS], data: tinyEmbedding(x) },
    'imageEncoderVjp.out.gradient': { shape: [1, 1, 3, SIZE, SIZE], data: tinyGradient(x, c) },
    'denoiser.in.x': { shape: picture, data: x },
    ...gradientIn,
    'denoiser.in.t': { shape: [1], data: Float32Array.of(400) },
    'denoiser.in.condition': { shape: [1, tokens, DIMS], data: condition },
    'denoiser.in.mask': { shape: [1, tokens], data: mask },
    'denoiser.out.x0': { shape: picture, data: tinyClean(x, channels === 6 ? g : null, 400, [e]) },
    'textEncoder.in.tokens': { shape: [1, ids.length], data: longs(...ids) },
    'textEncoder.in.mask': { shape: [1, ids.length], data: longs(...ids.map(() => 1)) },
    'textEncoder.out.embedding': { shape: [1, DIMS], data: tinyText(ids) },
    'prior.in.text': { shape: [1, DIMS], data: e },
    'prior.out.embedding': { shape: [1, DIMS], data: e },
    'upscaler.in.image': { shape: picture, data: x },
    'upscaler.out.enlarged': { shape: [1, 3, side, side], data: big },
  };
}

export interface TinyPackOptions {
  readonly id?: string;
  readonly channels?: 3 | 6;
  /** Changes the golden file after it was made (its manifest entry follows). */
  readonly golden?: (bytes: Uint8Array) => Uint8Array;
  readonly manifest?: (manifest: PackManifest) => unknown;
  readonly without?: readonly ('prior' | 'upscaler')[];
  /** The gradient is taken at the clean prediction, with a contrast that only takes 0.1 from each entry. */
  readonly contrast?: boolean;
  /** Named values [n, DIMS]; null phrases lie nowhere near them. */
  readonly namedValues?: Float32Array;
  /** Their odds: scale 8, bias -4, all of them together; absent: the pack has none. */
  readonly odds?: boolean;
}

const entryOf = (file: string, bytes: Uint8Array): { file: string; bytes: number; sha256: string } => ({
  file,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

const tinyOdds = (n: number): Record<string, GoldenValue> => ({
  bias: { shape: [n], data: new Float32Array(n).fill(-4) },
  scale: { shape: [1], data: Float32Array.of(8) },
  together: { shape: [n, n], data: new Float32Array(n * n).fill(1) },
});

/** Writes a pack into `parent`/`id` and returns its folder and manifest. */
export function writeTinyPack(
  parent: string,
  options: TinyPackOptions = {},
): { folder: string; manifest: PackManifest } {
  const { id = 'tiny', channels = 6, without = [], contrast = false, namedValues } = options;
  const folder = join(parent, id);
  mkdirSync(folder, { recursive: true });
  const files: Record<string, Uint8Array> = {
    ...graphs(channels),
    'tokenizer.json': Buffer.from(
      JSON.stringify({ model: { type: 'WordPiece', unk_token: '[UNK]', vocab: VOCABULARY } }),
    ),
    'encoder.safetensors': safetensors({ w: { shape: [PIXELS, DIMS], data: W } }),
    'golden.safetensors': safetensors(tinyGolden(channels)),
    'card.md': Buffer.from('# Tiny pack of the tests\n'),
  };
  if (namedValues)
    files['named-values.safetensors'] = safetensors({
      vectors: { shape: [namedValues.length / DIMS, DIMS], data: namedValues },
      ...(options.odds ? tinyOdds(namedValues.length / DIMS) : {}),
    });
  if (contrast)
    files['contrast.safetensors'] = safetensors({
      mean: { shape: [DIMS], data: new Float32Array(DIMS).fill(0.1) },
      whiten: {
        shape: [DIMS, DIMS],
        data: Float32Array.from({ length: DIMS * DIMS }, (_, i) => (i % (DIMS + 1) === 0 ? 1 : 0)),
      },
    });
  if (options.golden) files['golden.safetensors'] = options.golden(files['golden.safetensors'] as Uint8Array);
  const part = (file: string) => entryOf(file, files[file] as Uint8Array);
  const manifest: PackManifest = {
    format: 'accent-pack',
    schema: 1,
    id,
    version: '1.0.0',
    name: 'Tiny',
    description: 'Made by the tests.',
    ...(channels === 3 ? { role: 'evaluation' as const } : {}),
    licence: 'CC0-1.0',
    attribution: [],
    createdAt: '2026-11-24',
    imagesSeen: { encoder: 0, denoiser: 0 },
    image: { size: SIZE, channels: 3, range: [-1, 1] },
    embedding: { dims: DIMS },
    text: { maxTokens: 16 },
    schedule: { kind: 'cosine', levels: 1000 },
    denoiser: { channels, maxReferences: REFERENCES, prediction: 'x0' },
    gradient: { at: contrast ? 'prediction' : 'noised' },
    gradientScale: { levels: [0, 500, 1000], rms: [0.02, 0.02, 0.02], clip: 5 },
    noiseBank: { seed: '1', count: 8 },
    sampling: { steps: 4, guidance: 3, rebuild: 'mean-shift', window: [100, 900] },
    nullScores: {
      phrases: 10,
      images: 10,
      quantiles: Array.from({ length: 101 }, (_, i) => i / 100 - 0.5),
      ...(namedValues ? { nearest: Array.from({ length: 101 }, () => 0) } : {}),
    },
    parts: {
      denoiser: part('denoiser.onnx'),
      imageEncoder: part('image-encoder.onnx'),
      imageEncoderVjp: part('image-encoder-vjp.onnx'),
      encoderWeights: part('encoder.safetensors'),
      textEncoder: part('text-encoder.onnx'),
      tokenizer: part('tokenizer.json'),
      ...(without.includes('prior') ? {} : { prior: part('prior.onnx') }),
      ...(without.includes('upscaler') ? {} : { upscaler: part('upscaler.onnx') }),
      ...(contrast ? { contrast: part('contrast.safetensors') } : {}),
      ...(namedValues ? { namedValues: part('named-values.safetensors') } : {}),
    },
    golden: { ...part('golden.safetensors'), tolerance: { forward: 2e-5, gradient: 1e-4 } },
    card: { file: 'card.md' },
  };
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(folder, file), bytes);
  const written = (options.manifest?.(manifest) ?? manifest) as PackManifest;
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(written, null, 2));
  return { folder, manifest: written };
}
