import { describe, expect, it } from 'vitest';
import {
  changeAt,
  magnitude,
  mapBytes,
  meanMap,
  smooth,
  spread,
  topOf,
  verdictOf,
} from '../../../../../main/engine/explain/maps.ts';

describe('a map', () => {
  it('is the length of the gradient over the channels; what is not finite did not pull', () => {
    const gradient = Float32Array.of(3, 0, 1, Infinity, 4, 0, 2, 0, 0, -5, 2, NaN);
    expect([...magnitude(gradient)]).toEqual([5, 5, 3, 0]);
  });

  it('becomes bytes by the strongest pull of the run', () => {
    expect([...mapBytes(Float32Array.of(0, 1, 2, 4), 4)]).toEqual([0, 64, 128, 255]);
    expect([...mapBytes(Float32Array.of(0, 0), 0)]).toEqual([0, 0]);
  });

  it('is blurred without losing or making pull, and stays even where it is even', () => {
    const size = 64;
    const even = smooth(new Float32Array(size ** 2).fill(3), size);
    expect(Math.max(...even.map((v) => Math.abs(v - 3)))).toBeLessThan(1e-5);
    const point = new Float32Array(size ** 2);
    point[32 * size + 20] = 1;
    const spot = smooth(point, size);
    expect(spot.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    expect(spot.indexOf(Math.max(...spot))).toBe(32 * size + 20);
    expect(spot[32 * size + 22]).toBeCloseTo((spot[32 * size + 20] ?? 0) * Math.exp(-0.5), 5);
    expect(spot[34 * size + 20]).toBeCloseTo(spot[32 * size + 22] ?? 0, 6);
  });

  it('of a run is the mean of its maps', () => {
    expect([...meanMap([Float32Array.of(1, 2), Float32Array.of(3, 6)])]).toEqual([2, 4]);
    expect(() => meanMap([])).toThrow('at least one');
  });
});

describe('the top 20 %', () => {
  const inTop = (map: Uint8Array): number => map.filter((value) => value >= topOf(map)).length;

  it('is one pixel in five, wherever they lie', () => {
    const map = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    expect(topOf(map)).toBe(80);
    expect(inTop(map)).toBe(20);
  });

  it('is only what pulls where less than that does, and nothing where nothing does', () => {
    expect(inTop(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 9))).toBe(1);
    expect(inTop(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toBe(0);
  });
});

describe('the change', () => {
  const grey = (...values: number[]): Uint8Array => Uint8Array.from(values.flatMap((v) => [v, v, v]));

  it('is counted inside the mask and outside, from a difference that is seen on', () => {
    const map = Uint8Array.of(255, 255, 10, 10, 10);
    expect(changeAt(grey(0, 0, 0, 0, 0), grey(100, 8, 9, 0, 0), map, 200)).toEqual({
      inside: 0.5,
      outside: 1 / 3,
    });
    expect(() => changeAt(grey(0), grey(0, 0), map, 200)).toThrow('5 pixels');
  });

  it('and the gain make the verdict', () => {
    expect(verdictOf(0.3, 0.4, 0.6)).toBe('changed');
    expect(verdictOf(0.3, 0.4, 0.05)).toBe('unchanged');
    expect(verdictOf(0.3, 0.305, 0.6)).toBe('flat');
    expect(verdictOf(0.4, 0.3, 0)).toBe('flat');
  });
});

it('probes are spread evenly from the first to the last candidate', () => {
  expect(spread([5, 7, 9], 8)).toEqual([5, 7, 9]);
  expect(
    spread(
      Array.from({ length: 22 }, (_, i) => i),
      8,
    ),
  ).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
});
