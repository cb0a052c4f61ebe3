/** Zoom and pan of a picture in its square frame. All in shares of the frame's side, so both halves show the same. Pure. */
export interface Lens {
  /** 1 fits the frame, up to `MAX_SCALE`. */
  readonly scale: number;
  /** Where the frame's left and top edges lie in the picture, 0 .. 1 - 1/scale. */
  readonly x: number;
  readonly y: number;
}

export const FIT: Lens = { scale: 1, x: 0, y: 0 };
export const MAX_SCALE = 32;

/** A lens whose frame lies within the picture. */
export function clampLens({ scale, x, y }: Lens): Lens {
  const s = Math.min(MAX_SCALE, Math.max(1, scale));
  const most = 1 - 1 / s;
  return { scale: s, x: Math.min(most, Math.max(0, x)), y: Math.min(most, Math.max(0, y)) };
}

/** Zooms by a factor; what lies under (`atX`, `atY`), shares of the frame, stays there. */
export function zoomAt(lens: Lens, factor: number, atX: number, atY: number): Lens {
  const scale = Math.min(MAX_SCALE, Math.max(1, lens.scale * factor));
  const x = lens.x + atX / lens.scale - atX / scale;
  const y = lens.y + atY / lens.scale - atY / scale;
  return clampLens({ scale, x, y });
}

/** Moves the picture along with a pointer that went by (`dx`, `dy`), shares of the frame. */
export function panBy(lens: Lens, dx: number, dy: number): Lens {
  return clampLens({ ...lens, x: lens.x - dx / lens.scale, y: lens.y - dy / lens.scale });
}

/** The lens as a CSS transform with its origin at the frame's left top corner. */
export function transformOf({ scale, x, y }: Lens): string {
  return `scale(${scale}) translate(${-x * 100}%, ${-y * 100}%)`;
}
