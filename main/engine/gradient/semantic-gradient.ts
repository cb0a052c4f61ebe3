import type { GradientKernel } from '../ports.ts';

export interface PhraseReferences {
  /** Weight of the emphasis, 0 .. 2. */
  readonly weight: number;
  /** Noised-reference embeddings f(x_t^ref) at this level, one [D] per reference, with the reference's own weight. */
  readonly references: readonly { readonly embedding: Float32Array; readonly weight: number }[];
}

export interface GradientScale {
  readonly levels: readonly number[];
  readonly rms: readonly number[];
  readonly clip: number;
}

/**
 * The cotangent of Eq. 10 summed as Eq. 9 allows: sum_k w_k mean_j f(x_t^ref(k, j)). References of a phrase are averaged
 * (by their own weights), phrases are weighted and summed, so any number of emphases costs one VJP.
 */
export function cotangent(phrases: readonly PhraseReferences[], dims: number): Float32Array {
  const out = new Float32Array(dims);
  for (const { weight, references } of phrases) {
    const total = references.reduce((sum, r) => sum + r.weight, 0);
    if (total === 0) continue;
    for (const r of references) {
      const share = (weight * r.weight) / total;
      for (let d = 0; d < dims; d++) out[d] = (out[d] as number) + share * (r.embedding[d] as number);
    }
  }
  return out;
}

/** Median RMS of the raw gradient at level t, linear between the pack's levels. */
export function scaleAt(scale: GradientScale, t: number): number {
  const { levels, rms } = scale;
  let i = 1;
  while (i < levels.length - 1 && (levels[i] as number) < t) i++;
  const lo = levels[i - 1] as number;
  const hi = levels[i] as number;
  const share = Math.min(1, Math.max(0, (t - lo) / (hi - lo)));
  return (rms[i - 1] as number) * (1 - share) + (rms[i] as number) * share;
}

/**
 * g as the network sees it: one VJP with cotangent `towards` [D] (`cotangent`, a contrast, or a text embedding as in Eq. 2),
 * divided by the level's constant and clipped, never by its own norm.
 */
export async function scaledGradient(
  kernel: GradientKernel,
  image: Float32Array,
  t: number,
  towards: Float32Array,
  scale: GradientScale,
): Promise<Float32Array> {
  const { gradient } = await kernel.vjp(image, towards);
  const unit = 1 / scaleAt(scale, t);
  return gradient.map((v) => {
    const g = v * unit;
    // An infinite gradient must reach the sampler's guard; clipped it would look ordinary.
    if (!Number.isFinite(g)) return Number.NaN;
    return g < -scale.clip ? -scale.clip : g > scale.clip ? scale.clip : g;
  });
}
