/**
 * The shared index over PostgreSQL with pgvector (PGlite: the same engine as a library, behind a socket), through the
 * client that users have. What is missing here fails: nothing is skipped.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite/vector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactIndex } from '../../../../../main/services/catalog/index.ts';
import { sharedIndex } from '../../../../../main/services/catalog/shared-index.ts';
import type { SharedIndex } from '../../../../../main/services/catalog/shared-index.ts';
import { openSharedVectors } from '../../../../../main/services/store/index.ts';
import type { SharedOptions } from '../../../../../main/services/store/index.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import { writePictures } from '../../../../support/host.ts';
import { idOf, indexSuite, unitVectors } from '../../../../support/vector-index-suite.ts';

/** A server; `stop` ends it, its port free again. The engine has one session, so clients come one after the other. */
async function startServer(extensions: Record<string, typeof vector>) {
  const db = await PGlite.create({ extensions });
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 });
  await server.start();
  const url = `postgres://postgres:s3cret@${server.getServerConn()}/postgres`;
  return {
    url,
    db,
    async stop() {
      await server.stop();
      await db.close();
    },
  };
}
type Server = Awaited<ReturnType<typeof startServer>>;

const catalogOf = (n: number): string => n.toString(16).padStart(64, '0');
const encoderOf = (n: number): string => n.toString(16).padStart(16, 'e').padEnd(64, '0');
let server: Server;
const opened: SharedIndex[] = [];
let made = 0;

async function open(change: Partial<SharedOptions> & { dims: number }): Promise<SharedIndex> {
  await Promise.all(opened.splice(0).map((index) => index.close()));
  const { dims } = change;
  const shared = await openSharedVectors({
    url: server.url,
    encoder: encoderOf(++made),
    catalog: catalogOf(1),
    ...change,
  });
  const index = await sharedIndex(dims, shared, { ids: () => [], vector: () => new Float32Array(dims) });
  opened.push(index);
  return index;
}

beforeAll(async () => {
  server = await startServer({ vector });
});
afterAll(async () => {
  await Promise.all(opened.map((index) => index.close()));
  await server.stop();
});

indexSuite('PostgreSQL', (dims) => open({ dims }));

