import { describe, expect, it } from 'vitest';
import { blend, dot, normalise } from '../../../main/vectors.ts';

const floats = (...values: number[]): Float32Array => Float32Array.from(values);

describe('vectors', () => {
  it('dot sums in float64', () => {
    expect(dot(floats(1, 2, 3), floats(4, 5, 6))).toBe(32);
    expect(dot(floats(2 ** 24, 1, -(2 ** 24)), floats(1, 1, 1))).toBe(1);
  });

  it('normalise gives length 1 and leaves zero as it is', () => {
    expect([...normalise(floats(3, 4))]).toEqual([...floats(0.6, 0.8)]);
    expect([...normalise(floats(0, 0))]).toEqual([0, 0]);
  });

  it('blend weighs its parts and normalises once', () => {
    const [a, b] = [floats(1, 0), floats(0, 1)];
    expect([
      ...blend(
        [
          { vector: a, weight: 3 },
          { vector: b, weight: 4 },
        ],
        2,
      ),
    ]).toEqual([...floats(0.6, 0.8)]);
    expect([...blend([{ vector: a, weight: 0 }], 2)]).toEqual([0, 0]);
    expect([...blend([], 2)]).toEqual([0, 0]);
  });
});
