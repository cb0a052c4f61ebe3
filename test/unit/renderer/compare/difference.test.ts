import { describe, expect, it } from 'vitest';
import { NOTICED, differenceOf } from '../../../../renderer/features/compare/difference.ts';

const pixels = (...values: [number, number, number][]): Uint8ClampedArray =>
  Uint8ClampedArray.from(values.flatMap((rgb) => [...rgb, 255]));

describe('where two pictures differ', () => {
  it('counts what is visible and leaves alike pixels transparent', () => {
    const a = pixels([10, 10, 10], [10, 10, 10], [10, 10, 10], [0, 0, 0]);
    const b = pixels([10, 10, 10], [10 + NOTICED, 18, 18], [22, 22, 22], [255, 255, 255]);
    const { share, mean, heat } = differenceOf(a, b);
    expect(share).toBe(0.5);
    expect(mean).toBeCloseTo((8 + 12 + 255) / 4);
    expect([heat[3], heat[7]]).toEqual([0, 0]);
    expect(heat[11]).toBeGreaterThan(80);
    expect([...heat.slice(12)]).toEqual([0xff, 0xf0, 0xde, 255]);
  });

  it('is the lighter the more differs', () => {
    const light = (gap: number): number => {
      const { heat } = differenceOf(pixels([0, 0, 0]), pixels([gap, gap, gap]));
      return (heat[0] ?? 0) + (heat[1] ?? 0) + (heat[2] ?? 0);
    };
    const steps = [20, 40, 60, 80, 100, 120].map(light);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(steps).size).toBe(steps.length);
  });

  it('refuses pictures of two sizes', () => {
    expect(() => differenceOf(pixels([0, 0, 0]), pixels())).toThrow('one size');
  });
});
