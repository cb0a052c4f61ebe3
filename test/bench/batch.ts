/**
 * npm run bench:batch: pictures a second and processor seconds a picture, by how many are made side by side.
 *
 *   node test/bench/batch.ts [--pack=models/first] [--steps=10] [--guidance=1] [--pictures=16] [--rounds=2] [--threads=N]
 *     [--sizes=1,2,4,8,16] [--arms=coarse,refined]
 *
 * Each round makes the same pictures at every size, forwards and backwards in turn, so that a slow minute hits all sizes
 * alike. Processor seconds hardly know of other programs; pictures a second do. Rebuild form and window are the pack's own.
 * The last line is one JSON object, with the largest difference of a pixel (0 .. 255) to size 1.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { PackManifest } from '../../contract/index.ts';
import { openPack } from '../../main/engine/pack.ts';
import { sampleTogether } from '../../main/engine/sample-together.ts';
import { benchRequest } from './request.ts';

const argument = (name: string, fallback: string): string =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const folder = argument('pack', join(fileURLToPath(new URL('../..', import.meta.url)), 'models', 'first'));
const steps = Number(argument('steps', '10'));
const guidance = Number(argument('guidance', '1'));
const pictures = Number(argument('pictures', '16'));
const rounds = Number(argument('rounds', '2'));
const threads = Number(argument('threads', String(availableParallelism())));
const sizes = argument('sizes', '1,2,4,8,16').split(',').map(Number);
const manifest = v.parse(PackManifest, JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
const { rebuild, window } = manifest.sampling;
type BenchArm = 'coarse' | 'refined';
const ARMS = argument('arms', 'coarse,refined').split(',') as BenchArm[];

if (![steps, pictures, rounds, threads, ...sizes].every((n) => Number.isInteger(n) && n >= 1))
  throw new Error(
    'expected whole numbers of at least 1 for --steps, --pictures, --rounds, --threads, --sizes',
  );

const pack = openPack(folder, manifest, { threads });
const live = new AbortController().signal;

/** The pictures of seeds 0 .. pictures - 1, so many at once. */
async function make(arm: BenchArm, size: number): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  for (let first = 0; first < pictures; first += size) {
    const requests = Array.from({ length: Math.min(size, pictures - first) }, (_, i) =>
      benchRequest(manifest, arm, { steps, guidance, rebuild, window, seed: first + i }),
    );
    for await (const { of, event } of sampleTogether(requests, pack, undefined, live))
      if (event.type === 'result') out[first + of] = event.rgb;
  }
  return out;
}

interface Tally {
  pictures: number;
  wall: number;
  processor: number;
}
const tallies = new Map<string, Tally>();
const first = new Map<BenchArm, Uint8Array[]>();
let worst = 0;
for (const arm of ARMS) first.set(arm, await make(arm, 1));
for (let round = 0; round < rounds; round++)
  for (const size of round % 2 === 0 ? sizes : sizes.toReversed())
    for (const arm of ARMS) {
      const before = process.cpuUsage();
      const began = performance.now();
      const made = await make(arm, size);
      const { user, system } = process.cpuUsage(before);
      const tally = tallies.get(`${arm} ${size}`) ?? { pictures: 0, wall: 0, processor: 0 };
      tally.pictures += pictures;
      tally.wall += (performance.now() - began) / 1000;
      tally.processor += (user + system) / 1e6;
      tallies.set(`${arm} ${size}`, tally);
      made.forEach((rgb, i) => {
        const alone = first.get(arm)?.[i] as Uint8Array;
        for (const [k, value] of rgb.entries())
          worst = Math.max(worst, Math.abs(value - (alone[k] as number)));
      });
    }

const round2 = (x: number): number => Number(x.toFixed(3));
const rows = ARMS.flatMap((arm) =>
  sizes.map((size) => {
    const { pictures: n, wall, processor } = tallies.get(`${arm} ${size}`) as Tally;
    return { arm, size, picturesPerSecond: round2(n / wall), processorSeconds: round2(processor / n) };
  }),
);
for (const { arm, size, picturesPerSecond, processorSeconds } of rows)
  console.log(
    `${arm.padEnd(8)} ${String(size).padStart(2)} at once: ${picturesPerSecond.toFixed(2)} pictures/s, ${processorSeconds.toFixed(2)} processor seconds each`,
  );
console.log(
  JSON.stringify({
    bench: 'batch',
    pack: `${manifest.id} ${manifest.version}`,
    steps,
    guidance,
    threads,
    rounds,
    pictures,
    backends: pack.backends(),
    rows,
    largestPixelDifference: worst,
    peakMebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
    load: round2(loadavg()[0] ?? 0),
  }),
);
await pack.close();
