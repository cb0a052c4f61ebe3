/** Where a phrase pulled and what came of it, as numbers. Pure; an image is planar [3, S, S], a map [S * S]. */

/** Share of a map's pixels that count as the place where a phrase acts. */
export const TOP_SHARE = 0.2;
/** Differences of the channels' mean up to this, of 255, are not seen. */
export const NOTICED = 8;
/** A score must gain this much to have risen. Phrases that nothing pulled towards gain it in one pair of twenty (docs/method.md). */
const RISEN = 0.01;
/** Less than this share of the top 20 % changed visibly: the picture did not change there. */
const CHANGED = 0.1;

/** Length of the gradient at each pixel over its channels, [S * S]. A pixel that is not finite did not pull: 0. */
export function magnitude(gradient: Float32Array): Float32Array {
  const area = gradient.length / 3;
  const out = new Float32Array(area);
  for (let i = 0; i < area; i++) {
    let sum = 0;
    for (let c = 0; c < 3; c++) sum += (gradient[c * area + i] as number) ** 2;
    out[i] = Number.isFinite(sum) ? Math.sqrt(sum) : 0;
  }
  return out;
}

/**
 * A map [size * size] blurred by a Gaussian of a 32nd of its side: an encoder works in patches and its gradient is grained, while
 * the question is about places. Weights are renewed at the edges, so an even map stays even.
 */
export function smooth(map: Float32Array, size: number): Float32Array {
  const sigma = size / 32;
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const along = (from: Float32Array, stride: number): Float32Array =>
    from.map((_, i) => {
      const at = Math.floor(i / stride) % size;
      let sum = 0;
      let weight = 0;
      for (let k = Math.max(-reach, -at); k <= Math.min(reach, size - 1 - at); k++) {
        const w = kernel[k + reach] as number;
        sum += w * (from[i + k * stride] as number);
        weight += w;
      }
      return sum / weight;
    });
  return along(along(map, 1), size);
}

/** The mean of maps of one size; throws when there is none. */
export function meanMap(maps: readonly Float32Array[]): Float32Array {
  const [first, ...rest] = maps;
  if (!first) throw new RangeError('expected at least one map');
  const out = first.slice();
  for (const map of rest)
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (map[i] as number);
  return out.map((value) => value / maps.length);
}

/** A map as bytes; `most` (above 0) becomes 255. A map without any pull stays 0. */
export function mapBytes(map: Float32Array, most: number): Uint8Array {
  return Uint8Array.from(map, (value) => (most > 0 ? Math.round(Math.min(1, value / most) * 255) : 0));
}

/**
 * The value from which on a pixel belongs to the strongest `share` of a map. Where the map is even it is that value, and more
 * pixels than the share have it; a map of zeros has no such pixel, which 256 says.
 */
export function topOf(map: Uint8Array, share = TOP_SHARE): number {
  const sorted = map.toSorted((a, b) => b - a);
  const value = sorted[Math.max(0, Math.ceil(share * map.length) - 1)] ?? 0;
  // Where less than the share pulls at all, only what pulls belongs to it.
  return value > 0 ? value : (sorted.findLast((each) => each > 0) ?? 256);
}

/** Share of the pixels that differ visibly between two RGB pictures [S, S, 3], where the map reaches `top` and elsewhere. */
export function changeAt(
  before: Uint8Array,
  after: Uint8Array,
  map: Uint8Array,
  top: number,
): { inside: number; outside: number } {
  if (before.length !== after.length || before.length !== map.length * 3)
    throw new RangeError(
      `expected pictures of ${map.length} pixels, got ${before.length} and ${after.length} bytes`,
    );
  const changed = [0, 0];
  const all = [0, 0];
  map.forEach((value, i) => {
    const side = value >= top ? 0 : 1;
    let gap = 0;
    for (let c = 0; c < 3; c++) gap += Math.abs((before[i * 3 + c] as number) - (after[i * 3 + c] as number));
    all[side] = (all[side] as number) + 1;
    if (gap / 3 > NOTICED) changed[side] = (changed[side] as number) + 1;
  });
  const share = (side: 0 | 1): number => (changed[side] as number) / Math.max(1, all[side] as number);
  return { inside: share(0), outside: share(1) };
}

/** What the score before and after and the change inside the top 20 % say together. */
export function verdictOf(before: number, after: number, inside: number): 'changed' | 'unchanged' | 'flat' {
  if (after - before < RISEN) return 'flat';
  return inside < CHANGED ? 'unchanged' : 'changed';
}

/** At most `count` of the candidates, evenly spread, first and last among them. */
export function spread(candidates: readonly number[], count: number): number[] {
  if (candidates.length <= count) return [...candidates];
  return Array.from(
    { length: count },
    (_, i) => candidates[Math.round((i * (candidates.length - 1)) / (count - 1))] as number,
  );
}
