import { combine } from './tensor.ts';

/** Eq. 3: x^(c) + s (x^(c) - x^(null)), on clean predictions. s = 0 is the conditional prediction itself. */
export function guide(conditional: Float32Array, unconditional: Float32Array, scale: number): Float32Array {
  return combine(1 + scale, conditional, -scale, unconditional);
}
