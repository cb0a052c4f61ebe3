/**
 * The index of a server (store/shared-vectors.ts) with the answers of the one on this machine: the server's float32 sums
 * only choose candidates, whose scores are then added up here, in float64 and in the same order as everywhere.
 */
import { LONGEST, dot, isAtMostUnit } from '../../vectors.ts';
import type { SharedVectors } from '../store/index.ts';
import type { Neighbour, VectorIndex } from './vector-index.ts';

/** Rows of one statement. */
const AT_ONCE = 256;
/** Ids that are compared at a time when the server's members are brought in line with the catalog. */
const COMPARED = 4096;
/** Candidates beyond k of the first question. */
const SPARE = 32;
const LAST_ID = 'f'.repeat(64);

export interface SharedIndex extends VectorIndex {
  /** Vectors that any studio has made of these images, by id. */
  made(ids: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  close(): Promise<void>;
}

/** What the catalog of this machine holds; it is the truth, the server follows. */
export interface Truth {
  /** The next ids after one that have a vector, in order. */
  ids(after: string, limit: number): readonly string[];
  vector(id: string): Float32Array;
}

/**
 * Brings the server's members in line with the catalog and gives the index. Vectors [dims] of unit length.
 * Rejects with what `openSharedVectors` and its calls reject with.
 */
export async function sharedIndex(
  dims: number,
  server: SharedVectors,
  truth: Truth,
  signal?: AbortSignal,
): Promise<SharedIndex> {
  /** The last word on each id that the server has not been told; null for one that goes. */
  const waiting = new Map<string, Float32Array | null>();
  let size = 0;
  let telling: Promise<void> | undefined;

  function check(vector: Float32Array): void {
    if (vector.length !== dims)
      throw new RangeError(`expected a vector of ${dims} numbers, got ${vector.length}`);
    if (!isAtMostUnit(vector))
      throw new RangeError('expected a vector of at most unit length, all numbers finite');
  }

  async function tellAll(): Promise<void> {
    while (waiting.size > 0) {
      const mine = new Map([...waiting].slice(0, AT_ONCE));
      const put = [...mine].flatMap(([id, vector]) => (vector ? [{ id, vector }] : []));
      const drop = [...mine].flatMap(([id, vector]) => (vector ? [] : [id]));
      if (put.length > 0) size += await server.put(put);
      if (drop.length > 0) size -= await server.drop(drop);
      // What changed again meanwhile stays.
      for (const [id, vector] of mine) if (waiting.get(id) === vector) waiting.delete(id);
    }
  }
  /** One telling at a time; after a failure the next call tries again. */
  const tell = (): Promise<void> =>
    (telling ??= tellAll().finally(() => {
      telling = undefined;
    }));
  async function settled(): Promise<void> {
    while (waiting.size > 0) await tell();
  }
  function later(id: string, vector: Float32Array | null): void {
    waiting.set(id, vector);
    // Nobody waits here: `settled` and searches tell what goes wrong.
    void tell().catch(() => undefined);
  }

  async function align(): Promise<void> {
    for (let after = '', done = false; !done;) {
      signal?.throwIfAborted();
      const here = truth.ids(after, COMPARED);
      done = here.length < COMPARED;
      const upTo = done ? LAST_ID : (here.at(-1) as string);
      const there = new Set(await server.members(after, upTo));
      const missing = here.filter((id) => !there.has(id));
      for (const id of here) there.delete(id);
      const surplus = [...there];
      for (let at = 0; at < missing.length; at += AT_ONCE) {
        signal?.throwIfAborted();
        await server.put(missing.slice(at, at + AT_ONCE).map((id) => ({ id, vector: truth.vector(id) })));
      }
      for (let at = 0; at < surplus.length; at += AT_ONCE) await server.drop(surplus.slice(at, at + AT_ONCE));
      after = upTo;
    }
    size = await server.count();
  }

  await align();
  return {
    get size() {
      return size;
    },
    add(id, vector) {
      check(vector);
      later(id, vector);
    },
    remove(id) {
      later(id, null);
    },
    settled,
    async has(id) {
      await settled();
      return (await server.members(before(id), id)).includes(id);
    },
    async search(query, k, skip, only) {
      if (query.length !== dims)
        throw new RangeError(`expected a query of ${dims} numbers, got ${query.length}`);
      await settled();
      if (k <= 0 || only?.size === 0) return [];
      // A sum of n products in float32 differs from the true one by at most n u / (1 - n u) |q| |v|, u = 2^-24 (Higham,
      // Accuracy and Stability of Numerical Algorithms, 3.1), in whatever order it is added up; two of them are compared.
      const u = dims * 2 ** -24;
      const margin = 2 * (u / (1 - u)) * Math.sqrt(dot(query, query)) * LONGEST + 1e-30;
      let found = await server.nearest(query, k + SPARE, skip, only);
      for (let limit = k + SPARE; ;) {
        const [worst, end] = [found[k - 1], found.at(-1)];
        if (found.length < limit || !worst || !end || end.below > worst.below + margin) break;
        limit *= 4;
        found = await server.nearest(query, limit, skip, only);
      }
      return found
        .map(({ id, vector }): Neighbour => ({ id, score: dot(vector, query) }))
        .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
        .slice(0, k);
    },
    async snapshot() {
      await settled();
      const ids = await server.members('', LAST_ID);
      const vectors = new Float32Array(ids.length * dims);
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        const some = ids.slice(at, at + AT_ONCE);
        const rows = new Map((await server.vectors(some)).map((r) => [r.id, r.vector]));
        some.forEach((id, i) => {
          vectors.set(rows.get(id) as Float32Array, (at + i) * dims);
        });
      }
      return { ids, vectors, dims };
    },
    async made(ids) {
      return new Map((await server.vectors(ids)).map((r) => [r.id, r.vector]));
    },
    async close() {
      await settled().catch(() => undefined);
      await server.close();
    },
  };
}

/** The greatest id below one, as 64 hex digits: so that a span holds that one alone. */
function before(id: string): string {
  const below = BigInt(`0x${id}`) - 1n;
  return below < 0n ? '' : below.toString(16).padStart(64, '0');
}
