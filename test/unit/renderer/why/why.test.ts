import { describe, expect, it } from 'vitest';
import { contourOf, heatOf, rampAt } from '../../../../renderer/features/compare/heat.ts';
import { curveOf, rangeOf } from '../../../../renderer/features/why/curve.ts';

describe('heat', () => {
  it('is nothing where nothing pulled, and rises in lightness to the end', () => {
    expect([...heatOf(Uint8Array.of(0)).subarray(3)]).toEqual([0]);
    expect([...heatOf(Uint8Array.of(255))]).toEqual([0xff, 0xf0, 0xde, 235]);
    const lightness = [0, 0.2, 0.4, 0.6, 0.8, 1].map((p) => rampAt(p).reduce((a, b) => a + b));
    expect(lightness).toEqual(lightness.toSorted((a, b) => a - b));
  });
});

/** Ends of the path's pieces. */
const endsOf = (path: string): string[] => path.match(/[\d.]+ [\d.]+/g) ?? [];

describe('the line around what pulled most', () => {
  const size = 6;
  const block = (inside: (x: number, y: number) => boolean): Uint8Array =>
    Uint8Array.from({ length: size ** 2 }, (_, i) => (inside(i % size, Math.floor(i / size)) ? 200 : 0));

  it('is closed: each end is another piece’s end too', () => {
    const maps = [
      block((x, y) => x > 1 && x < 4 && y > 1 && y < 4),
      block((x) => x < 3),
      block((x, y) => (x < 2 && y < 2) || (x >= 2 && x < 4 && y >= 2 && y < 4)),
    ];
    for (const map of maps) {
      const ends = endsOf(contourOf(map, size, 100));
      expect(ends.length).toBeGreaterThan(7);
      for (const end of ends) expect(ends.filter((other) => other === end).length % 2).toBe(0);
    }
  });

  it('lies where the values pass the level, and nowhere when none does', () => {
    // Halfway between a pixel of 0 and one of 200, seen from their middles.
    expect(
      endsOf(
        contourOf(
          block((x) => x < 3),
          size,
          100.5,
        ),
      ),
    ).toContain('3.00 2.50');
    expect(
      contourOf(
        block(() => false),
        size,
        256,
      ),
    ).toBe('');
  });
});

describe('curves', () => {
  const phrase = {
    id: 'e1',
    phrase: 'x',
    weight: 1,
    maps: new Uint8Array(),
    tops: [],
    overall: new Uint8Array(),
    overallTop: 0,
    coarse: [0.1, 0.2],
    refined: [0.1, 0.5],
    before: 0.2,
    after: 0.6,
    similarity: [0.5, 0.6],
    inside: 0,
    outside: 0,
    verdict: 'flat',
  } as const;

  it('share one range, end with the finished picture, and stand at their steps', () => {
    const range = rangeOf([
      {
        ...phrase,
        coarse: [...phrase.coarse],
        refined: [...phrase.refined],
        tops: [],
        similarity: [0.5, 0.6],
      },
    ]);
    expect(range).toEqual([0.1, 0.6]);
    expect(curveOf({ at: [5, 25], steps: 50 }, [0.1, 0.6], 0.6, range)).toBe(
      'M10.00 96.00L50.00 4.00L100.00 4.00',
    );
  });

  it('have room even where nothing moves', () => {
    const [low, high] = rangeOf([
      { ...phrase, coarse: [0.3], refined: [0.3], before: 0.3, after: 0.3, tops: [], similarity: [0.5, 0.6] },
    ]);
    expect(high - low).toBeGreaterThan(0.015);
  });
});
