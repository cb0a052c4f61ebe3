/**
 * What a phrase's references share and other images lack (docs/decisions/0006): the linear discriminant of a few images
 * against the background of the pack's training images, with statistics that are estimated once (as for exemplar LDA:
 * Hariharan, Malik, Ramanan, ECCV 2012).
 */
import { AppError } from '#contract';
import type { SafeTensor } from '../safetensors.ts';
import type { PhraseReferences } from './semantic-gradient.ts';

/** `mean` [D] of the background's embeddings; `whiten` [D, D], the inverse of their shrunk covariance, row by row. */
export interface Contrast {
  readonly mean: Float32Array;
  readonly whiten: Float32Array;
}

/** From the tensors of the pack's part. Throws `bad_tensor` for a tensor that is absent, of another shape, or not finite. */
export function readContrast(tensors: ReadonlyMap<string, SafeTensor>, dims: number): Contrast {
  const take = (name: string, shape: readonly number[]): Float32Array => {
    const tensor = tensors.get(name);
    const fits =
      tensor?.data instanceof Float32Array &&
      tensor.shape.join() === shape.join() &&
      tensor.data.every((x) => Number.isFinite(x));
    if (!fits)
      throw new AppError(
        'bad_tensor',
        `The pack's contrast needs finite numbers "${name}" of shape [${shape.join(', ')}]. Install the pack again.`,
      );
    return tensor.data;
  };
  return { mean: take('mean', [dims]), whiten: take('whiten', [dims, dims]) };
}

/** sum_k w_k d_k, [D]: d_k is the unit direction whiten (mean_j f(x_ref(k, j)) - mean) of a phrase's clean references. */
export function contrastCotangent(
  phrases: readonly PhraseReferences[],
  { mean, whiten }: Contrast,
): Float32Array {
  const dims = mean.length;
  const out = new Float32Array(dims);
  for (const { weight, references } of phrases) {
    const total = references.reduce((sum, r) => sum + r.weight, 0);
    if (total === 0) continue;
    const offset = mean.map((m, d) =>
      references.reduce((sum, r) => sum + (r.weight / total) * (r.embedding[d] as number), -m),
    );
    const direction = new Float64Array(dims);
    for (let i = 0; i < dims; i++)
      for (let j = 0; j < dims; j++)
        direction[j] = (direction[j] as number) + (offset[i] as number) * (whiten[i * dims + j] as number);
    const length = Math.hypot(...direction);
    if (length === 0) continue;
    for (let d = 0; d < dims; d++) out[d] = (out[d] as number) + (weight * (direction[d] as number)) / length;
  }
  return out;
}
