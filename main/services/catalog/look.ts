/** How a picture looks, in 64 bits: enough to know it again at another size, quality or format. */

const WIDE = 9;
const HIGH = 8;
/** Brightness of 255 that tells two neighbours apart: below it, compression decides which is the brighter. */
const MARGIN = 4;

/** For each of `parts` equal parts of 0 .. size: the pixels in it with the share of each that lies in it. */
function shares(size: number, parts: number): { readonly at: number; readonly share: number }[][] {
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [(part * size) / parts, ((part + 1) * size) / parts];
    const out = [];
    for (let at = Math.floor(from); at < to; at++)
      out.push({ at, share: Math.min(to, at + 1) - Math.max(from, at) });
    return out;
  });
}

/**
 * Difference hash of RGB [size, size, 3]: the picture as 9 x 8 mean brightnesses (Rec. 601), a bit for each that is clearly
 * brighter than its right neighbour, row by row from the highest bit. As a signed 64-bit number, as SQLite keeps it.
 */
export function lookOf(rgb: Uint8Array, size: number): bigint {
  const [columns, rows] = [shares(size, WIDE), shares(size, HIGH)];
  const area = (size / WIDE) * (size / HIGH);
  const light = rows.map((ys) =>
    columns.map((xs) => {
      let sum = 0;
      for (const y of ys)
        for (const x of xs) {
          const i = (y.at * size + x.at) * 3;
          sum +=
            y.share *
            x.share *
            (0.299 * (rgb[i] as number) + 0.587 * (rgb[i + 1] as number) + 0.114 * (rgb[i + 2] as number));
        }
      return sum / area;
    }),
  );
  let look = 0n;
  for (const row of light)
    for (let x = 0; x < WIDE - 1; x++)
      look = (look << 1n) | ((row[x] as number) > (row[x + 1] as number) + MARGIN ? 1n : 0n);
  return BigInt.asIntN(64, look);
}

/** Bits in which two looks differ, 0 .. 64. */
export function lookDistance(a: bigint, b: bigint): number {
  let x = BigInt.asUintN(64, a ^ b);
  let bits = 0;
  for (; x !== 0n; x &= x - 1n) bits++;
  return bits;
}
