/** Stands for a PostgreSQL server: sums in float32, from the last product to the first, as no index here adds them up. */
import type { SharedRow, SharedVectors } from '../../main/services/store/index.ts';

export interface MemoryServer extends SharedVectors {
  /** Set: every call rejects with it. */
  broken: Error | null;
  readonly rows: Map<string, Float32Array>;
  /** How many rows each search has asked for. */
  readonly limits: number[];
}

export function memoryServer(): MemoryServer {
  const rows = new Map<string, Float32Array>();
  const limits: number[] = [];
  function below(a: Float32Array, b: Float32Array): number {
    let sum = 0;
    for (let i = a.length - 1; i >= 0; i--)
      sum = Math.fround(sum + Math.fround((a[i] as number) * (b[i] as number)));
    return -sum;
  }
  const all = (): SharedRow[] =>
    [...rows].map(([id, vector]) => ({ id, vector })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const server: MemoryServer = {
    broken: null,
    rows,
    limits,
    place: 'memory',
    async put(more) {
      if (server.broken) throw server.broken;
      const before = rows.size;
      for (const { id, vector } of more) rows.set(id, vector);
      return rows.size - before;
    },
    async drop(ids) {
      if (server.broken) throw server.broken;
      return ids.filter((id) => rows.delete(id)).length;
    },
    async count() {
      return rows.size;
    },
    async members(after, upTo) {
      if (server.broken) throw server.broken;
      return all().flatMap(({ id }) => (id > after && id <= upTo ? [id] : []));
    },
    async vectors(ids) {
      return all().filter(({ id }) => ids.includes(id));
    },
    async nearest(query, limit, skip, only) {
      if (server.broken) throw server.broken;
      limits.push(limit);
      return all()
        .filter(({ id }) => !skip?.has(id) && (!only || only.has(id)))
        .map((row) => ({ ...row, below: below(row.vector, query) }))
        .sort((a, b) => a.below - b.below || (a.id < b.id ? -1 : 1))
        .slice(0, limit);
    },
    async close() {
      rows.clear();
    },
  };
  return server;
}
