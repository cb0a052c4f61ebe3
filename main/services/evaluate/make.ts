/** Makes the pictures of several prompts side by side, reads them, and gives the rows to keep. */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { GenerateRequest } from '#contract';
import type { EvaluationSettings, GenerateRequest as Generate } from '#contract';
import type { SampleEvent, SampleRequest, TogetherEvent } from '../../engine/index.ts';
import type { InstalledPack } from '../packs/index.ts';
import type { ResultRecord } from '../store/index.ts';
import type { Facts } from './facts.ts';
import { requestFor } from './plan.ts';
import type { WorkUnit } from './plan.ts';
import { seenIn } from './reader.ts';
import type { InstalledReader } from './reader.ts';
import { dot } from '../../vectors.ts';

/** What is known before the first step (satisfied by services/jobs). */
export type EvaluationPrepared = Pick<SampleRequest, 'source' | 'phrases' | 'wrongPhrases'> & {
  readonly text: Float32Array;
};

export interface EvaluationEngine {
  together(requests: readonly SampleRequest[], signal: AbortSignal): AsyncIterable<TogetherEvent>;
  read(
    file: string,
    own: number,
    size: number,
    rgb: Uint8Array,
    signal: AbortSignal,
  ): Promise<{ logits: Float32Array; features: Float32Array }>;
  /** LPIPS of RGB bytes [n, size, size, 3], pair by pair, [n]. */
  distances(
    file: string,
    sha256: string,
    size: number,
    a: Uint8Array,
    b: Uint8Array,
    signal: AbortSignal,
  ): Promise<Float32Array>;
}

export type Plan = Required<Pick<EvaluationSettings, 'steps' | 'guidance' | 'rebuild' | 'window'>>;

export interface MakeOptions {
  readonly engine: EvaluationEngine;
  readonly prepare: (
    pack: InstalledPack,
    request: Generate,
    plan: Plan,
    signal: AbortSignal,
  ) => Promise<EvaluationPrepared>;
}

/** The pack's own values where the settings say nothing. */
export function planOf({ manifest: { sampling } }: InstalledPack, settings: EvaluationSettings): Plan {
  return {
    steps: settings.steps ?? sampling.steps,
    guidance: settings.guidance ?? sampling.guidance,
    rebuild: settings.rebuild ?? sampling.rebuild,
    window: settings.window ?? sampling.window,
  };
}

interface Made {
  readonly unit: WorkUnit;
  readonly text: Float32Array;
  readonly result: SampleEvent & { type: 'result' };
}

/** One row for each unit, whose single arms are made side by side. `signal` is looked at before every network call. */
export async function makeRows(
  { engine, prepare }: MakeOptions,
  units: readonly WorkUnit[],
  facts: Facts,
  pack: InstalledPack,
  read: InstalledReader,
  signal: AbortSignal,
): Promise<ResultRecord[]> {
  const plan = planOf(pack, facts.settings);
  const requests: SampleRequest[] = [];
  const texts: Float32Array[] = [];
  for (const unit of units) {
    signal.throwIfAborted();
    const request = v.parse(GenerateRequest, requestFor(facts.settings, facts.promptSet.prompts, unit));
    const { source, phrases, wrongPhrases, text } = await prepare(pack, request, plan, signal);
    texts.push(text);
    requests.push({
      packId: request.packId,
      arms: request.arms,
      source,
      phrases,
      wrongPhrases,
      text,
      baselinePackId: request.baselinePackId,
      rivalScales: request.rivalScales,
      seed: request.seed,
      ...plan,
      sampler: request.sampler,
      upscale: false,
      previews: false,
    });
  }
  const made: Made[] = [];
  for await (const { of, event } of engine.together(requests, signal))
    if (event.type === 'result')
      made.push({ unit: units[of] as WorkUnit, text: texts[of] as Float32Array, result: event });
  return await readRows(made, engine, pack, read, signal);
}

async function readRows(
  made: readonly Made[],
  engine: EvaluationEngine,
  pack: InstalledPack,
  read: InstalledReader,
  signal: AbortSignal,
): Promise<ResultRecord[]> {
  const { size } = pack.manifest.image;
  const rgb = new Uint8Array(Buffer.concat(made.map(({ result }) => result.rgb)));
  const out = await engine.read(read.file, read.manifest.size, size, rgb, signal);
  const columns = out.logits.length / made.length;
  const { dims } = read.manifest.features;
  return made.map(({ unit, text, result: r }, i) => ({
    prompt: unit.prompt,
    seed: unit.seed,
    arm: r.arm,
    size,
    rgb: r.rgb,
    pixels_hash: createHash('sha256').update(r.rgb).digest('hex'),
    seen: JSON.stringify(seenIn(out.logits.subarray(i * columns, (i + 1) * columns), read.manifest)),
    features: bytesOf(out.features.slice(i * dims, (i + 1) * dims)),
    encoder: dot(text, r.embedding),
    seconds: r.seconds.total,
    denoiser_calls: r.counters.denoiserCalls,
    vjp_calls: r.counters.vjpCalls,
    unrefined: r.unrefinedSteps.length,
    backends: JSON.stringify(r.backends),
  }));
}

const bytesOf = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
