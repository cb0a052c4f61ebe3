/** One sampling request: every arm from the same seed, noise and c, as a stream of steps, previews and results. */
import { ADAPTED_ARMS, AppError, BASELINE_ARMS, because, rivalScale } from '#contract';
import type { Arm, BackendUse } from '#contract';
import type { EnginePhrase, SampleEvent, SampleRequest } from './contract.ts';
import { scaledGradient } from './gradient/semantic-gradient.ts';
import { makeTowards } from './gradient/towards.ts';
import type { OpenPack } from './pack.ts';
import type { Branch, Condition, Denoiser } from './ports.ts';
import { rivalConditions } from './rival-conditions.ts';
import {
  NonFiniteError,
  average,
  compose,
  guide,
  makeSchedule,
  normals,
  samplingLevels,
  toRgb,
  twoStage,
} from './sampler/index.ts';
import type { Gradient, Predict, SamplingPlan, Step } from './sampler/index.ts';

const PREVIEW_INTERVAL_MS = 250;

/** c = concat(e, e^1 .. e^K): references in turn from each phrase by rank, as many as the pack takes. */
export function makeCondition(
  source: Float32Array,
  phrases: readonly EnginePhrase[],
  references: number,
): Condition {
  const dims = source.length;
  const tokens = new Float32Array((1 + references) * dims);
  const mask = new Float32Array(1 + references);
  tokens.set(source, 0);
  mask[0] = 1;
  const active = phrases.filter((p) => p.weight > 0);
  let slot = 1;
  const deepest = Math.max(0, ...active.map((p) => p.references.length));
  for (let rank = 0; rank < deepest; rank++) {
    for (const phrase of active) {
      const reference = phrase.references[rank];
      if (!reference || slot > references) continue;
      tokens.set(reference.clean, slot * dims);
      mask[slot++] = 1;
    }
  }
  return { tokens, mask };
}

const nullCondition = (like: Condition): Condition => ({
  tokens: new Float32Array(like.tokens.length),
  mask: new Float32Array(like.mask.length),
});

/** f of a condition under guidance (Eq. 3). The null branch has a null gradient too (method.md, reading 4). */
export function guided(
  denoiser: Denoiser,
  condition: Condition,
  guidance: number,
  signal: AbortSignal,
): Predict {
  return async (x, gradient, t) => {
    signal.throwIfAborted();
    const branches: Branch[] = [{ condition, gradient }];
    if (guidance !== 0) branches.push({ condition: nullCondition(condition), gradient: null });
    const [conditional, unconditional] = (await denoiser.predict(x, t, branches)) as [
      Float32Array,
      Float32Array | undefined,
    ];
    return unconditional ? guide(conditional, unconditional, guidance) : conditional;
  };
}

const STAGES: Readonly<Record<Arm, SamplingPlan['stages']>> = {
  sentence: 'single',
  coarse: 'single',
  coarse2: 'null',
  wrong: 'gradient',
  refined: 'gradient',
  baseline: 'single',
  'baseline-guided': 'mean',
  'first-order': 'mean',
  composable: 'single',
  structure: 'single',
};

