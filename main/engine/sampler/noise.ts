/**
 * The one source of noise: counter-based splitmix64 and Box-Muller, defined in docs/pack-format.md and shared with
 * training. The same seed gives the same numbers on every machine.
 */
const STEP = 0x9e3779b97f4a7c15n;
const MASK = (1n << 64n) - 1n;

function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** Seed of sub-stream k: mix(seed ^ mix(k + 1)). */
export const substream = (seed: bigint, k: number): bigint => mix((seed & MASK) ^ mix(BigInt(k) + 1n));

/** Uniform number i of a stream, in (0, 1). */
function uniform(seed: bigint, i: number): number {
  return (Number(mix((seed + (BigInt(i) + 1n) * STEP) & MASK) >> 11n) + 0.5) * 2 ** -53;
}

/** The first n standard normals of a stream, float32. */
export function normals(seed: bigint, n: number): Float32Array {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const r = Math.sqrt(-2 * Math.log(uniform(seed, i)));
    const angle = 2 * Math.PI * uniform(seed, i + 1);
    out[i] = r * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = r * Math.sin(angle);
  }
  return out;
}

export interface NoiseBank {
  readonly seed: bigint;
  readonly count: number;
}

/**
 * The bank image that noises a reference, [3, S, S]: chosen by its content hash alone, so that noised-reference embeddings
 * hold for every prompt and seed (method.md, reading 5).
 */
export function bankNoise(bank: NoiseBank, contentHash: string, size: number): Float32Array {
  const k = Number.parseInt(contentHash.slice(0, 8), 16) % bank.count;
  return normals(substream(bank.seed, k), 3 * size * size);
}
