/** The shared index: brought in line with the catalog, through failures of its server; and what goes wrong, in words. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { vectorsOf } from '../../../../../main/config.ts';
import { sharedIndex } from '../../../../../main/services/catalog/shared-index.ts';
import { openSharedVectors, placeOf } from '../../../../../main/services/store/index.ts';
import type { SharedClient } from '../../../../../main/services/store/index.ts';
import { memoryServer } from '../../../../support/memory-server.ts';
import { idOf, unitVectors } from '../../../../support/vector-index-suite.ts';

const nobody = { ids: () => [], vector: () => new Float32Array(4) };
const URL_WITH_SECRET = 'postgres://ann:s3cret@db.example:6000/pictures';
const ENCODER = 'ab'.repeat(32);

describe('the index on a server', () => {
  it('is brought in line with the catalog when it is opened', async () => {
    const vectors = unitVectors(9000, 4, 50, 0.5, 1);
    const here = new Map(vectors.map((v, n) => [idOf(n), v]));
    const ids = [...here.keys()].sort();
    const server = memoryServer();
    for (const id of ids.slice(0, 4000)) server.rows.set(id, here.get(id) as Float32Array);
    for (let n = 20_000; n < 20_300; n++) server.rows.set(idOf(n), vectors[0] as Float32Array);
    const index = await sharedIndex(4, server, {
      ids: (after, limit) => ids.filter((id) => id > after).slice(0, limit),
      vector: (id) => here.get(id) as Float32Array,
    });
    expect(index.size).toBe(9000);
    expect([...server.rows.keys()].sort()).toEqual(ids);
    const drained = await sharedIndex(4, server, nobody);
    expect([drained.size, server.rows.size]).toEqual([0, 0]);
  });

  it('looks further down where the server cannot tell candidates apart, and no further than it must', async () => {
    const server = memoryServer();
    const index = await sharedIndex(64, server, nobody);
    unitVectors(300, 64, 300, 1, 2).forEach((v, n) => {
      index.add(idOf(n), v);
    });
    const [query] = unitVectors(1, 64, 1, 0, 3) as [Float32Array];
    await index.search(query, 10);
    expect(server.limits).toEqual([42]);
    for (let n = 300; n < 500; n++) index.add(idOf(n), query);
    expect(await index.search(query, 10)).toHaveLength(10);
    expect(server.limits).toEqual([42, 42, 168, 672]);
  });

  it('keeps what the server could not take, says so, and tells it when the server is back', async () => {
    const server = memoryServer();
    const index = await sharedIndex(4, server, nobody);
    const [a, b] = unitVectors(2, 4, 2, 0.3, 4) as [Float32Array, Float32Array];
    server.broken = new Error('gone');
    index.add(idOf(1), a);
    index.add(idOf(2), a);
    await expect(index.settled()).rejects.toThrow('gone');
    index.add(idOf(2), b);
    index.remove(idOf(1));
    await expect((async () => index.search(a, 1))()).rejects.toThrow('gone');
    server.broken = null;
    await index.settled();
    expect([...server.rows]).toEqual([[idOf(2), b]]);
    expect(index.size).toBe(1);
  });

  it('refuses what is no unit vector: its bounds would be wrong', async () => {
    const index = await sharedIndex(4, memoryServer(), nobody);
    for (const bad of [
      [2, 0, 0, 0],
      [Number.NaN, 0, 0, 0],
    ])
      expect(() => {
        index.add(idOf(1), Float32Array.from(bad));
      }).toThrow(/unit length/);
  });
});

/** Answers by the beginning of a statement; what is not named has no rows. */
function scripted(
  answers: Readonly<Record<string, readonly unknown[]>>,
  fails: Readonly<Record<string, object>> = {},
): SharedClient & { said: string[]; ended: boolean } {
  const client = {
    said: [] as string[],
    ended: false,
    connect: () =>
      fails['connect'] ? Promise.reject(Object.assign(new Error('no'), fails['connect'])) : Promise.resolve(),
    query<R>(text: string) {
      client.said.push(text);
      const failed = Object.keys(fails).find((k) => text.startsWith(k));
      if (failed) return Promise.reject(Object.assign(new Error('refused'), fails[failed]));
      const key = Object.keys(answers).find((k) => text.startsWith(k));
      return Promise.resolve({ rows: (key ? answers[key] : []) as R[], rowCount: 0 });
    },
    end: () => {
      client.ended = true;
      return Promise.resolve();
    },
    on: () => undefined,
  };
  return client;
}
const GOOD = {
  'SELECT default_version': [{ version: '0.8.0' }],
  'SELECT encoder': [{ encoder: Buffer.from(ENCODER, 'hex'), dims: 4, format: 1 }],
  'SELECT pg_try_advisory_lock': [{ got: true }],
};
const open = (client: SharedClient, url = URL_WITH_SECRET) =>
  openSharedVectors({
    url,
    encoder: ENCODER,
    dims: 4,
    catalog: 'c0'.repeat(32),
    client: () => Promise.resolve(client),
  });

