/**
 * One seed again, coarse and refined, looked at on the way: at eight of the refined steps each phrase gets a forward and a
 * backward pass of its own (the sum that refines needs only one), and the clean pictures get the score that the phrase's gradient climbs.
 */
import { AppError, because } from '#contract';
import type { ExplainRequest, ExplainStream } from '../contract.ts';
import { scaleAt, scaledGradient } from '../gradient/semantic-gradient.ts';
import { makeTowards, similarityTo } from '../gradient/towards.ts';
import type { OpenPack } from '../pack.ts';
import { guided, makeCondition, named, usedBackends } from '../sample.ts';
import {
  combine,
  makeSchedule,
  normals,
  refinedSteps,
  samplingLevels,
  toRgb,
  twoStage,
} from '../sampler/index.ts';
import type { Gradient, SamplingPlan } from '../sampler/index.ts';
import { changeAt, magnitude, mapBytes, meanMap, smooth, spread, topOf, verdictOf } from './maps.ts';

/** Steps of the run that are looked at. */
const PROBES = 8;

interface Probe {
  readonly step: number;
  /** One map for each active phrase. */
  readonly maps: readonly Float32Array[];
  /** The refined clean picture of this step. */
  clean?: Float32Array;
}

/** Steps as they are made, then what was found. `signal` is looked at before every network call. */
export async function* explain(request: ExplainRequest, pack: OpenPack, signal: AbortSignal): ExplainStream {
  const began = performance.now();
  const { manifest } = pack;
  const active = request.phrases.flatMap((phrase, index) =>
    phrase.weight > 0 && phrase.references.length > 0 ? [{ phrase, index }] : [],
  );
  if (active.length === 0) throw because('explain_no_phrase', {});
  const schedule = makeSchedule(manifest.schedule.kind, manifest.schedule.levels);
  const levels = samplingLevels(schedule, request.steps);
  const { size } = manifest.image;
  const dims = request.source.length;
  const noise = normals(BigInt(request.seed), 3 * size ** 2);
  const [denoiser, kernel, encoder] = [
    await pack.denoiser(),
    await pack.gradientKernel(),
    await pack.imageEncoder(),
  ];
  const towards = await makeTowards(pack);
  const condition = makeCondition(
    towards.stressed(request.source, request.phrases),
    request.phrases,
    manifest.denoiser.maxReferences,
  );
  const predict = guided(denoiser, condition, request.guidance, signal);
  const plan: SamplingPlan = {
    schedule,
    steps: request.steps,
    rebuild: request.rebuild,
    sampler: request.sampler,
    window: request.window,
    stages: 'gradient',
  };
  const wanted = spread(refinedSteps(plan), PROBES);
  if (wanted.length === 0) throw because('explain_no_step', {});

  const coarseCleans = new Map<number, Float32Array>();
  let coarse = noise;
  const none = (): Promise<never> =>
    Promise.reject(new AppError('internal', 'Coarse sampling took a gradient.'));
  for await (const step of named(twoStage({ ...plan, stages: 'single' }, noise, predict, none), 'coarse')) {
    signal.throwIfAborted();
    coarseCleans.set(step.i, step.clean);
    if (step.x) coarse = step.x;
    yield { type: 'step', arm: 'coarse', i: step.i, of: step.of };
  }

  const probes: Probe[] = [];
  const allAt = towards.cotangent(request.phrases);
  const eachAt = active.map(({ phrase }) => towards.cotangent([phrase]));
  const gradient: Gradient = async (coarseImage, t, clean) => {
    const x = towards.at(coarseImage, clean);
    const step = levels.indexOf(t);
    // A step that could not be refined moves the ones after it, so the next one at or after a wanted step is taken.
    if (step >= (wanted[probes.length] ?? Infinity)) {
      const unit = 1 / scaleAt(manifest.gradientScale, t);
      const maps: Float32Array[] = [];
      for (const oneAt of eachAt) {
        signal.throwIfAborted();
        const { gradient: pull } = await kernel.vjp(x, oneAt(step));
        maps.push(smooth(magnitude(combine(unit, pull, 0, pull)), size));
      }
      probes.push({ step, maps });
    }
    signal.throwIfAborted();
    return scaledGradient(kernel, x, t, allAt(step), manifest.gradientScale);
  };
  let refined = noise;
  for await (const step of named(twoStage(plan, noise, predict, gradient), 'refined')) {
    signal.throwIfAborted();
    const last = probes.at(-1);
    if (step.x && step.stage === 'refined' && last) last.clean ??= step.clean;
    if (step.x) refined = step.x;
    yield { type: 'step', arm: 'refined', i: step.i, of: step.of };
  }

  const embed = async (images: readonly Float32Array[]): Promise<Float32Array[]> => {
    signal.throwIfAborted();
    const batch = new Float32Array(images.length * 3 * size ** 2);
    images.forEach((image, k) => batch.set(image, k * image.length));
    const out = await encoder.embed(batch, images.length);
    return images.map((_, k) => out.slice(k * dims, (k + 1) * dims));
  };
  const cleans = probes.map(({ clean }) => clean ?? refined);
  const unrefined = await embed(probes.map(({ step }) => coarseCleans.get(step) ?? coarse));
  const embedded = await embed(cleans);
  const [before, after] = (await embed([coarse, refined])) as [Float32Array, Float32Array];
  const [coarseRgb, rgb] = [toRgb(coarse), toRgb(refined)];
  const area = size ** 2;
  const pictures = new Uint8Array(probes.length * area * 3);
  cleans.forEach((clean, k) => {
    pictures.set(toRgb(clean), k * area * 3);
  });
  yield {
    type: 'explained',
    size,
    at: probes.map(({ step }) => step),
    pictures,
    rgb,
    backends: usedBackends(pack, undefined, true, false),
    seconds: (performance.now() - began) / 1000,
    phrases: active.map(({ phrase, index }, k) => {
      const own = probes.map(({ maps }) => maps[k] as Float32Array);
      const most = own.reduce((max, map) => map.reduce((a, b) => Math.max(a, b), max), 0);
      const maps = new Uint8Array(own.length * area);
      const bytes = own.map((map) => mapBytes(map, most));
      bytes.forEach((map, p) => {
        maps.set(map, p * area);
      });
      const mean = meanMap(own);
      const overall = mapBytes(
        mean,
        mean.reduce((a, b) => Math.max(a, b), 0),
      );
      const overallTop = topOf(overall);
      const change = changeAt(coarseRgb, rgb, overall, overallTop);
      const score = towards.score(phrase);
      const similarity = similarityTo(phrase, dims);
      const [from, to] = [score(before), score(after)];
      return {
        index,
        maps,
        tops: bytes.map((map) => topOf(map)),
        overall,
        overallTop,
        coarse: unrefined.map(score),
        refined: embedded.map(score),
        before: from,
        after: to,
        similarity: [similarity(before), similarity(after)],
        ...change,
        verdict: verdictOf(from, to, change.inside),
      };
    }),
  };
}
