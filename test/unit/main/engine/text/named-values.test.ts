import { describe, expect, it } from 'vitest';
import { nearestOf, readNamedValues } from '../../../../../main/engine/text/named-values.ts';
import { readSafetensors } from '../../../../../main/engine/safetensors.ts';
import { safetensors } from '../../../../support/tiny-pack.ts';

const read = (shape: number[], data: number[], name = 'vectors') =>
  readNamedValues(
    readSafetensors(safetensors({ [name]: { shape, data: Float32Array.from(data) } })).tensors,
    2,
  );

describe('what a pack can name', () => {
  it('is a list of directions, and a phrase is as near as the nearest', () => {
    const values = read([2, 2], [3, 0, 0, -0.5]);
    expect(values).toEqual([Float32Array.of(1, 0), Float32Array.of(0, -1)]);
    expect(nearestOf(values, Float32Array.of(0.6, 0.8))).toBeCloseTo(0.6, 6);
    expect(nearestOf(values, Float32Array.of(-0.6, 0.8))).toBeCloseTo(-0.6, 6);
  });

  it.each([
    ['another name', [1, 2], [1, 0], 'vector'],
    ['another width', [1, 3], [1, 0, 0], 'vectors'],
    ['no rows', [0, 2], [], 'vectors'],
    ['one row without its axis', [2], [1, 0], 'vectors'],
    ['a number that is none', [1, 2], [Number.NaN, 1], 'vectors'],
    ['an infinite number', [1, 2], [Infinity, 1], 'vectors'],
    ['a vector without a direction', [2, 2], [1, 0, 0, 0], 'vectors'],
  ])('is refused with %s', (_, shape, data, name) => {
    expect(() => read(shape, data, name)).toThrow('need finite numbers "vectors" of shape [n, 2]');
  });
});
