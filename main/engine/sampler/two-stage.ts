/**
 * Two-stage sampling (paper section 3.1, Fig. 3). Functions in, an async generator out: it knows no network, no backend
 * and no clock. Names follow the paper: x~_t coarse image, x^0 clean prediction, g semantic-induced gradient.
 */
import { ddimStep } from './ddim.ts';
import { extrapolated } from './multistep.ts';
import type { Prediction } from './multistep.ts';
import { shiftMean, stepVariance } from './rivals.ts';
import { alpha, samplingLevels } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { clip, combine, isFinite } from './tensor.ts';

/** How stage 1 goes from level to level: first order, or second order by the prediction before (multistep.ts). */
export type Sampler = 'ddim' | 'dpm-solver++';

/** How x_t is rebuilt from stage 2's clean image (docs/method.md, forms a, b, c). */
export type Rebuild = 'mean-shift' | 'continue' | 'difference';

/**
 * Guided clean prediction f(x, g, t, c) with both branches of Eq. 3; `gradient` null is the null gradient. The result is
 * not clipped yet.
 */
export type Predict = (x: Float32Array, gradient: Float32Array | null, t: number) => Promise<Float32Array>;

/** g at x~_t or at the clean prediction behind it, already divided by the pack's scale and clipped (Eqs. 9, 10). */
export type Gradient = (coarse: Float32Array, t: number, clean: Float32Array) => Promise<Float32Array>;

export interface SamplingPlan {
  readonly schedule: Schedule;
  readonly steps: number;
  readonly rebuild: Rebuild;
  /** Absent: ddim. */
  readonly sampler?: Sampler | undefined;
  /** Levels [low, high] in which stage 2 acts. */
  readonly window: readonly [number, number];
  /**
   * `single`: stage 1 only. `null`: stage 2 with a null gradient (equal compute). `gradient`: refinement. `mean`: no stage
   * 2, the gradient is added to the mean by formula (rivals.ts) at `meanScale`.
   */
  readonly stages: 'single' | 'null' | 'gradient' | 'mean';
  /** s of Eq. 2, `mean` only. */
  readonly meanScale?: number;
}

export interface Step {
  /** 1 .. steps. */
  readonly i: number;
  readonly of: number;
  readonly stage: 'coarse' | 'gradient' | 'refined';
  /** Clean prediction in [-1, 1] after this stage. */
  readonly clean: Float32Array;
  /** Set on the last stage of a step. */
  readonly x?: Float32Array;
  /** True when gradient or stage 2 was not finite and the step went on without it. */
  readonly unrefined?: boolean;
}

/** Stage 1 gave NaN or infinity: there is no image to fall back to. */
export class NonFiniteError extends Error {
  constructor(step: number) {
    super(`the clean prediction of step ${step} is not finite`);
    this.name = 'NonFiniteError';
  }
}

/** True when stage 2 acts on the step that arrives at level t. A clean image (t = 0) has nothing left to refine. */
export const refinesAt = ({ stages, window }: Pick<SamplingPlan, 'stages' | 'window'>, t: number): boolean =>
  stages !== 'single' && t > 0 && t >= window[0] && t <= window[1];

/** The sampling levels at which a gradient is taken: every step but the first level arrives at one of them. */
export const gradientLevels = (levels: readonly number[], window: SamplingPlan['window']): number[] =>
  levels.slice(1).filter((t) => refinesAt({ stages: 'gradient', window }, t));

/** The steps (1 .. steps) that stage 2 acts on, if none of them falls back. Form b covers two levels with each. */
export function refinedSteps(plan: SamplingPlan): number[] {
  const levels = samplingLevels(plan.schedule, plan.steps);
  const out: number[] = [];
  for (let i = 1; i <= plan.steps; i++) {
    if (!refinesAt(plan, levels[i] as number)) continue;
    out.push(i);
    if (plan.rebuild === 'continue') i++;
  }
  return out;
}

