/** Where two pictures differ: as numbers, and as a heat picture to lay over one of them. Pure. */
import { rampAt } from './heat.ts';

/** Differences up to this, of 255, are what two decoders may make of the same picture. */
export const NOTICED = 8;
/** From this mean difference of the channels on, the heat is full. */
const FULL = 128;
export interface Difference {
  /** Share of the pixels that differ by more than `NOTICED`, 0 .. 1. */
  readonly share: number;
  /** Mean difference of all channels, 0 .. 255. */
  readonly mean: number;
  /** RGBA of the same size: transparent where nothing differs. */
  readonly heat: Uint8ClampedArray<ArrayBuffer>;
}

/** Compares two RGBA pictures of the same size. Throws when their sizes differ. */
export function differenceOf(a: Uint8ClampedArray, b: Uint8ClampedArray): Difference {
  if (a.length !== b.length) {
    throw new RangeError(`Expected pictures of one size, got ${a.length} and ${b.length} bytes.`);
  }
  const heat = new Uint8ClampedArray(a.length);
  let noticed = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) {
    const gap =
      (Math.abs((a[i] ?? 0) - (b[i] ?? 0)) +
        Math.abs((a[i + 1] ?? 0) - (b[i + 1] ?? 0)) +
        Math.abs((a[i + 2] ?? 0) - (b[i + 2] ?? 0))) /
      3;
    sum += gap;
    if (gap <= NOTICED) continue;
    noticed++;
    heat.set(rampAt(gap / FULL), i);
    heat[i + 3] = 90 + 165 * Math.min(1, gap / FULL);
  }
  const pixels = Math.max(1, a.length / 4);
  return { share: noticed / pixels, mean: sum / pixels, heat };
}
