/** Plain typed-array arithmetic; an image is planar [3, S, S] float32, nominally in [-1, 1]. */

/** a * x + b * y, element by element. */
export function combine(a: number, x: Float32Array, b: number, y: Float32Array): Float32Array {
  if (x.length !== y.length) throw new RangeError(`lengths differ: ${x.length} and ${y.length}`);
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = a * (x[i] as number) + b * (y[i] as number);
  return out;
}

/** Every element held within [low, high]. NaN stays NaN, so that the guard can see it. */
export function clip(x: Float32Array, low: number, high: number): Float32Array {
  return x.map((value) => (value < low ? low : value > high ? high : value));
}

/** True when no element is NaN or infinite. */
export function isFinite(x: Float32Array): boolean {
  // A sum is finite only if all its terms are (float64 cannot overflow on float32 terms of this number).
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  return Number.isFinite(sum);
}

/** Planar [3, S, S] in [-1, 1] to RGB bytes [S, S, 3]. */
export function toRgb(x: Float32Array): Uint8Array {
  const n = x.length / 3;
  const out = new Uint8Array(x.length);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < n; i++)
      out[i * 3 + c] = Math.max(0, Math.min(255, Math.round(((x[c * n + i] as number) + 1) * 127.5)));
  return out;
}

/** RGB bytes [S, S, 3] to planar [3, S, S] in [-1, 1]. */
export function fromRgb(rgb: Uint8Array): Float32Array {
  const n = rgb.length / 3;
  const out = new Float32Array(rgb.length);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < n; i++) out[c * n + i] = (rgb[i * 3 + c] as number) / 127.5 - 1;
  return out;
}
