import { alpha, sigma } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { combine } from './tensor.ts';

/** x_t = alpha(t) x_0 + sigma(t) noise (Eq. 1 unrolled). */
export function addNoise(
  schedule: Schedule,
  clean: Float32Array,
  noise: Float32Array,
  t: number,
): Float32Array {
  return combine(alpha(schedule, t), clean, sigma(schedule, t), noise);
}

/** The noise that x_t holds if `clean` is its clean image: (x_t - alpha(t) x^0) / sigma(t). t must be above 0. */
export function noiseOf(schedule: Schedule, x: Float32Array, clean: Float32Array, t: number): Float32Array {
  const s = sigma(schedule, t);
  if (s === 0) throw new RangeError('level 0 holds no noise');
  return combine(1 / s, x, -alpha(schedule, t) / s, clean);
}

/** Deterministic DDIM step from level `from` to `to` given the clean prediction: same noise, less of it. */
export function ddimStep(
  schedule: Schedule,
  x: Float32Array,
  clean: Float32Array,
  from: number,
  to: number,
): Float32Array {
  return addNoise(schedule, clean, noiseOf(schedule, x, clean, from), to);
}
