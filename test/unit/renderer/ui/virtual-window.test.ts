import { describe, expect, it } from 'vitest';
import {
  MAX_HEIGHT,
  columnsIn,
  heightsOf,
  rangeAt,
  rowsDrawn,
  scrollTopOf,
  seenAt,
  step,
  topAfter,
  topOf,
  topToShow,
} from '../../../../renderer/ui/virtual-window.ts';

const small = { count: 103, columns: 5, rowHeight: 200, viewHeight: 700 };
const million = { count: 1_000_000, columns: 4, rowHeight: 168, viewHeight: 700 };

describe('what is drawn', () => {
  it('is what is in sight and a row more on both sides, as many rows wherever one is', () => {
    expect(rowsDrawn(small)).toBe(7);
    expect(rangeAt(small, 0)).toEqual({ first: 0, last: 30 });
    expect(rangeAt(small, 1050)).toEqual({ first: 20, last: 55 });
    expect(rangeAt(small, 1190)).toEqual({ first: 20, last: 55 });
    expect(rangeAt(small, 21 * 200 - 700)).toEqual({ first: 80, last: 103 });
    expect(rangeAt({ ...small, count: 0 }, 0)).toEqual({ first: 0, last: 0 });
    for (let top = 0; top <= 21 * 200 - 700; top += 10) {
      const seen = seenAt(small, top);
      expect(rangeAt(small, top).first).toBeLessThanOrEqual(seen.first);
      expect(rangeAt(small, top).last).toBeGreaterThanOrEqual(seen.last);
    }
  });

  it('is in sight when a pixel of it is', () => {
    expect(seenAt(small, 0)).toEqual({ first: 0, last: 20 });
    expect(seenAt(small, 101)).toEqual({ first: 0, last: 25 });
    expect(seenAt(small, 200)).toEqual({ first: 5, last: 25 });
    expect(seenAt(small, 21 * 200 - 700)).toEqual({ first: 85, last: 103 });
  });

  it('stays a few dozen tiles anywhere in a million', () => {
    for (const share of [0, 0.31, 0.5, 1]) {
      const { first, last } = rangeAt(million, share * (heightsOf(million).real - 700));
      expect(last - first).toBeLessThanOrEqual(32);
      expect(last).toBeGreaterThan(first);
    }
  });
});

describe('a scrollbar that stands for more than it has', () => {
  it('reaches the first and the last item, and leads back to where it came from', () => {
    const { real, shown } = heightsOf(million);
    expect([real, shown]).toEqual([42_000_000, MAX_HEIGHT]);
    expect(topOf(million, 0)).toBe(0);
    expect(topOf(million, shown - 700)).toBe(real - 700);
    for (const top of [0, 12_345, 20_999_650, real - 700]) {
      expect(topOf(million, scrollTopOf(million, top))).toBeCloseTo(top, 3);
    }
  });

  it('is even with the grid near both ends, so that they are reached as in any other', () => {
    const { real, shown } = heightsOf(million);
    expect(topOf(million, 100_000)).toBe(100_000);
    expect(topOf(million, shown - 700 - 100_000)).toBe(real - 700 - 100_000);
    expect(topOf(million, (shown - 700) / 2)).toBeCloseTo((real - 700) / 2, 3);
    for (let at = 0, last = -1; at <= shown - 700; at += 12_345) {
      expect(topOf(million, at)).toBeGreaterThan(last);
      last = topOf(million, at);
    }
  });

  it('moves the grid by what a wheel says, and leads to where its thumb is put', () => {
    const middle = 4_000_000;
    const top = topOf(million, middle);
    expect(topAfter(million, top, middle, middle + 120)).toBe(top + 120);
    expect(topAfter(million, top, middle, middle - 700)).toBe(top - 700);
    expect(topAfter(million, top, middle, middle + 11_500)).toBe(topOf(million, middle + 11_500));
    expect(topAfter(million, 50, 60, 0)).toBe(0);
    const { real, shown } = heightsOf(million);
    expect(topAfter(million, real - 750, shown - 760, shown - 600)).toBe(real - 700);
    expect(topAfter(small, 321, 321, 333)).toBe(333);
  });

  it('is an ordinary one where the grid is short', () => {
    expect(topOf(small, 321)).toBe(321);
    expect(scrollTopOf(small, 321)).toBe(321);
  });
});

describe('moving by keys', () => {
  it('goes along rows and columns and stops at the edges', () => {
    expect(step(small, 7, 'ArrowRight')).toBe(8);
    expect(step(small, 7, 'ArrowUp')).toBe(2);
    expect(step(small, 2, 'ArrowUp')).toBe(2);
    expect(step(small, 0, 'ArrowLeft')).toBe(0);
    expect(step(small, 7, 'PageDown')).toBe(22);
    expect(step(small, 7, 'End')).toBe(102);
    expect(step(small, 102, 'ArrowDown')).toBe(102);
    // The row below is short: its last item is the nearest.
    expect(step(small, 99, 'ArrowDown')).toBe(102);
    expect(step(small, 7, 'PageUp')).toBe(2);
  });

  it('scrolls only as far as needed', () => {
    expect(topToShow(small, 0, 12)).toBe(0);
    expect(topToShow(small, 0, 17)).toBe(100);
    expect(topToShow(small, 1000, 17)).toBe(600);
  });

  it('fits as many columns as keep a tile wide enough', () => {
    expect(columnsIn(1000, 240, 14)).toEqual({ columns: 3, tile: 324 });
    expect(columnsIn(100, 240, 14)).toEqual({ columns: 1, tile: 100 });
  });
});
