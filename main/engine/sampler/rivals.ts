/**
 * The paper's rivals as pure functions on clean predictions, means and gradients. Each has one scale of its own; what a
 * sampler must do beside them (which condition, which denoiser) is in sample.ts.
 */
import { alpha, sigma } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { combine } from './tensor.ts';

/**
 * Sigma of Eqs. 2 and 6 for a step from level `from` down to `to`: the variance of q(x_to | x_from, x_0), which is
 * sigma_to^2 / sigma_from^2 (1 - alphaBar_from / alphaBar_to). 0 at a clean image, sigma_to^2 from pure noise.
 */
export function stepVariance(schedule: Schedule, from: number, to: number): number {
  if (to >= from) throw new RangeError(`expected a step to a lower level, got ${from} to ${to}`);
  const kept = alpha(schedule, from) / alpha(schedule, to);
  const noise = sigma(schedule, to) / sigma(schedule, from);
  return noise * noise * (1 - kept * kept);
}

/**
 * The mean moved along a gradient: mu + s Sigma g (Eq. 2; with G of Eq. 6 left out it is Eq. 7 too, so the same function
 * is classifier guidance and the first-order arm, which differ in what g is).
 */
export function shiftMean(
  mean: Float32Array,
  g: Float32Array,
  scale: number,
  variance: number,
): Float32Array {
  return combine(1, mean, scale * variance, g);
}

/**
 * Conjunction of Composable Diffusion (Liu et al. 2022): x^(null) + sum_i w_i (x^(c_i) - x^(null)). Clean predictions are
 * linear in predicted noise, so the formula on noise and this one give the same step.
 */
export function compose(
  unconditional: Float32Array,
  conditionals: readonly Float32Array[],
  weights: readonly number[],
): Float32Array {
  if (conditionals.length !== weights.length)
    throw new RangeError(`${conditionals.length} predictions, but ${weights.length} weights`);
  const out = unconditional.slice();
  conditionals.forEach((x, k) => {
    if (x.length !== out.length) throw new RangeError(`lengths differ: ${x.length} and ${out.length}`);
    const w = weights[k] as number;
    for (let i = 0; i < out.length; i++)
      out[i] = (out[i] as number) + w * ((x[i] as number) - (unconditional[i] as number));
  });
  return out;
}

/**
 * The mean of predictions under the whole sentence's condition and one condition per noun phrase: Structure Diffusion
 * (Feng et al. 2022) averages the cross-attention outputs of such value matrices; a denoiser without text attention has
 * only its outputs to average.
 */
export function average(predictions: readonly Float32Array[]): Float32Array {
  const [first, ...rest] = predictions;
  if (!first) throw new RangeError('expected at least one prediction');
  const out = first.slice();
  for (const x of rest) {
    if (x.length !== out.length) throw new RangeError(`lengths differ: ${x.length} and ${out.length}`);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (x[i] as number);
  }
  return out.map((v) => v / predictions.length);
}
