import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchPace } from '../../../../renderer/ui/pace.ts';

let rests = 0;
const start = () => watchPace({ onRest: () => rests++ });
/** Moves by `rows` every 16 ms. */
function scroll(pace: ReturnType<typeof start>, rows: number, frames: number): boolean[] {
  return Array.from({ length: frames }, (_, i) => {
    vi.advanceTimersByTime(16);
    return pace.moved((i + 1) * rows);
  });
}
beforeEach(() => {
  rests = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the pace of a grid', () => {
  it('is a flight when rows pass faster than one can look at them, and ends with the first rest', () => {
    const pace = start();
    expect(scroll(pace, 0.7, 8)).toEqual([false, false, false, false, true, true, true, true]);
    expect(rests).toBe(0);
    vi.advanceTimersByTime(100);
    expect(rests).toBe(1);
    expect(pace.moved(100)).toBe(false);
  });

  it('is none for a wheel at hand, whatever the frames take', () => {
    expect(scroll(start(), 0.3, 40)).not.toContain(true);
  });

  it('slows down into sight again before the rest', () => {
    const pace = start();
    scroll(pace, 0.7, 8);
    vi.advanceTimersByTime(16);
    expect(pace.moved(8 * 0.7 + 0.2)).toBe(false);
  });

  it('is none for jumps that are looked at', () => {
    const pace = start();
    for (const pause of [120, 50])
      for (const row of [40_000, 1000, 90_000, 7, 60_000, 3]) {
        vi.advanceTimersByTime(pause);
        expect(pace.moved(row)).toBe(false);
      }
  });

  it('is a flight when the scrollbar is dragged over many', () => {
    expect(scroll(start(), 5000, 8).slice(4)).toEqual([true, true, true, true]);
  });

  it('rests later after a jump, so that what is in sight comes first', () => {
    const pace = start();
    pace.moved(40_000);
    vi.advanceTimersByTime(299);
    expect(rests).toBe(0);
    vi.advanceTimersByTime(1);
    expect(rests).toBe(1);
    pace.moved(40_001);
    vi.advanceTimersByTime(100);
    expect(rests).toBe(2);
  });

  it('does not rest after it was stopped', () => {
    const pace = start();
    pace.moved(1);
    pace.stop();
    vi.advanceTimersByTime(1000);
    expect(rests).toBe(0);
  });
});
