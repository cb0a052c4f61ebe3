/** Heat as colours, and the line around its strongest part. Pure. */

/** Lightness rises all the way; the same in both themes. */
export const RAMP = [
  [0x5a, 0x1c, 0x06],
  [0xbe, 0x48, 0x10],
  [0xff, 0x94, 0x57],
  [0xff, 0xf0, 0xde],
] as const;

/** The ramp's colour at a place from 0 to 1: red, green, blue. */
export function rampAt(place: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, place)) * (RAMP.length - 1);
  const low = Math.min(RAMP.length - 2, Math.floor(at));
  const [from, to] = [RAMP[low] ?? RAMP[0], RAMP[low + 1] ?? RAMP[3]];
  const mix = (c: 0 | 1 | 2): number => from[c] + (to[c] - from[c]) * (at - low);
  return [mix(0), mix(1), mix(2)];
}

/** A map of bytes as RGBA: 0 is transparent, then the ramp. */
export function heatOf(map: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(map.length * 4);
  map.forEach((value, i) => {
    // A few places pull much more than the rest: by the power the others are seen too. The first quarter fades in, so that what
    // hardly pulled does not tint the picture.
    const place = (value / 255) ** 0.7;
    out.set(rampAt((place - 0.25) / 0.75), i * 4);
    out[i * 4 + 3] = 235 * Math.min(1, Math.max(0, place - 0.1) / 0.4);
  });
  return out;
}

/**
 * The line at which a map [size * size] passes `level`, as an SVG path over a box of `size` by `size`; values stand in the middle
 * of their pixels and are joined linearly (marching squares). Closed at the edges. Empty where nothing reaches the level.
 */
export function contourOf(map: Uint8Array, size: number, level: number): string {
  const value = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= size || y >= size ? 0 : (map[y * size + x] ?? 0);
  const held = (at: number): string => Math.min(size, Math.max(0, at)).toFixed(2);
  const cut = (a: number, b: number): number => (level - 0.5 - a) / (b - a);
  let path = '';
  for (let y = -1; y < size; y++) {
    for (let x = -1; x < size; x++) {
      const [nw, ne, se, sw] = [value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1)];
      const inside = [nw, ne, se, sw].map((v) => v >= level);
      // Where the line crosses the four sides: top, right, bottom, left.
      const crossings: (readonly [number, number])[] = [];
      if (inside[0] !== inside[1]) crossings.push([x + cut(nw, ne), y]);
      if (inside[1] !== inside[2]) crossings.push([x + 1, y + cut(ne, se)]);
      if (inside[2] !== inside[3]) crossings.push([x + cut(sw, se), y + 1]);
      if (inside[3] !== inside[0]) crossings.push([x, y + cut(nw, sw)]);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const [[ax, ay], [bx, by]] = [crossings[i] ?? [0, 0], crossings[i + 1] ?? [0, 0]];
        path += `M${held(ax + 0.5)} ${held(ay + 0.5)}L${held(bx + 0.5)} ${held(by + 0.5)}`;
      }
    }
  }
  return path;
}
