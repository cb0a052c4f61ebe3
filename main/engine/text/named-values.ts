/** What a pack can name, as directions among its embeddings: a phrase that lies near none of them names nothing in its world. */
import { AppError } from '#contract';
import { dot } from '../inner-product.ts';
import type { SafeTensor } from '../safetensors.ts';

/**
 * Unit vectors from the tensors of the pack's part (`vectors` [n, D], docs/pack-format.md). Throws `bad_tensor` for a tensor
 * that is absent, empty, of another width, or not finite, and for a vector without a direction.
 */
export function readNamedValues(tensors: ReadonlyMap<string, SafeTensor>, dims: number): Float32Array[] {
  const tensor = tensors.get('vectors');
  const bad = (): AppError =>
    new AppError(
      'bad_tensor',
      `The pack's named values need finite numbers "vectors" of shape [n, ${dims}], none of them all zero. Install the pack again.`,
    );
  if (!(tensor?.data instanceof Float32Array) || tensor.shape.length !== 2 || tensor.shape[1] !== dims)
    throw bad();
  const { data, shape } = tensor;
  const rows = Array.from({ length: shape[0] as number }, (_, i) => data.subarray(i * dims, (i + 1) * dims));
  const lengths = rows.map((row) => Math.sqrt(dot(row, row)));
  if (rows.length === 0 || !lengths.every((length) => length > 0 && Number.isFinite(length))) throw bad();
  return rows.map((row, i) => row.map((x) => x / (lengths[i] as number)));
}

/** Largest inner product of an embedding with a named value, -1 .. 1. */
export const nearestOf = (values: readonly Float32Array[], embedding: Float32Array): number =>
  Math.max(...values.map((value) => dot(value, embedding)));
