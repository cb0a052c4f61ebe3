import { describe, expect, it } from 'vitest';
import { runsWithout } from '../../../contract/index.ts';

describe('a phrase without a good reference', () => {
  const none = { verdict: 'none' } as const;

  it('runs without effect', () => {
    expect(runsWithout(none, { pins: 0, anyway: false })).toBe(true);
  });

  it('has its effect where the user pinned an image or wanted it all the same', () => {
    expect(runsWithout(none, { pins: 1, anyway: false })).toBe(false);
    expect(runsWithout(none, { pins: 0, anyway: true })).toBe(false);
  });

  it.each(['good', 'weak'] as const)('is not one whose verdict is %s', (verdict) => {
    expect(runsWithout({ verdict }, { pins: 0, anyway: false })).toBe(false);
  });

  it('is not one whose search failed', () => {
    expect(runsWithout(undefined, { pins: 0, anyway: false })).toBe(false);
  });
});
