/**
 * npm run bench:kernel: the gradient kernel against the machine's measured peak, onnxruntime and PyTorch.
 *   --models=b32,b16,l14-336   which encoders (default: pack,b32,b16,l14-336)
 *   --rounds=N                 timings of each call, the best counts (default 5)
 * PyTorch is found through ACCENT_PYTHON, or in the studio's own environment; without it its columns are empty.
 * The last line is one JSON object: the worst case of each figure, and `detail` with all cases. A run is void
 * ("valid": false) when the peak before and after differs by over 5 %: something else was using the processor.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, homedir, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Encoder, EncoderOptions } from '../../native/index.ts';
import { kernel, uniform, writeTensors } from '../native/support.ts';
import { encoderModel } from './kernel-onnx.ts';
import type { Shape, Weights } from './kernel-onnx.ts';

const native = kernel();
const F32 = native.paths[0] ?? 'reference';
const HAS_BF16 = native.paths.includes('avx512-bf16');
const ALL = availableParallelism();

const MODELS: Record<string, Shape> = {
  pack: { size: 64, patch: 8, width: 192, layers: 5, heads: 3, mlp: 768, dims: 192 },
  b32: { size: 224, patch: 32, width: 768, layers: 12, heads: 12, mlp: 3072, dims: 512 },
  b16: { size: 224, patch: 16, width: 768, layers: 12, heads: 12, mlp: 3072, dims: 512 },
  l14: { size: 224, patch: 14, width: 1024, layers: 24, heads: 16, mlp: 4096, dims: 768 },
  'l14-336': { size: 336, patch: 14, width: 1024, layers: 24, heads: 16, mlp: 4096, dims: 768 },
};

function argument(name: string, fallback: string): string {
  return process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? fallback;
}
const rounds = Number(argument('rounds', '5'));
const chosen = argument('models', 'pack,b32,b16,l14-336').split(',');

/** Random weights: one block of numbers over and over, since only the time counts. */
function makeWeights({ width: d, mlp: m, size, patch: p, layers, dims }: Shape): Weights {
  const block = uniform(1, 1 << 20);
  const out = new Map<string, { shape: number[]; data: Float32Array }>();
  const put = (name: string, shape: number[], scale: number, offset = 0): void => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (block[i & 0xfffff] ?? 0) * scale + offset;
    out.set(name, { shape, data });
  };
  const pair = (name: string, shape: number[], scale: number, offset = 0): void => {
    put(`${name}.weight`, shape, scale, offset);
    put(`${name}.bias`, [shape[0] ?? 0], 0.1);
  };
  const v = 'vision_model.';
  put(`${v}embeddings.class_embedding`, [d], 1);
  put(`${v}embeddings.patch_embedding.weight`, [d, 3, p, p], 2 / Math.sqrt(3 * p * p));
  put(`${v}embeddings.position_embedding.weight`, [(size / p) ** 2 + 1, d], 0.5);
  pair(`${v}pre_layrnorm`, [d], 0.25, 1);
  pair(`${v}post_layernorm`, [d], 0.25, 1);
  for (let i = 0; i < layers; i++) {
    const b = `${v}encoder.layers.${i}.`;
    pair(`${b}layer_norm1`, [d], 0.25, 1);
    pair(`${b}layer_norm2`, [d], 0.25, 1);
    for (const name of ['q', 'k', 'v', 'out']) pair(`${b}self_attn.${name}_proj`, [d, d], 1.5 / Math.sqrt(d));
    pair(`${b}mlp.fc1`, [m, d], 1.5 / Math.sqrt(d));
    pair(`${b}mlp.fc2`, [d, m], 1.5 / Math.sqrt(m));
  }
  put('visual_projection.weight', [dims, d], 1 / Math.sqrt(d));
  return out;
}

/** Floating point operations (2 a multiply-add) of what the kernel does: keys and values of the last block only. */
function operations({ size, patch, width: d, layers, mlp: m, dims }: Shape): {
  forward: number;
  vjp: number;
} {
  const n = (size / patch) ** 2 + 1;
  const linear = 2 * d * (4 * d + 2 * m);
  const patches = 2 * (n - 1) * 3 * patch * patch * d;
  const dense = patches + (layers - 1) * n * linear + 4 * n * d * d + 2 * d * (2 * d + 2 * m) + 2 * d * dims;
  const attention = (layers - 1) * 4 * n * n * d + 4 * n * d;
  return { forward: dense + attention, vjp: 2 * dense + 3 * attention };
}

/** Best seconds of each call; the calls take turns, so that all meet the same machine. One round warms up. */
async function bestOf(
  calls: Readonly<Record<string, () => Promise<unknown>>>,
  times: number,
): Promise<(name: string) => number> {
  const best = new Map<string, number>();
  for (let turn = 0; turn <= times; turn++) {
    for (const [name, call] of Object.entries(calls)) {
      const begin = performance.now();
      await call();
      if (turn > 0) best.set(name, Math.min(best.get(name) ?? Infinity, (performance.now() - begin) / 1000));
    }
  }
  return (name) => best.get(name) ?? NaN;
}

