import { describe, expect, it } from 'vitest';
import { FIT, MAX_SCALE, panBy, transformOf, zoomAt } from '../../../../renderer/features/compare/lens.ts';

describe('zoom and pan', () => {
  it('keeps what lies under the pointer', () => {
    const at = { x: 0.75, y: 0.2 };
    const before = { x: FIT.x + at.x, y: FIT.y + at.y };
    const lens = zoomAt(FIT, 3, at.x, at.y);
    expect(lens.x + at.x / lens.scale).toBeCloseTo(before.x, 12);
    expect(lens.y + at.y / lens.scale).toBeCloseTo(before.y, 12);
  });

  it('never shows what is outside the picture, nor more than it can', () => {
    const lens = zoomAt(FIT, 4, 1, 1);
    expect(lens).toEqual({ scale: 4, x: 0.75, y: 0.75 });
    expect(panBy(lens, -9, 9)).toEqual({ scale: 4, x: 0.75, y: 0 });
    expect(zoomAt(FIT, 1e9, 0.5, 0.5).scale).toBe(MAX_SCALE);
    expect(zoomAt(lens, 0.01, 0.3, 0.3)).toEqual(FIT);
  });

  it('moves with the hand at every scale', () => {
    const lens = { scale: 4, x: 0.5, y: 0.5 };
    expect(panBy(lens, 0.4, 0)).toEqual({ scale: 4, x: 0.4, y: 0.5 });
    expect(transformOf(lens)).toBe('scale(4) translate(-50%, -50%)');
  });
});
