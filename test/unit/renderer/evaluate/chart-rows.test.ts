import { describe, expect, it } from 'vitest';
import type { ArmScore } from '#contract';
import {
  armRows,
  curvesOf,
  dashFill,
  pairRows,
  wilson,
} from '../../../../renderer/features/evaluate/chart-rows.ts';
import { usualName } from '../../../../renderer/features/evaluate/names.ts';

const arm = (name: ArmScore['arm'], byEmphases: ArmScore['byEmphases']): ArmScore => ({
  arm: name,
  pictures: 4,
  detail: { value: 50, low: 40, high: 60 },
  allRight: null,
  kept: null,
  fd: null,
  kid: null,
  encoder: 0,
  diversity: null,
  lpips: null,
  seconds: 1,
  denoiserCalls: 1,
  vjpCalls: 0,
  unrefinedSteps: 0,
  groups: {},
  byEmphases,
});

describe('charts of a report', () => {
  it('take a row for each arm and difference; what is not known has no value', () => {
    const rows = armRows([arm('coarse', {}), arm('refined', {})], 'detail', (name) => name.toUpperCase());
    expect(rows).toEqual([
      { name: 'COARSE', value: 50, low: 40, high: 60, main: false },
      { name: 'REFINED', value: 50, low: 40, high: 60, main: true },
    ]);
    expect(armRows([arm('coarse', {})], 'kept', String)[0]?.value).toBeNull();
    expect(
      pairRows(
        [
          {
            a: 'refined',
            b: 'coarse',
            detail: { value: 2, low: -1, high: 5, p: 0.2 },
            allRight: null,
            lpips: null,
          },
        ],
        String,
      ),
    ).toMatchObject([{ name: 'refined − coarse', value: 2, low: -1, high: 5 }]);
  });

  it('have a curve for each arm over all numbers of phrases that any arm has', () => {
    const { x, curves } = curvesOf([
      arm('coarse', { '10': [1, 2], '2': [4, 4] }),
      arm('refined', { '2': [0, 5] }),
    ]);
    expect(x).toEqual([2, 10]);
    expect(curves[0]?.points.map((p) => p?.value)).toEqual([100, 50]);
    expect(curves[1]?.points[1]).toBeNull();
  });

  it('have Wilson intervals, which stay within 0 and 100', () => {
    // Newcombe (1998), example 1: 81 of 263 is 0.2553 to 0.3662.
    const some = wilson(81, 263);
    expect(some.low).toBeCloseTo(25.53, 2);
    expect(some.high).toBeCloseTo(36.62, 2);
    expect(wilson(0, 20).low).toBeCloseTo(0, 9);
    // 0 of 20: 0.1611.
    expect(wilson(0, 20).high).toBeCloseTo(16.11, 2);
    expect(wilson(20, 20).high).toBeCloseTo(100, 9);
  });

  it('find a name that is not taken', () => {
    expect(usualName('study', ['study-1', 'study-3'])).toBe('study-2');
  });
});

describe('a line of the legend', () => {
  it('is drawn and left out in turn, and whole without dashes', () => {
    expect(dashFill('red', [])).toBe('red');
    expect(dashFill('red', [6, 4, 1, 4])).toBe(
      'repeating-linear-gradient(to right, red 0px 6px, transparent 6px 10px, red 10px 11px, transparent 11px 15px)',
    );
  });
});
