/**
 * DPM-Solver++(2M), Lu et al. 2022 (arXiv 2211.01095, algorithm 2), by the data prediction that this sampler has anyway. With
 * lambda = log(alpha / sigma) its step is the DDIM step (ddim.ts) of an extrapolated clean image:
 *
 *   D = (1 + 1 / 2r) x^0(now) - 1 / 2r x^0(before),   r = (lambda_now - lambda_before) / (lambda_to - lambda_now)
 *
 * because alpha_t D + sigma_t (x - alpha_s D) / sigma_s = sigma_t / sigma_s x - alpha_t (e^(-h) - 1) D with h = lambda_t - lambda_s.
 */
import { alpha, sigma } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { combine } from './tensor.ts';

/** A clean prediction with the level at which it was made. */
export interface Prediction {
  readonly clean: Float32Array;
  readonly level: number;
}

const lambda = (schedule: Schedule, t: number): number => Math.log(alpha(schedule, t) / sigma(schedule, t));

/**
 * 1 / 2r of the step to level `to`; 0 is first order (DDIM). That is so without a history, in the step to the clean image,
 * where lambda is infinite, and after a step from pure noise, where it is minus infinite.
 */
export function secondOrderWeight(
  schedule: Schedule,
  now: number,
  to: number,
  before: number | null,
): number {
  if (before === null || to === 0) return 0;
  const weight =
    (lambda(schedule, to) - lambda(schedule, now)) / (2 * (lambda(schedule, now) - lambda(schedule, before)));
  return Number.isFinite(weight) ? weight : 0;
}

/** D: the clean image that a DDIM step from `now.level` to `to` is to take. */
export function extrapolated(
  schedule: Schedule,
  now: Prediction,
  to: number,
  before: Prediction | null,
): Float32Array {
  const weight = secondOrderWeight(schedule, now.level, to, before?.level ?? null);
  return before === null || weight === 0 ? now.clean : combine(1 + weight, now.clean, -weight, before.clean);
}
