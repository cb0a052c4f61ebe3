/**
 * npm run bench:kernel: the gradient kernel against the machine's measured peak, onnxruntime and PyTorch.
 *   --models=b32,b16,l14-336   which encoders (default: pack,b32,b16,l14-336)
 *   --rounds=N                 timings of each call, the best counts (default 5; at most 2 of an L/14, 20 N of the pack's)
 *   --seconds=S                how long each peak is measured (default 1) and each product (half of it)
 *   --no-step                  without the sampler's step
 * PyTorch is found through ACCENT_PYTHON, or in the studio's own environment; without it its columns are empty. Slower
 * instruction sets of this processor come last, PyTorch held to them, on the two small encoders.
 * The last line is one JSON object: the worst case of each figure, and `detail` with all cases. A run is void
 * ("valid": false) when the peak before and after differs by over 5 %: something else was using the processor.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Tensor } from 'onnxruntime-node';
import type { Encoder, EncoderOptions } from '../../native/index.ts';
import { kernel, uniform, writeTensors } from '../native/support.ts';
import { MODELS, makeWeights, operations } from './kernel-models.ts';
import type { Shape } from './kernel-onnx.ts';
import { findPython, kernelRss, ortSession, stepFigures, timeTorch } from './kernel-others.ts';

const native = kernel();
const [F32 = 'reference', ...slower] = native.paths.filter((path) => path !== 'avx512-bf16');
const HAS_BF16 = native.paths.includes('avx512-bf16');
const ALL = availableParallelism();

function argument(name: string, fallback: string): string {
  return process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? fallback;
}
const rounds = Number(argument('rounds', '5'));
const seconds = Number(argument('seconds', '1'));
const chosen = argument('models', 'pack,b32,b16,l14-336').split(',');

/** Milliseconds between two calls: onnxruntime's threads go on looking for work for a while after a call. */
const PAUSE = 100;