/** Events of all arms in order. `signal` is looked at before every network call. */
export async function* sample(
  request: SampleRequest,
  pack: OpenPack,
  baseline: OpenPack | undefined,
  signal: AbortSignal,
): AsyncGenerator<SampleEvent> {
  const { manifest } = pack;
  const schedule = makeSchedule(manifest.schedule.kind, manifest.schedule.levels);
  const levels = samplingLevels(schedule, request.steps);
  const noise = normals(BigInt(request.seed), 3 * manifest.image.size ** 2);
  const towards = await makeTowards(pack);
  const full = makeCondition(
    towards.stressed(request.source, request.phrases),
    request.phrases,
    manifest.denoiser.maxReferences,
  );
  const alone = makeCondition(request.source, [], manifest.denoiser.maxReferences);

  let previewed = Number.NEGATIVE_INFINITY;
  let previewedArm: Arm | undefined;
  for (const arm of request.arms) {
    const began = performance.now();
    if (BASELINE_ARMS.includes(arm) && !baseline)
      throw new AppError(
        'invalid_input',
        `The arm "${arm}" needs an evaluation pack: name one as baselinePackId.`,
      );
    const other = [...BASELINE_ARMS, ...ADAPTED_ARMS].includes(arm) ? baseline : undefined;
    const denoiser: Denoiser = await (other ?? pack).denoiser();
    const kernel =
      STAGES[arm] === 'gradient' || STAGES[arm] === 'mean' ? await pack.gradientKernel() : undefined;
    const condition = arm === 'sentence' ? alone : full;
    const scale = rivalScale(arm, request.rivalScales) ?? 1;
    const several =
      arm === 'composable' || arm === 'structure'
        ? rivalConditions(arm, full, alone, request.phrases, manifest.denoiser.maxReferences)
        : null;
    const counters = { denoiserCalls: 0, vjpCalls: 0 };
    const spent = { denoiser: 0, gradient: 0 };
    const phrases = arm === 'wrong' ? request.wrongPhrases : request.phrases;

    const counted: Denoiser = {
      channels: denoiser.channels,
      async predict(x, t, branches) {
        const start = performance.now();
        const out = await denoiser.predict(x, t, branches);
        counters.denoiserCalls += branches.length;
        spent.denoiser += performance.now() - start;
        return out;
      },
    };
    const rival: Predict = async (x, gradient, t) => {
      signal.throwIfAborted();
      const { conditions, weights } = several ?? { conditions: [], weights: [] };
      const out = await counted.predict(x, t, [
        ...conditions.map((each) => ({ condition: each, gradient })),
        { condition: nullCondition(condition), gradient: null },
      ]);
      const none = out[conditions.length] as Float32Array;
      const conditionals = out.slice(0, -1);
      return arm === 'composable'
        ? compose(
            none,
            conditionals,
            weights.map((w) => w * scale),
          )
        : guide(average(conditionals), none, scale);
    };
    const predict = several ? rival : guided(counted, condition, request.guidance, signal);
    const cotangentAt = towards.cotangent(phrases);
    const gradient: Gradient = async (coarse, t, clean) => {
      signal.throwIfAborted();
      const start = performance.now();
      if (!kernel) throw new AppError('internal', 'No gradient kernel was opened.');
      counters.vjpCalls++;
      if (arm === 'baseline-guided') {
        // Eq. 2: the pull of the sentence's text embedding, without references.
        if (!request.text) throw new AppError('internal', 'The sentence has no text embedding.');
        const pull = await scaledGradient(kernel, coarse, t, request.text, manifest.gradientScale);
        spent.gradient += performance.now() - start;
        return pull;
      }
      const g = await scaledGradient(
        kernel,
        towards.at(coarse, clean),
        t,
        cotangentAt(levels.indexOf(t)),
        manifest.gradientScale,
      );
      spent.gradient += performance.now() - start;
      return g;
    };
    const plan: SamplingPlan = {
      schedule,
      steps: request.steps,
      rebuild: request.rebuild,
      sampler: request.sampler,
      // Classifier guidance acts in every step; what uses our references acts where refinement does.
      window: arm === 'baseline-guided' ? [0, schedule.levels] : request.window,
      // Without a reference there is nothing to refine: the arm is then its coarse twin.
      stages:
        (STAGES[arm] === 'gradient' || arm === 'first-order') &&
        !phrases.some((p) => p.weight > 0 && p.references.length > 0)
          ? 'single'
          : STAGES[arm],
      meanScale: scale,
    };
    const unrefinedSteps: number[] = [];
    let last: Float32Array | undefined;
    for await (const step of named(twoStage(plan, noise, predict, gradient), arm)) {
      signal.throwIfAborted();
      if (step.unrefined) unrefinedSteps.push(step.i);
      if (step.x) last = step.x;
      yield { type: 'step', arm, stage: step.stage, i: step.i, of: step.of };
      // The first picture of an arm always leaves, so that even a quick arm shows itself.
      const due = previewedArm !== arm || performance.now() - previewed > PREVIEW_INTERVAL_MS;
      if (request.previews && step.x && due) {
        previewed = performance.now();
        previewedArm = arm;
        yield { type: 'preview', arm, i: step.i, size: manifest.image.size, rgb: toRgb(step.clean) };
      }
    }
    if (!last) throw new AppError('internal', 'Sampling gave no image.');
    const large = request.upscale ? await enlarge(pack, last, signal) : null;
    const embedding = (await (await pack.imageEncoder()).embed(last, 1)).slice();
    yield {
      type: 'result',
      arm,
      size: manifest.image.size,
      rgb: toRgb(last),
      large,
      embedding,
      counters,
      unrefinedSteps,
      backends: usedBackends(pack, other, counters.vjpCalls > 0, large !== null),
      seconds: {
        denoiser: spent.denoiser / 1000,
        gradient: spent.gradient / 1000,
        total: (performance.now() - began) / 1000,
      },
    };
  }
}

/** The steps, with a numeric failure of stage 1 as an error that a person can act on. */
export async function* named(steps: AsyncGenerator<Step>, arm: Arm): AsyncGenerator<Step> {
  try {
    yield* steps;
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
    throw because('arm_failed', { arm, why: error.message }, { cause: error });
  }
}

/** What ran this arm: a part that another arm opened is not named, and the baseline names its own denoiser. */
export function usedBackends(
  pack: OpenPack,
  baseline: OpenPack | undefined,
  gradient: boolean,
  upscaled: boolean,
): Record<string, BackendUse> {
  const own = { ...pack.backends(), ...(baseline ? { denoiser: baseline.backends()['denoiser'] } : {}) };
  return Object.fromEntries(
    Object.entries(own).flatMap(([port, use]) =>
      use && (gradient || port !== 'gradient') && (upscaled || port !== 'upscaler') ? [[port, use]] : [],
    ),
  );
}

async function enlarge(
  pack: OpenPack,
  image: Float32Array,
  signal: AbortSignal,
): Promise<{ size: number; rgb: Uint8Array } | null> {
  signal.throwIfAborted();
  const upscaler = await pack.upscaler();
  if (!upscaler) return null;
  return { size: pack.manifest.image.size * upscaler.factor, rgb: toRgb(await upscaler.enlarge(image)) };
}
