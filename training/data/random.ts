/** splitmix64 on BigInt: the data set's only source of chance, so that a seed names a data set for ever. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  pick<T>(items: readonly T[]): T;
  chance(p: number): boolean;
  shuffle<T>(items: readonly T[]): T[];
}

const MASK = (1n << 64n) - 1n;

function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** A generator for item `index` of `stream`; items are independent, so any one can be made again alone. */
export function random(stream: string, index: number): Random {
  let state = BigInt(index);
  for (const char of stream) state = mix((state ^ BigInt(char.codePointAt(0) ?? 0)) + 0x9e3779b97f4a7c15n);
  const next = (): number => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    return Number(mix(state) >> 11n) / 2 ** 53;
  };
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('cannot pick from an empty list');
    return item;
  };
  return {
    next,
    below,
    pick,
    chance: (p) => next() < p,
    shuffle: (items) => {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
  };
}