function findPython(): string | null {
  const cache = process.env.ACCENT_CACHE ?? join(homedir(), '.cache', 'accent');
  const python = process.env.ACCENT_PYTHON ?? join(cache, 'venv', 'bin', 'python');
  return existsSync(python) && spawnSync(python, ['-c', 'import torch']).status === 0 ? python : null;
}

interface Torch {
  vjp: number;
  forward: number;
  rssMiB: number;
  isa: string;
  version: string;
}

function timeTorch(python: string | null, shape: Shape, threads: number, times: number): Torch | null {
  if (!python) return null;
  const script = fileURLToPath(new URL('kernel_torch.py', import.meta.url));
  const run = spawnSync(python, [script, JSON.stringify(shape), String(threads), String(times)], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`PyTorch failed: ${run.stderr.slice(-500)}`);
  return JSON.parse(run.stdout) as Torch;
}

async function ortSession(shape: Shape, weights: Weights, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(encoderModel(shape, weights), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;
const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
const worst = (values: readonly number[], pick: (...v: number[]) => number): number | null =>
  values.length > 0 ? round(pick(...values)) : null;

async function peak(threads: number, precision: 'f32' | 'bf16' = 'f32'): Promise<number> {
  const path = precision === 'bf16' ? 'avx512-bf16' : F32;
  return native.measure({ path, precision, threads, seconds: 1 });
}

const load = (): string => loadavg()[0]?.toFixed(2) ?? '?';
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${ALL} threads, path ${F32}, load ${load()}`);
const before = { one: await peak(1), two: await peak(2) };
console.log(
  `peak ${(before.one / 1e9).toFixed(1)} GFLOP/s on 1 thread, ${(before.two / 1e9).toFixed(1)} on 2`,
);

// 1. Products with packed weights, as the encoders have them.
const gemm: Record<string, { one: number; two: number }> = {};
for (const [m, d] of [
  [50, 768],
  [197, 768],
  [577, 1024],
] as const) {
  const rates = { one: 1, two: 1 };
  for (const shape of [
    [m, d, d],
    [m, 4 * d, d],
    [m, d, 4 * d],
  ] as [number, number, number][]) {
    const one = (await native.measure({ path: F32, threads: 1, seconds: 0.5, shape })) / before.one;
    const two = (await native.measure({ path: F32, threads: 2, seconds: 0.5, shape })) / before.two;
    console.log(
      `gemm ${shape.join(' x ').padEnd(18)} ${percent(one)} of peak on 1 thread, ${percent(two)} on 2`,
    );
    rates.one = Math.min(rates.one, one);
    rates.two = Math.min(rates.two, two);
  }
  gemm[`m${m}`] = { one: round(100 * rates.one, 1), two: round(100 * rates.two, 1) };
}

// 2. to 5. The encoders.
const python = findPython();
const detail: Record<string, Record<string, number | string | null>> = {};
const lists = { vjpOverForward: [], vjpPct: [], forwardOverOrt: [], vjpOverTorch: [], bf16: [] } as Record<
  string,
  number[]
>;
let k8OverK1: number | null = null;
let scratchMiB: number | null = null;

for (const name of chosen) {
  const shape = MODELS[name];
  if (!shape) throw new Error(`Unknown model "${name}"; expected one of ${Object.keys(MODELS).join(', ')}.`);
  const weights = makeWeights(shape);
  const file = writeTensors(weights, { hidden_act: 'quick_gelu' });
  const open = (options: EncoderOptions): Promise<Encoder> => native.loadEncoder(file, options);
  const image = uniform(2, 3 * shape.size ** 2);
  const cotangent = uniform(3, shape.dims);
  const times = name === 'pack' ? rounds * 20 : rounds;
  const ops = operations(shape);
  const encoder = await open({ threads: ALL });
  const single = name.startsWith('l14') ? null : await open({ threads: 1 });
  const session = name.startsWith('l14') ? null : await ortSession(shape, weights, ALL);
  const feed = { image: new Tensor('float32', image, [1, 3, shape.size, shape.size]) };
  const references = Array.from({ length: 8 }, (_, i) => ({ embedding: uniform(10 + i, shape.dims) }));
  const cold = Array.from({ length: 8 }, (_, i) => ({ image: uniform(20 + i, image.length) }));
  const timed = await bestOf(
    {
      forward: () => encoder.embed(image),
      vjp: () => encoder.vjp(image, cotangent),
      k1: () => encoder.similarityGradient(image, references.slice(0, 1), [1]),
      k8: () => encoder.similarityGradient(image, references, new Float32Array(8).fill(1)),
      ...(session ? { ort: () => session.run(feed) } : {}),
      ...(single ? { forward1: () => single.embed(image), vjp1: () => single.vjp(image, cotangent) } : {}),
    },
    times,
  );
  const k8cold = await bestOf(
    { cold: () => encoder.similarityGradient(image, cold, new Float32Array(8).fill(1)) },
    Math.min(times, 3),
  );
  const t = {
    forward: timed('forward'),
    vjp: timed('vjp'),
    ort: session ? timed('ort') : null,
    forward1: single ? timed('forward1') : null,
    vjp1: single ? timed('vjp1') : null,
  };
  const k8 = timed('k8') / timed('k1');
  const scratch = encoder.info().scratchBytes / 2 ** 20;
  encoder.close();
  single?.close();
  await session?.release();
  const torch = timeTorch(python, shape, ALL, times);
  const peakAll = ALL === 1 ? before.one : before.two;
  const row: Record<string, number | string | null> = {
    forwardMs: round(1000 * t.forward),
    vjpMs: round(1000 * t.vjp),
    vjpOverForward: round(t.vjp / t.forward),
    vjpPct: round((100 * ops.vjp) / t.vjp / peakAll, 1),
    forwardOverOrt: t.ort !== null ? round(t.forward / t.ort) : null,
    vjpOverTorch: torch ? round(torch.vjp / t.vjp) : null,
    torchIsa: torch ? `${torch.version} ${torch.isa}` : null,
    k8OverK1: round(k8),
    k8ColdMs: round(1000 * k8cold('cold')),
    scratchMiB: round(scratch, 1),
    torchRssMiB: torch ? round(torch.rssMiB, 0) : null,
  };
  if (t.vjp1 !== null && t.forward1 !== null) {
    row.vjpPct1 = round((100 * ops.vjp) / t.vjp1 / before.one, 1);
    row.vjpOverForward1 = round(t.vjp1 / t.forward1);
  }
  if (name === 'l14-336') {
    const lean = await open({ threads: ALL, checkpoint: true });
    const c = await bestOf({ vjp: () => lean.vjp(image, cotangent) }, Math.min(times, 3));
    row.checkpointOverPlain = round(c('vjp') / t.vjp);
    row.checkpointScratchMiB = round(lean.info().scratchBytes / 2 ** 20, 1);
    lean.close();
    scratchMiB = round(scratch, 1);
  }
  if (HAS_BF16) {
    const half = await open({ threads: ALL, precision: 'bf16' });
    const h = await bestOf({ vjp: () => half.vjp(image, cotangent) }, times);
    row.bf16OverF32 = round(t.vjp / h('vjp'));
    lists.bf16?.push(t.vjp / h('vjp'));
    half.close();
  }
  detail[name] = row;
  lists.vjpOverForward?.push(t.vjp / t.forward);
  if (name === 'b16' || name === 'l14-336') lists.vjpPct?.push((100 * ops.vjp) / t.vjp / peakAll);
  if (t.ort !== null) lists.forwardOverOrt?.push(t.forward / t.ort);
  if (torch) lists.vjpOverTorch?.push(torch.vjp / t.vjp);
  k8OverK1 = Math.max(k8OverK1 ?? 0, k8);
  console.log(`${name}: forward ${ms(t.forward)}, vjp ${ms(t.vjp)}`);
  for (const [key, value] of Object.entries(row)) console.log(`  ${key.padEnd(20)} ${value ?? '-'}`);
}

const after = { one: await peak(1), two: await peak(2) };
const drift = Math.max(Math.abs(after.one / before.one - 1), Math.abs(after.two / before.two - 1));
console.log(
  `peak afterwards ${(after.one / 1e9).toFixed(1)} and ${(after.two / 1e9).toFixed(1)}, drift ${percent(drift)}, load ${load()}`,
);
if (drift > 0.05)
  console.log('This run is void: the peak moved by over 5 %, so something else used the processor.');

console.log(
  JSON.stringify({
    peak1: round(before.one / 1e9, 1),
    peak2: round(before.two / 1e9, 1),
    // M = 197 and 577; M = 50 is in detail.
    gemmPct1: worst([gemm.m197?.one ?? 0, gemm.m577?.one ?? 0], Math.min),
    gemmPct2: worst([gemm.m197?.two ?? 0, gemm.m577?.two ?? 0], Math.min),
    vjpOverForward: worst(lists.vjpOverForward ?? [], Math.max),
    vjpPct: worst(lists.vjpPct ?? [], Math.min),
    forwardOverOrt: worst(lists.forwardOverOrt ?? [], Math.max),
    vjpOverTorch: worst(lists.vjpOverTorch ?? [], Math.min),
    k8OverK1: k8OverK1 === null ? null : round(k8OverK1),
    scratchMiB,
    // Measured by the sampler's own benchmark: this one has no denoiser.
    refinedOverCoarse: null,
    bf16OverF32: worst(lists.bf16 ?? [], Math.min),
    valid: drift <= 0.05,
    gemm,
    detail,
  }),
);
