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

/** The unit direction whiten v of an offset v [D] from the background's mean; null for an offset of no length. */
function directionOf(offset: Float32Array, whiten: Float32Array): Float64Array | null {
  const dims = offset.length;
  const direction = new Float64Array(dims);
  for (let i = 0; i < dims; i++)
    for (let j = 0; j < dims; j++)
      direction[j] = (direction[j] as number) + (offset[i] as number) * (whiten[i * dims + j] as number);
  const length = Math.hypot(...direction);
  return length === 0 ? null : direction.map((x) => x / length);
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
    const direction = directionOf(offset, whiten);
    if (!direction) continue;
    for (let d = 0; d < dims; d++) out[d] = (out[d] as number) + weight * (direction[d] as number);
  }
  return out;
}

/** Share of what is missing that a phrase of weight 1 brings into the source embedding, in so many small turns. */
const STRESS = { share: 0.5, turns: 3 };

/**
 * The source embedding e [D] with what the stressed phrases ask for (docs/decisions/0009). A sentence's e loses details that it never
 * met together, a phrase's own e_k does not. Each phrase is asked along the direction d_k in which e_k differs from the
 * background: where e shows less of it than e_k, a share of the difference is added along d_k, in turn, so that phrases
 * that agree are not added twice. Unit length again. Phrases without weight or without an e_k of their own change nothing.
 */
export function stressedSource(
  source: Float32Array,
  phrases: readonly { readonly weight: number; readonly source?: Float32Array | undefined }[],
  { mean, whiten }: Contrast,
): Float32Array {
  const along = (x: ArrayLike<number>, direction: Float64Array): number =>
    direction.reduce((sum, d, i) => sum + d * ((x[i] as number) - (mean[i] as number)), 0);
  const wanted = phrases.flatMap(({ weight, source: own }) => {
    const direction =
      weight > 0 && own
        ? directionOf(
            own.map((x, d) => x - (mean[d] as number)),
            whiten,
          )
        : null;
    return direction && own ? [{ weight, direction, level: along(own, direction) }] : [];
  });
  if (wanted.length === 0) return source;
  const e = Float64Array.from(source);
  for (let turn = 0; turn < STRESS.turns; turn++)
    for (const { weight, direction, level } of wanted) {
      const step = ((weight * STRESS.share) / STRESS.turns) * Math.max(0, level - along(e, direction));
      direction.forEach((d, i) => {
        e[i] = (e[i] as number) + step * d;
      });
    }
  const length = Math.hypot(...e);
  return Float32Array.from(e, (x) => x / length);
}
