/**
 * What a pack can name, as directions among its embeddings: a phrase that lies near none of them names nothing in its world.
 * Where the pack has its odds too, an image's embedding tells which values it shows, and so whether it shows what a phrase names.
 */
import { AppError } from '#contract';
import { dot } from '../inner-product.ts';
import type { SafeTensor } from '../safetensors.ts';

/** Log odds that an image with embedding f shows value i: `scale` (f . vectors[i]) + `bias[i]`. */
export interface Odds {
  readonly scale: number;
  readonly bias: Float32Array;
  /** [n * n], not 0 where one image can show both values. */
  readonly together: Float32Array;
}

export interface NamedValues {
  /** At unit length. */
  readonly vectors: readonly Float32Array[];
  /** Null where the pack has the directions alone. */
  readonly odds: Odds | null;
}

/** The values that a phrase names: an image shows the phrase where it shows all of one reading. */
export interface Meaning {
  /** [m * D]: m vectors, times the scale of the odds. */
  readonly weights: Float32Array;
  /** [m]. */
  readonly bias: Float32Array;
  /** Which of the m values an image shows together for each way to read the phrase. */
  readonly readings: number[][];
}

/** Share of the largest inner product with a value from which a phrase names a value too (docs/decisions/0024). */
const NAMED_SHARE = 0.6;

/**
 * From the tensors of the pack's part (`vectors` [n, D]; `bias` [n], `scale` [1] and `together` [n, n], all or none;
 * docs/pack-format.md). Throws `bad_tensor` for a tensor that is absent, empty, of another shape, or not finite, for a vector
 * without a direction, a scale that is not positive and a table that is not its own mirror image.
 */
export function readNamedValues(tensors: ReadonlyMap<string, SafeTensor>, dims: number): NamedValues {
  const tensor = tensors.get('vectors');
  if (!(tensor?.data instanceof Float32Array) || tensor.shape.length !== 2 || tensor.shape[1] !== dims)
    throw badVectors(dims);
  const { data, shape } = tensor;
  const rows = Array.from({ length: shape[0] as number }, (_, i) => data.subarray(i * dims, (i + 1) * dims));
  const lengths = rows.map((row) => Math.sqrt(dot(row, row)));
  if (rows.length === 0 || !lengths.every((length) => length > 0 && Number.isFinite(length)))
    throw badVectors(dims);
  return {
    vectors: rows.map((row, i) => row.map((x) => x / (lengths[i] as number))),
    odds: readOdds(tensors, rows.length),
  };
}

const badVectors = (dims: number): AppError =>
  new AppError(
    'bad_tensor',
    `The pack's named values need finite numbers "vectors" of shape [n, ${dims}], none of them all zero. Install the pack again.`,
  );

function readOdds(tensors: ReadonlyMap<string, SafeTensor>, n: number): Odds | null {
  const shapes = { bias: [n], scale: [1], together: [n, n] };
  if (!Object.keys(shapes).some((name) => tensors.has(name))) return null;
  const take = (name: keyof typeof shapes): Float32Array | null => {
    const tensor = tensors.get(name);
    const fits = tensor?.shape.join() === shapes[name].join();
    return fits && tensor.data instanceof Float32Array && tensor.data.every(Number.isFinite)
      ? tensor.data
      : null;
  };
  const [bias, scale, together] = [take('bias'), take('scale'), take('together')];
  const isMirrored = together?.every((x, at) => x === together[(at % n) * n + Math.floor(at / n)]);
  if (!bias || !together || !isMirrored || !(scale?.[0] !== undefined && scale[0] > 0))
    throw new AppError(
      'bad_tensor',
      `The odds of the pack's ${n} named values need finite numbers "bias" of shape [${n}], "scale" of shape [1] above 0 and a symmetric "together" of shape [${n}, ${n}]. Install the pack again.`,
    );
  return { bias, together, scale: scale[0] };
}

/** Largest inner product of an embedding with a named value, -1 .. 1. */
export const nearestOf = ({ vectors }: NamedValues, embedding: Float32Array): number =>
  Math.max(...vectors.map((value) => dot(value, embedding)));

/**
 * The values that a phrase names: those that lie nearly as near to its embedding as the nearest. One image may show them
 * all ("a blue beanie") or only one or the other ("a smile" of a person or of a plant), so each value is read with those that
 * it can be seen together with. Null where the pack has no odds, and for an embedding that points away from all values.
 */
export function meaningOf({ vectors, odds }: NamedValues, embedding: Float32Array): Meaning | null {
  const near = vectors.map((value) => dot(value, embedding));
  const most = Math.max(...near);
  if (!odds || !(most > 0)) return null;
  const named = near.flatMap((x, i) => (x >= NAMED_SHARE * most ? [i] : []));
  const { scale, bias, together } = odds;
  const isWith = (a: number, b: number): boolean => a === b || together[a * vectors.length + b] !== 0;
  const readings = named.map((a) => named.flatMap((b, at) => (isWith(a, b) ? [at] : [])));
  return {
    weights: Float32Array.from(
      named.flatMap((i) => Array.from(vectors[i] as Float32Array, (x) => x * scale)),
    ),
    bias: Float32Array.from(named, (i) => bias[i] as number),
    readings: [...new Map(readings.map((reading) => [reading.join(), reading])).values()],
  };
}
