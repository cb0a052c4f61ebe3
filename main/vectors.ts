/** Arithmetic of embeddings: float32 in and out, sums in float64. Lengths are the caller's to match. */

/** Inner product. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Length that a unit vector may have after rounding. */
export const LONGEST = 1.001;

/** Whether x is at most of unit length and all its numbers are finite. */
export const isAtMostUnit = (x: Float32Array): boolean => dot(x, x) <= LONGEST ** 2;

/** Unit vector of x; zero stays zero. */
export function normalise(x: Float32Array): Float32Array {
  const norm = Math.sqrt(dot(x, x)) || 1;
  return x.map((value) => value / norm);
}

/** Unit vector of sum_i w_i x_i, [D]; zero where there is nothing to add. */
export function blend(
  parts: readonly { readonly vector: Float32Array; readonly weight: number }[],
  dims: number,
): Float32Array {
  const sum = new Float32Array(dims);
  for (const { vector, weight } of parts)
    for (let d = 0; d < dims; d++) sum[d] = (sum[d] as number) + weight * (vector[d] as number);
  return normalise(sum);
}
