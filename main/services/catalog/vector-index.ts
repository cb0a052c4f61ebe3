/** The seam behind which an index of this machine stands (int8-index.ts), or a server's (shared-index.ts). */
export interface Neighbour {
  readonly id: string;
  readonly score: number;
}

/** At once, or when a server has answered. */
export type Soon<T> = T | Promise<T>;

/** All ids with their vectors [ids, dims]. */
export interface Snapshot {
  readonly ids: readonly string[];
  readonly vectors: Float32Array;
  readonly dims: number;
}

export interface VectorIndex {
  /** Images that a search can find, as far as it is known here. */
  readonly size: number;
  /** Adds or replaces the unit vector [D] of an id. A search that begins later finds it; `settled` tells whether it is kept. */
  add(id: string, vector: Float32Array): void;
  /** Takes an id out; one that is not there is no error. */
  remove(id: string): void;
  /** Resolves when all that was added and removed before is kept; rejects with what keeps it from being so. */
  settled(): Promise<void>;
  has(id: string): Soon<boolean>;
  /**
   * The k ids with the largest inner product, exactly; ties by id. `skip` ids never come; where `only` is given, no others
   * do.
   */
  search(
    query: Float32Array,
    k: number,
    skip?: ReadonlySet<string>,
    only?: ReadonlySet<string>,
  ): Soon<Neighbour[]>;
  /** To be kept or moved. */
  snapshot(): Soon<Snapshot>;
}

/** An index on this machine answers at once. */
export interface LocalIndex extends VectorIndex {
  has(id: string): boolean;
  search(query: Float32Array, k: number, skip?: ReadonlySet<string>, only?: ReadonlySet<string>): Neighbour[];
  snapshot(): Snapshot;
}

/** Exact index in memory: one flat array, scanned. What int8-index.ts must agree with. */
export function exactIndex(dims: number): LocalIndex {
  const ids: string[] = [];
  const rows = new Map<string, number>();
  let vectors = new Float32Array(1024 * dims);
  const better = (a: Neighbour, b: Neighbour): boolean =>
    a.score > b.score || (a.score === b.score && a.id < b.id);
  return {
    get size() {
      return ids.length;
    },
    add(id, vector) {
      if (vector.length !== dims)
        throw new RangeError(`expected a vector of ${dims} numbers, got ${vector.length}`);
      let row = rows.get(id);
      if (row === undefined) {
        row = ids.push(id) - 1;
        rows.set(id, row);
        if ((row + 1) * dims > vectors.length) {
          const larger = new Float32Array(vectors.length * 2);
          larger.set(vectors);
          vectors = larger;
        }
      }
      vectors.set(vector, row * dims);
    },
    remove(id) {
      const row = rows.get(id);
      if (row === undefined) return;
      const last = ids.pop() as string;
      rows.delete(id);
      if (last === id) return;
      ids[row] = last;
      rows.set(last, row);
      vectors.copyWithin(row * dims, ids.length * dims, (ids.length + 1) * dims);
    },
    settled: () => Promise.resolve(),
    has: (id) => rows.has(id),
    search(query, k, skip, only) {
      if (query.length !== dims)
        throw new RangeError(`expected a query of ${dims} numbers, got ${query.length}`);
      const best: Neighbour[] = [];
      for (let row = 0; row < ids.length; row++) {
        let score = 0;
        const base = row * dims;
        for (let d = 0; d < dims; d++) score += (vectors[base + d] as number) * (query[d] as number);
        const hit = { id: ids[row] as string, score };
        const last = best.at(-1);
        if (best.length === k && last && !better(hit, last)) continue;
        if (skip?.has(hit.id) || (only && !only.has(hit.id))) continue;
        let at = best.length;
        while (at > 0 && better(hit, best[at - 1] as Neighbour)) at--;
        best.splice(at, 0, hit);
        if (best.length > k) best.pop();
      }
      return best;
    },
    snapshot: () => ({ ids: [...ids], vectors: vectors.slice(0, ids.length * dims), dims }),
  };
}