/** Best seconds of each call; the calls take turns, so that all meet the same machine. One round warms up. */
async function bestOf<Name extends string>(
  calls: Readonly<Record<Name, () => Promise<unknown>>>,
  times: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(calls) as Name[];
  const best = Object.fromEntries(names.map((name) => [name, Infinity])) as Record<Name, number>;
  for (let turn = 0; turn <= times; turn++) {
    for (const name of names) {
      if ('ort' in calls) await setTimeout(PAUSE);
      const begin = performance.now();
      await calls[name]();
      if (turn > 0) best[name] = Math.min(best[name], (performance.now() - begin) / 1000);
    }
  }
  return best;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
const worst = (values: readonly number[], pick: (...v: number[]) => number): number | null =>
  values.length > 0 ? round(pick(...values)) : null;

type Row = Record<string, number | string | null>;
const detail: Record<string, Row> = {};
function report(name: string, row: Row): void {
  detail[name] = row;
  console.log(name);
  for (const [key, value] of Object.entries(row)) console.log(`  ${key.padEnd(22)} ${value ?? '-'}`);
}

const peak = (path: string, threads: number): Promise<number> => native.measure({ path, threads, seconds });
const load = (): string => loadavg()[0]?.toFixed(2) ?? '?';
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${ALL} threads, path ${F32}, load ${load()}`);
const before = { one: await peak(F32, 1), two: await peak(F32, 2) };
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
    const one = (await native.measure({ path: F32, threads: 1, seconds: seconds / 2, shape })) / before.one;
    const two = (await native.measure({ path: F32, threads: 2, seconds: seconds / 2, shape })) / before.two;
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
const folder = mkdtempSync(join(tmpdir(), 'kernel-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const lists = {
  vjpOverForward: [] as number[],
  vjpPct: [] as number[],
  forwardOverOrt: [] as number[],
  vjpOverTorch: [] as number[],
  k8OverK1: [] as number[],
  bf16: [] as number[],
};
let scratchMiB: number | null = null;

/** How often a call of an encoder is timed: one of the pack's takes a millisecond, one of an L/14 seconds. */
const timesOf = (name: string): number =>
  Math.max(
    1,
    Math.round(name === 'pack' ? rounds * 20 : name.startsWith('l14') ? Math.min(rounds, 2) : rounds),
  );
const inputs = (shape: Shape): { image: Float32Array; cotangent: Float32Array } => ({
  image: uniform(2, 3 * shape.size ** 2),
  cotangent: uniform(3, shape.dims),
});

/** The weights as a file, which is read tensor by tensor; and the same encoder in onnxruntime. */
async function prepare(name: string, shape: Shape) {
  const weights = makeWeights(shape);
  const file = join(folder, `${name}.safetensors`);
  writeFileSync(file, writeTensors(weights, { hidden_act: 'quick_gelu' }));
  return { file, session: await ortSession(shape, weights, ALL) };
}

async function timeModel(name: string, shape: Shape): Promise<void> {
  const { file, session } = await prepare(name, shape);
  const open = (options: EncoderOptions): Promise<Encoder> => native.loadEncoder(file, options);
  const { image, cotangent } = inputs(shape);
  const large = name.startsWith('l14');
  const times = timesOf(name);
  const ops = operations(shape);
  const peakAll = ALL === 1 ? before.one : before.two;
  const encoder = await open({ threads: ALL });
  const feed = { image: new Tensor('float32', image, [1, 3, shape.size, shape.size]) };
  const t = await bestOf(
    {
      forward: () => encoder.embed(image),
      vjp: () => encoder.vjp(image, cotangent),
      ort: () => session.run(feed),
    },
    times,
  );
  await session.release();
  const row: Row = {
    forwardMs: round(1000 * t.forward),
    vjpMs: round(1000 * t.vjp),
    vjpOverForward: round(t.vjp / t.forward),
    forwardPct: round((100 * ops.forward) / t.forward / peakAll, 1),
    vjpPct: round((100 * ops.vjp) / t.vjp / peakAll, 1),
    forwardOverOrt: round(t.forward / t.ort),
  };
  lists.vjpOverForward.push(t.vjp / t.forward);
  if (name === 'b16' || name === 'l14-336') lists.vjpPct.push((100 * ops.vjp) / t.vjp / peakAll);
  lists.forwardOverOrt.push(t.forward / t.ort);

  if (!large) {
    const references = Array.from({ length: 8 }, (_, i) => ({ embedding: uniform(10 + i, shape.dims) }));
    const cold = Array.from({ length: 8 }, (_, i) => ({ image: uniform(20 + i, image.length) }));
    const single = await open({ threads: 1 });
    const k = await bestOf(
      {
        k1: () => encoder.similarityGradient(image, references.slice(0, 1), [1]),
        k8: () => encoder.similarityGradient(image, references, new Float32Array(8).fill(1)),
        forward1: () => single.embed(image),
        vjp1: () => single.vjp(image, cotangent),
      },
      times,
    );
    const eight = { cold: () => encoder.similarityGradient(image, cold, new Float32Array(8).fill(1)) };
    row.k8OverK1 = round(k.k8 / k.k1);
    row.k8ColdMs = round(1000 * (await bestOf(eight, Math.min(times, 3))).cold);
    row.vjpPct1 = round((100 * ops.vjp) / k.vjp1 / before.one, 1);
    row.vjpOverForward1 = round(k.vjp1 / k.forward1);
    lists.k8OverK1.push(k.k8 / k.k1);
    single.close();
  }
  const scratch = encoder.info().scratchBytes / 2 ** 20;
  row.scratchMiB = round(scratch, 1);
  encoder.close();
  if (name === 'l14-336') {
    scratchMiB = round(scratch, 1);
    const lean = await open({ threads: ALL, checkpoint: true });
    const c = await bestOf({ vjp: () => lean.vjp(image, cotangent) }, 1);
    row.checkpointOverPlain = round(c.vjp / t.vjp);
    row.checkpointScratchMiB = round(lean.info().scratchBytes / 2 ** 20, 1);
    lean.close();
  }
  if (HAS_BF16) {
    const half = await open({ threads: ALL, precision: 'bf16' });
    const h = await bestOf({ vjp: () => half.vjp(image, cotangent) }, times);
    row.bf16OverF32 = round(t.vjp / h.vjp);
    lists.bf16.push(t.vjp / h.vjp);
    half.close();
  }
  const torch = timeTorch(python, shape, { threads: ALL, times, path: F32 });
  row.vjpOverTorch = torch ? round(torch.vjp / t.vjp) : null;
  row.torchForwardOver = torch ? round(torch.forward / t.forward) : null;
  row.torchIsa = torch ? `${torch.version} ${torch.isa}` : null;
  row.rssMiB = kernelRss(file, ALL, false);
  row.torchRssMiB = torch ? round(torch.rssMiB, 0) : null;
  if (torch) lists.vjpOverTorch.push(torch.vjp / t.vjp);
  report(name, row);
}

/** VJP on a slower instruction set, PyTorch held to the same one. */
async function timeSlower(path: string, name: string, shape: Shape, top: number): Promise<void> {
  const encoder = await native.loadEncoder(join(folder, `${name}.safetensors`), { path, threads: ALL });
  const { image, cotangent } = inputs(shape);
  const times = timesOf(name);
  const t = await bestOf(
    { forward: () => encoder.embed(image), vjp: () => encoder.vjp(image, cotangent) },
    times,
  );
  encoder.close();
  const torch = timeTorch(python, shape, { threads: ALL, times, path });
  report(`${name} ${path}`, {
    peakAll: round(top / 1e9, 1),
    vjpMs: round(1000 * t.vjp),
    vjpOverForward: round(t.vjp / t.forward),
    vjpPct: round((100 * operations(shape).vjp) / t.vjp / top, 1),
    vjpOverTorch: torch ? round(torch.vjp / t.vjp) : null,
    torchIsa: torch ? `${torch.version} ${torch.isa}` : null,
  });
}

for (const name of chosen) {
  const shape = MODELS[name];
  if (!shape) throw new Error(`Unknown model "${name}"; expected one of ${Object.keys(MODELS).join(', ')}.`);
  await timeModel(name, shape);
}
for (const path of slower.filter((p) => p !== 'reference')) {
  const top = await peak(path, ALL);
  for (const name of chosen.filter((n) => n === 'pack' || n === 'b32')) {
    const shape = MODELS[name];
    if (shape) await timeSlower(path, name, shape, top);
  }
}
const step = process.argv.includes('--no-step') ? { reason: 'left out by --no-step' } : stepFigures();
console.log(
  'value' in step
    ? `guided refined step over guided coarse step: ${step.value.refinedOverCoarse}`
    : `no step figures: ${step.reason}`,
);

const after = { one: await peak(F32, 1), two: await peak(F32, 2) };
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
    // M = 197 and 577; M = 50 is in `gemm`.
    gemmPct1: worst([gemm.m197?.one ?? 0, gemm.m577?.one ?? 0], Math.min),
    gemmPct2: worst([gemm.m197?.two ?? 0, gemm.m577?.two ?? 0], Math.min),
    vjpOverForward: worst(lists.vjpOverForward, Math.max),
    vjpPct: worst(lists.vjpPct, Math.min),
    forwardOverOrt: worst(lists.forwardOverOrt, Math.max),
    vjpOverTorch: worst(lists.vjpOverTorch, Math.min),
    k8OverK1: worst(lists.k8OverK1, Math.max),
    scratchMiB,
    refinedOverCoarse: 'value' in step ? step.value.refinedOverCoarse : null,
    bf16OverF32: worst(lists.bf16, Math.min),
    valid: drift <= 0.05,
    gemm,
    detail,
    step: 'value' in step ? step.value : step.reason,
  }),
);
