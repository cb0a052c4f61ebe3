import { describe, expect, it } from 'vitest';
import { meaningOf, nearestOf, readNamedValues } from '../../../../../main/engine/text/named-values.ts';
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
    expect(values).toEqual({ vectors: [Float32Array.of(1, 0), Float32Array.of(0, -1)], odds: null });
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

describe('what a phrase means', () => {
  /** Red, hat and beard (which no image shows beside a hat), at 0, 60 and 120 degrees. */
  const h = Math.sqrt(3) / 2;
  const tensors = {
    vectors: { shape: [3, 2], data: Float32Array.of(1, 0, 0.5, h, -0.5, h) },
    bias: { shape: [3], data: Float32Array.of(-1, -2, -3) },
    scale: { shape: [1], data: Float32Array.of(4) },
    together: { shape: [3, 3], data: Float32Array.of(1, 1, 1, 1, 1, 0, 1, 0, 1) },
  };
  const open = (
    change: Partial<Record<keyof typeof tensors, { shape: number[]; data: Float32Array } | null>>,
  ) => {
    const all = Object.entries({ ...tensors, ...change }).flatMap(([k, x]) => (x ? [[k, x] as const] : []));
    return readNamedValues(readSafetensors(safetensors(Object.fromEntries(all))).tensors, 2);
  };

  it('is each value that it lies nearly as near to as to the nearest, with those that it is seen together with', () => {
    const redHat = meaningOf(open({}), Float32Array.of(h, 0.5));
    expect(redHat?.readings).toEqual([[0, 1]]);
    expect([...(redHat?.bias ?? [])]).toEqual([-1, -2]);
    [4, 0, 2, 4 * h].forEach((x, i) => {
      expect(redHat?.weights[i]).toBeCloseTo(x, 5);
    });
    // Near to hat and beard alike: an image shows one or the other.
    expect(meaningOf(open({}), Float32Array.of(0, 1))?.readings).toEqual([[0], [1]]);
    expect(meaningOf(open({}), Float32Array.of(1, 0))?.readings).toEqual([[0]]);
  });

  it('is not known for a phrase that points away from all values, nor without odds', () => {
    expect(meaningOf(open({}), Float32Array.of(-0.6, -0.8))).toBeNull();
    const alone = open({ bias: null, scale: null, together: null });
    expect(alone.odds).toBeNull();
    expect(meaningOf(alone, Float32Array.of(1, 0))).toBeNull();
  });

  it.each([
    ['no bias', { bias: null }],
    ['no scale', { scale: null }],
    ['no table of what goes together', { together: null }],
    ['a bias for other values', { bias: { shape: [2], data: Float32Array.of(0, 0) } }],
    ['a bias that is no number', { bias: { shape: [3], data: Float32Array.of(0, Number.NaN, 0) } }],
    ['a scale that turns all around', { scale: { shape: [1], data: Float32Array.of(-4) } }],
    ['a scale of nothing', { scale: { shape: [1], data: Float32Array.of(0) } }],
    ['a table of another size', { together: { shape: [9], data: new Float32Array(9).fill(1) } }],
    [
      'a table with two answers',
      { together: { shape: [3, 3], data: Float32Array.of(1, 1, 1, 0, 1, 0, 1, 0, 1) } },
    ],
  ])('is refused with %s', (_, change) => {
    expect(() => open(change)).toThrow("odds of the pack's 3 named values need finite numbers");
  });
});
