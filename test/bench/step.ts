/**
 * npm run bench:step: one guided refined step against one guided coarse step, on the engine's own sampler.
 *   --pack=DIR      folder of the pack (default models/first)
 *   --guidance=S    scale of Eq. 3; 1 and 3 cost the same, 0 is unguided (default 1)
 *   --steps=N       steps of each sampling (default 20)
 *   --rounds=N      samplings of each kind, in turn, after one of each to warm up (default 5)
 *   --threads=N     threads of the engine (default: all)
 * Both kinds run in one process on the same seed and condition. A step's parts are the network (the denoiser's calls), the
 * VJP (the kernel's call) and the rest (guidance, DDIM, scaling, the sampler itself). A figure is the median over the steps
 * of all rounds. The last line is one JSON object. A run is void ("valid": false) when other programs took more than 5 % of
 * the processor meanwhile.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { PackManifest } from '../../contract/index.ts';
import { openPack } from '../../main/engine/pack.ts';
import type { OpenPack } from '../../main/engine/pack.ts';
import { sample } from '../../main/engine/sample.ts';
import { benchRequest } from './request.ts';

const argument = (name: string, fallback: string): string =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const folder = argument('pack', join(fileURLToPath(new URL('../..', import.meta.url)), 'models', 'first'));
const guidance = Number(argument('guidance', '1'));
const steps = Number(argument('steps', '20'));
const rounds = Number(argument('rounds', '5'));
const threads = Number(argument('threads', String(availableParallelism())));
const manifest = v.parse(PackManifest, JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));

/** Milliseconds of one step. */
interface StepTime {
  readonly whole: number;
  readonly denoiser: number;
  readonly vjp: number;
}

const spent = { denoiser: 0, vjp: 0 };
async function timed<T>(part: keyof typeof spent, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const out = await work();
  spent[part] += performance.now() - began;
  return out;
}

/** The pack with its two networks watched. */
function watched(pack: OpenPack): OpenPack {
  return {
    ...pack,
    async denoiser() {
      const own = await pack.denoiser();
      return { ...own, predict: (x, t, branches) => timed('denoiser', () => own.predict(x, t, branches)) };
    },
    async gradientKernel() {
      const own = await pack.gradientKernel();
      return { vjp: (image, cotangent) => timed('vjp', () => own.vjp(image, cotangent)) };
    },
  };
}

/** The steps of one sampling, but the last: of the refined arm it is no refined one. */
async function run(pack: OpenPack, arm: 'coarse' | 'refined'): Promise<StepTime[]> {
  const times: StepTime[] = [];
  const closes = arm === 'coarse' ? 'coarse' : 'refined';
  const signal = new AbortController().signal;
  let began = performance.now();
  Object.assign(spent, { denoiser: 0, vjp: 0 });
  for await (const event of sample(
    benchRequest(manifest, arm, { steps, guidance }),
    pack,
    undefined,
    signal,
  )) {
    if (event.type !== 'step' || event.stage !== closes || event.i === steps) continue;
    times.push({ whole: performance.now() - began, ...spent });
    began = performance.now();
    Object.assign(spent, { denoiser: 0, vjp: 0 });
  }
  // The first step holds whatever comes before it (condition, noise), which is no part of a step.
  return times.slice(1);
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] ?? NaN)
    : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
};
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

function figures(times: readonly StepTime[]) {
  const rest = times.map(({ whole, denoiser, vjp }) => whole - denoiser - vjp);
  const total = times.reduce((sum, t) => sum + t.whole, 0);
  return {
    stepMs: round(median(times.map((t) => t.whole))),
    denoiserMs: round(median(times.map((t) => t.denoiser))),
    vjpMs: round(median(times.map((t) => t.vjp))),
    restMs: round(median(rest)),
    /** Share of the time that is neither network nor VJP. */
    restShare: round(rest.reduce((a, b) => a + b, 0) / total, 4),
    steps: times.length,
  };
}

/** CPU milliseconds of the whole machine and of this process. */
function used(): { machine: number; own: number } {
  const machine = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const { user, system } = process.cpuUsage();
  return { machine, own: (user + system) / 1000 };
}

if (!(Number.isInteger(steps) && steps >= 3 && rounds >= 1 && guidance >= 0 && threads >= 1))
  throw new Error(
    'expected --steps of at least 3, --rounds and --threads of at least 1, --guidance of at least 0',
  );
const pack = watched(openPack(folder, manifest, { threads }));
for (const arm of ['coarse', 'refined'] as const) await run(pack, arm);
const before = used();
const load = loadavg()[0] ?? 0;
const began = performance.now();
const coarse: StepTime[] = [];
const refined: StepTime[] = [];
for (let i = 0; i < rounds; i++) {
  // In turn, and the order in turn too, so that a slow minute hits both alike.
  for (const arm of i % 2 === 0 ? (['coarse', 'refined'] as const) : (['refined', 'coarse'] as const))
    (arm === 'coarse' ? coarse : refined).push(...(await run(pack, arm)));
}
const after = used();
const others = Math.max(
  0,
  (after.machine - before.machine - (after.own - before.own)) / ((performance.now() - began) * cpus().length),
);
const [c, r] = [figures(coarse), figures(refined)];
const result = {
  bench: 'step',
  pack: `${manifest.id} ${manifest.version}`,
  guidance,
  threads,
  backends: pack.backends(),
  coarse: c,
  refined: r,
  refinedOverCoarse: round(r.stepMs / c.stepMs, 3),
  load: { average: round(load), othersShare: round(others, 3) },
  valid: others <= 0.05,
};
const line = (name: string, f: ReturnType<typeof figures>): string =>
  `${name.padEnd(8)} ${f.stepMs.toFixed(1).padStart(7)} ms: denoiser ${f.denoiserMs.toFixed(1)}, VJP ${f.vjpMs.toFixed(1)}, rest ${f.restMs.toFixed(2)} (${(f.restShare * 100).toFixed(2)} %), over ${String(f.steps)} steps`;
console.log(`${result.pack}, guidance ${String(guidance)}, ${String(threads)} threads`);
for (const [part, { name, detail }] of Object.entries(result.backends))
  console.log(`  ${part}: ${name} (${detail})`);
console.log(line('coarse', c));
console.log(line('refined', r));
console.log(`refined / coarse ${result.refinedOverCoarse.toFixed(2)}`);
console.log(
  `load: others took ${(others * 100).toFixed(0)} % of the processor, average ${load.toFixed(1)}${result.valid ? '' : '; this run is void'}`,
);
console.log(JSON.stringify(result));
await pack.close();