describe('the server of the vectors', () => {
  it.each([
    [
      'is not there',
      {},
      { connect: { code: 'ECONNREFUSED' } },
      'backend_unavailable',
      /cannot be reached.*ECONNREFUSED/,
    ],
    ['does not know the user', {}, { connect: { code: '28P01' } }, 'unauthorized', /user or password/],
    ['has no such database', {}, { connect: { code: '3D000' } }, 'not_found', /no database/],
    ['has no pgvector', { ...GOOD, 'SELECT default_version': [] }, {}, 'not_supported', /has no pgvector/],
    [
      'lets the user make nothing',
      GOOD,
      { CREATE: { code: '42501' } },
      'permission_denied',
      /right to create/,
    ],
    ['is read-only', GOOD, { CREATE: { code: '25006' } }, 'read_only', /primary/],
    [
      'holds vectors of another length',
      { ...GOOD, 'SELECT encoder': [{ encoder: Buffer.from(ENCODER, 'hex'), dims: 8, format: 1 }] },
      {},
      'conflict',
      /vectors of 8 numbers, this pack's have 4/,
    ],
    [
      'holds the vectors of another encoder',
      { ...GOOD, 'SELECT encoder': [{ encoder: Buffer.alloc(32, 1), dims: 4, format: 1 }] },
      {},
      'conflict',
      /another encoder \(0101/,
    ],
    [
      'was written by a newer studio',
      { ...GOOD, 'SELECT encoder': [{ encoder: Buffer.from(ENCODER, 'hex'), dims: 4, format: 2 }] },
      {},
      'not_supported',
      /newer studio/,
    ],
    [
      'is used by a copy of this catalog',
      { ...GOOD, 'SELECT pg_try_advisory_lock': [{ got: false }] },
      {},
      'conflict',
      /copy of this catalog/,
    ],
  ])(
    'that %s is an error that says so, names the place and not the password',
    async (_, answers, fails, code, says) => {
      const client = scripted(answers, fails);
      const error = await open(client).then(
        () => null,
        (e: unknown) => e as Error,
      );
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) as string });
      expect(error?.message).toContain('db.example:6000/pictures');
      expect(inspect(error)).not.toContain('s3cret');
      expect(client.ended).toBe(true);
    },
  );

  it('is asked again over a new connection when the first one breaks', async () => {
    const first = scripted(GOOD, { 'SELECT count': { code: 'ECONNRESET' } });
    const second = scripted({ ...GOOD, 'SELECT count': [{ n: '7' }] });
    const clients = [first, second];
    const server = await openSharedVectors({
      url: URL_WITH_SECRET,
      encoder: ENCODER,
      dims: 4,
      catalog: 'c0'.repeat(32),
      client: () => Promise.resolve(clients.shift() as SharedClient),
    });
    await expect(server.count()).rejects.toMatchObject({ code: 'backend_unavailable' });
    expect(await server.count()).toBe(7);
    await server.close();
    expect([first.ended, second.ended]).toEqual([true, true]);
  });

  it('has an address that is judged without being repeated', async () => {
    expect(placeOf(URL_WITH_SECRET)).toBe('db.example:6000/pictures');
    expect(placeOf('postgresql://localhost/x')).toBe('localhost:5432/x');
    for (const bad of ['s3cret', 'http://ann:s3cret@db/x', 'postgres://ann:s3cret@:x:y']) {
      const error = await open(scripted(GOOD), bad).catch((e: unknown) => e as Error);
      expect(error).toMatchObject({ code: 'invalid_input' });
      expect(inspect(error)).not.toContain('s3cret');
    }
  });

  it('is named by the environment', () => {
    expect(vectorsOf({})).toBeNull();
    expect(vectorsOf({ ACCENT_VECTORS: 'postgres://x/y' })).toEqual({
      url: 'postgres://x/y',
      approximate: false,
    });
    expect(vectorsOf({ ACCENT_VECTORS: 'postgres://x/y', ACCENT_VECTORS_INDEX: 'hnsw' })).toMatchObject({
      approximate: true,
    });
    expect(() => vectorsOf({ ACCENT_VECTORS: 'postgres://x/y', ACCENT_VECTORS_INDEX: 'lsh' })).toThrow(
      /hnsw/,
    );
  });
});