/**
 * Samples from pure noise `x` [3, S, S]; yields after each stage, the last yield holds x_0. The caller breaks the loop to
 * cancel: nothing runs between yields but the functions passed in.
 */
export async function* twoStage(
  plan: SamplingPlan,
  noise: Float32Array,
  predict: Predict,
  gradient: Gradient,
): AsyncGenerator<Step> {
  const { schedule, steps } = plan;
  const levels = samplingLevels(schedule, steps);
  const level = (i: number): number => levels[i] as number;
  let x = noise;
  let before: Prediction | null = null;
  for (let i = 1; i <= steps; i++) {
    const from = level(i - 1);
    const t = level(i);
    // Stage 1: x~_t by a step of f(x_{t+1}, 0, t+1, c).
    const raw = await predict(x, null, from);
    if (!isFinite(raw)) throw new NonFiniteError(i);
    const clean = clip(raw, -1, 1);
    const now: Prediction = { clean, level: from };
    const taken: Float32Array =
      plan.sampler === 'dpm-solver++' ? extrapolated(schedule, now, t, before) : clean;
    const coarse = ddimStep(schedule, x, taken, from, t);
    before = now;
    if (!refinesAt(plan, t)) {
      x = coarse;
      yield { i, of: steps, stage: 'coarse', clean, x };
      continue;
    }
    yield { i, of: steps, stage: 'coarse', clean };
    let g: Float32Array | null = null;
    if (plan.stages === 'gradient' || plan.stages === 'mean') {
      g = await gradient(coarse, t, clean);
      if (!isFinite(g)) {
        x = coarse;
        yield { i, of: steps, stage: 'refined', clean, x, unrefined: true };
        continue;
      }
      if (plan.stages === 'mean') {
        x = shiftMean(coarse, g, plan.meanScale ?? 1, stepVariance(schedule, from, t));
        yield { i, of: steps, stage: 'gradient', clean, x };
        continue;
      }
      yield { i, of: steps, stage: 'gradient', clean };
    }
    // Stage 2: x^0' = f(x~_t, g, t, c).
    // Looked at before it is clipped, which would make an infinite prediction look like an ordinary one.
    const second = await predict(coarse, g, t);
    if (!isFinite(second)) {
      x = coarse;
      yield { i, of: steps, stage: 'refined', clean, x, unrefined: true };
      continue;
    }
    const refined = clip(second, -1, 1);
    let rebuilt: Float32Array;
    if (plan.rebuild === 'continue' && i < steps) {
      // Form b: stage 2 takes the next level's step itself, so this turn of the loop covers two levels.
      rebuilt = ddimStep(schedule, coarse, refined, t, level(i + 1));
    } else if (plan.rebuild === 'difference') {
      // Form c: zero where the gradient says nothing, at the price of one more call.
      rebuilt = g
        ? shift(coarse, refined, clip(await predict(coarse, null, t), -1, 1), alpha(schedule, t))
        : coarse;
    } else {
      rebuilt = shift(coarse, refined, clean, alpha(schedule, t));
    }
    const finite = isFinite(rebuilt);
    x = finite ? rebuilt : coarse;
    if (finite) {
      // The history holds the clean image that x_t now stands for: what refinement moved must not be extrapolated once more.
      before =
        plan.rebuild === 'continue'
          ? { clean: refined, level: t }
          : { clean: shift(clean, rebuilt, coarse, 1 / alpha(schedule, t)), level: from };
    }
    if (finite && plan.rebuild === 'continue' && i < steps) i++;
    yield finite
      ? { i, of: steps, stage: 'refined', clean: refined, x }
      : { i, of: steps, stage: 'refined', clean, x, unrefined: true };
  }
}

/** base + a (to - from). Of x~_t, x^0', x^0 and alpha_t: the mean shift of Eq. 7 with stage 1's noise kept. */
function shift(base: Float32Array, to: Float32Array, from: Float32Array, a: number): Float32Array {
  return combine(1, base, a, combine(1, to, -1, from));
}