describe('vectors on PostgreSQL', () => {
  it('are kept for the next start, and with them an index that is not exact only where it is asked for', async () => {
    const all = unitVectors(3000, 48, 60, 0.5, 9);
    const scan = exactIndex(48);
    const kept = new Map(all.map((v, n) => [idOf(n), v]));
    const ids = [...kept.keys()].sort();
    all.forEach((v, n) => {
      scan.add(idOf(n), v);
    });
    const encoder = encoderOf(7000);
    const truth = {
      ids: (after: string, limit: number) => ids.filter((id) => id > after).slice(0, limit),
      vector: (id: string) => kept.get(id) as Float32Array,
    };
    const queries = unitVectors(12, 48, 60, 0.5, 10);
    for (const approximate of [false, true, false]) {
      await Promise.all(opened.splice(0).map((index) => index.close()));
      const shared = await openSharedVectors({
        url: server.url,
        encoder,
        dims: 48,
        catalog: catalogOf(2),
        approximate,
      });
      const index = await sharedIndex(48, shared, truth);
      opened.push(index);
      expect(index.size).toBe(3000);
      let [found, wanted] = [0, 0];
      for (const query of queries) {
        const right = scan.search(query, 20);
        const got = await index.search(query, 20);
        if (!approximate) expect(got).toEqual(right);
        const near = new Set(got.map((h) => h.id));
        found += right.filter((h) => near.has(h.id)).length;
        wanted += right.length;
      }
      expect(found / wanted).toBeGreaterThan(0.9);
    }
    const { rows } = await server.db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_indexes WHERE indexname = 'accent_hnsw_${encoder.slice(0, 16)}'`,
    );
    expect(rows[0]?.n).toBe(1);
  });

  it('are there once for two catalogs, which find their own images only, and go with the last', async () => {
    const [a, b, c] = unitVectors(3, 8, 3, 0.4, 11) as [Float32Array, Float32Array, Float32Array];
    const encoder = encoderOf(8000);
    const mine = await open({ dims: 8, encoder, catalog: catalogOf(3) });
    mine.add(idOf(1), a);
    mine.add(idOf(2), b);
    await mine.settled();
    const theirs = await open({ dims: 8, encoder, catalog: catalogOf(4) });
    expect(theirs.size).toBe(0);
    expect(await theirs.search(a, 5)).toEqual([]);
    expect(await theirs.made([idOf(1), idOf(9)])).toEqual(new Map([[idOf(1), a]]));
    theirs.add(idOf(2), b);
    theirs.add(idOf(3), c);
    expect((await theirs.search(b, 5)).map((h) => h.id)).toEqual([idOf(2), idOf(3)]);
    theirs.remove(idOf(2));
    theirs.remove(idOf(3));
    await theirs.settled();
    expect(await theirs.made([idOf(1), idOf(2), idOf(3)])).toEqual(
      new Map([
        [idOf(1), a],
        [idOf(2), b],
      ]),
    );
  });

  it('that do not fit are refused with what is wrong: length, encoder, no server, no pgvector', async () => {
    const encoder = encoderOf(9000);
    await open({ dims: 8, encoder });
    await expect(open({ dims: 16, encoder })).rejects.toMatchObject({ code: 'conflict' });
    await expect(open({ dims: 8, encoder: `${encoder.slice(0, 63)}1` })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another encoder') as string,
    });
    await expect(open({ dims: 8, url: 'postgres://ann:s3cret@127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringMatching(/^(?!.*s3cret).*127\.0\.0\.1:1\/x/) as string,
    });
    const bare = await startServer({});
    try {
      await expect(open({ dims: 8, url: bare.url })).rejects.toMatchObject({ code: 'not_supported' });
    } finally {
      await bare.stop();
    }
  });
});

describe('a catalog over PostgreSQL', () => {
  it('imports, searches, forgets, and takes over what another studio has made', async () => {
    await Promise.all(opened.splice(0).map((index) => index.close()));
    const openShared = (url: string, catalog: string) => (encoder: string, dims: number) =>
      openSharedVectors({ url, encoder, dims, catalog });
    const pack = packOf('f', 32);
    const ids = async (rig: ReturnType<typeof makeCatalogRig>): Promise<string[]> => {
      const { hits } = await rig.catalog.service.search(
        { text: 'red', packId: 'f', k: 4 },
        { signal: new AbortController().signal },
      );
      return hits.map((h) => h.image.contentHash);
    };
    const alone = makeCatalogRig([pack]);
    const rig = makeCatalogRig([pack], { openShared: openShared(server.url, catalogOf(5)) });
    const other = makeCatalogRig([pack, packOf('a', 16)], {
      openShared: openShared(server.url, catalogOf(6)),
    });
    try {
      for (const { folder } of [alone, rig, other]) {
        mkdirSync(join(folder, 'pictures'));
        await writePictures(join(folder, 'pictures'));
      }
      await alone.importAll(join(alone.folder, 'pictures'), 'f');
      await rig.importAll(join(rig.folder, 'pictures'), 'f');
      const found = await ids(rig);
      expect(found).toHaveLength(4);
      expect(found).toEqual(await ids(alone));
      expect(await rig.catalog.server(pack)).toMatchObject({ images: 6 });
      const [first] = (
        await rig.catalog.service.images({ limit: 1 }, { signal: new AbortController().signal })
      ).items;
      await rig.catalog.service.removeImages(
        { imageIds: [first?.imageId ?? ''] },
        { signal: new AbortController().signal },
      );
      expect(await rig.catalog.server(pack)).toMatchObject({ images: 5 });
      await rig.catalog.close();
      // The other studio has its images by another pack, and finds the vectors of this one made but for one.
      await other.importAll(join(other.folder, 'pictures'), 'a');
      await other.catalog.close();
      const again = makeCatalogRig(
        [pack, packOf('a', 16)],
        { openShared: openShared(server.url, catalogOf(6)) },
        other.folder,
      );
      expect(await ids(again)).toEqual(await ids(alone));
      expect(again.decoded).toEqual([32]);
      await again.catalog.close();
      again.store.close();
    } finally {
      for (const r of [alone, rig, other]) r.dispose();
    }
  });
});
