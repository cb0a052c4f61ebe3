/**
 * npm run bench:catalog: the catalog against its goals (docs/catalog.md), at most 12 minutes.
 *   --small         everything at a hundredth of its size, under a minute: shows that it runs, not how fast it is
 *   --dims=N        numbers of a vector (default 512)
 *   --real=FILE     float32 embeddings, row by row, of --real-dims numbers; without it only the clustered set
 *   --cache=DIR     where made pictures lie between runs (default: the system's temporary folder)
 * The last line is one JSON object with the figures that the goals name; `detail` has the rest. Times are wall time: a
 * machine that does something else gives larger ones, so the load is told too.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as sqliteVec from 'sqlite-vec';
import { AppError } from '../../contract/index.ts';
import { decodeContract, makeDecoder } from '../../main/decode/index.ts';
import { forkSpawn, makeChild } from '../../main/link/index.ts';
import { importFolder } from '../../main/services/catalog/import-folder.ts';
import { readIndex, writeIndex } from '../../main/services/catalog/index-file.ts';
import { int8Index } from '../../main/services/catalog/int8-index.ts';
import type { Int8Index } from '../../main/services/catalog/int8-index.ts';
import { makeStore, openStore } from '../../main/services/store/index.ts';
import { clustered, idOf, photographs, readReal, stretched } from './catalog-data.ts';

const argument = (name: string): string | undefined =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.split('=')[1];
const small = process.argv.includes('--small');
const dims = Number(argument('dims') ?? 512);
const MILLION = small ? 10_000 : 1_000_000;
const TENTH = MILLION / 10;
const QUERIES = small ? 10 : 60;
const PHOTOS = small ? 8 : 240;
const home = mkdtempSync(join(tmpdir(), 'accent-bench-catalog-'));
const cache = argument('cache') ?? join(tmpdir(), 'accent-bench');
mkdirSync(cache, { recursive: true });

const p95 = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.ceil(times.length * 0.95) - 1)] as number;
const ms = (work: () => unknown): number => {
  const began = performance.now();
  work();
  return performance.now() - began;
};
const rows: string[][] = [];
const tell = (what: string, figure: string, goal = ''): void => {
  rows.push([what, figure, goal]);
  process.stdout.write(`${what.padEnd(58)} ${figure.padStart(14)}  ${goal}\n`);
};

interface Searched {
  readonly p95Ms: number;
  readonly recall: number;
  readonly rescored: number;
  readonly bytesPerImage: number;
  readonly vecP95Ms: number | null;
}

/** Exact top-50 over vectors: ours, checked against a full scan in float64, and sqlite-vec on the same data. */
function searching(
  name: string,
  make: () => Generator<Float32Array>,
  n: number,
  besideVec: boolean,
): Searched {
  const all = new Float32Array(n * dims);
  const rowOf = new Map<string, number>();
  const index: Int8Index = int8Index(dims, (id) => {
    const at = (rowOf.get(id) as number) * dims;
    return all.subarray(at, at + dims);
  });
  const db = new Database(besideVec ? join(home, `vec-${name}.db`) : ':memory:');
  sqliteVec.load(db);
  db.exec(`CREATE VIRTUAL TABLE v USING vec0 (e float[${dims}] distance_metric=cosine)`);
  const insert = db.prepare('INSERT INTO v (rowid, e) VALUES (?, ?)');
  db.exec('BEGIN');
  let row = 0;
  for (const x of make()) {
    all.set(x, row * dims);
    rowOf.set(idOf(row), row);
    index.add(idOf(row), x);
    if (besideVec) insert.run(BigInt(row), Buffer.from(x.buffer, x.byteOffset, x.byteLength));
    row++;
  }
  db.exec('COMMIT');
  const nearest = db.prepare<[Buffer], { rowid: number }>(
    'SELECT rowid FROM v WHERE e MATCH ? AND k = 50 ORDER BY distance',
  );
  const [times, vecTimes] = [[] as number[], [] as number[]];
  let [found, rescored] = [0, 0];
  for (let q = -2; q < QUERIES; q++) {
    // A vector of the set, moved away: as a phrase is near some images and far from most.
    const at = (((q + 3) * 7919) % n) * dims;
    const query = all.slice(at, at + dims).map((v, d) => v + 0.04 * Math.sin(q * 31 + d));
    let hits: { id: string }[] = [];
    const took = ms(() => (hits = index.search(query, 50)));
    if (q < 0) continue;
    times.push(took);
    rescored += index.rescored;
    if (besideVec && q < Math.min(QUERIES, 8))
      vecTimes.push(ms(() => nearest.all(Buffer.from(query.buffer, query.byteOffset, query.byteLength))));
    if (q >= 8) continue;
    const scores = new Float64Array(n);
    for (let r = 0; r < n; r++) {
      let s = 0;
      for (let d = 0; d < dims; d++) s += (all[r * dims + d] as number) * (query[d] as number);
      scores[r] = s;
    }
    const best = Array.from({ length: n }, (_, r) => r)
      .sort((a, b) => (scores[b] as number) - (scores[a] as number) || (idOf(a) < idOf(b) ? -1 : 1))
      .slice(0, 50)
      .map(idOf);
    found += hits.filter((h, i) => h.id === best[i]).length;
  }
  db.close();
  const checked = Math.min(8, QUERIES);
  const out = {
    p95Ms: p95(times),
    recall: found / (50 * checked),
    rescored: rescored / QUERIES,
    bytesPerImage:
      index
        .parts()
        .parts.slice(1)
        .reduce((s, p) => s + p.length, 0) / n,
    vecP95Ms: besideVec ? p95(vecTimes) : null,
  };
  tell(`search, exact top-50 of ${n} x ${dims}, ${name}: p95`, `${out.p95Ms.toFixed(1)} ms`);
  tell(
    `  in the right place of a full scan, rescored a query`,
    `${out.recall.toFixed(3)}, ${out.rescored.toFixed(0)}`,
    '1',
  );
  if (out.vecP95Ms !== null)
    tell(
      `  sqlite-vec (vec0) on the same vectors: p95`,
      `${out.vecP95Ms.toFixed(1)} ms`,
      `${(out.vecP95Ms / out.p95Ms).toFixed(1)} x`,
    );
  if (name === 'clustered' && n === MILLION) {
    const about = { encoder: 'e', dims, changes: 1 };
    writeIndex(join(home, 'index.bin'), index, about);
  }
  return out;
}

/** Import of photographs with the real decoder and a stand-in encoder; then each stage alone. */
async function importing() {
  const folder = await photographs(cache, PHOTOS);
  const child = makeChild('decode', decodeContract, forkSpawn(), 'decode_lost', async (client) => {
    await client.decode.ready({});
  });
  const decode = makeDecoder({ child, ms: 60_000, thumbnail: 256 });
  await child.client();
  const files = Array.from({ length: PHOTOS }, (_, i) => join(folder, `${String(i).padStart(4, '0')}.jpg`));
  const { readFile } = await import('node:fs/promises');
  let began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = next++; i < files.length; i = next++) await decode(await readFile(files[i] as string), 64);
    }),
  );
  const decodeSeconds = (performance.now() - began) / 1000;
  const store = makeStore(openStore(join(home, 'import')));
  store.write.images.root({ root_id: 'r', path: folder, name: 'r', built_in: 0, added_at: 1 });
  began = performance.now();
  let rss = 0;
  const signal = new AbortController().signal;
  for await (const event of importFolder(
    { rootId: 'r', path: folder },
    {
      store,
      decode: (file) => decode(file, 64),
      embed: (rgb) =>
        Promise.resolve(new Float32Array((rgb.length / (64 * 64 * 3)) * dims).fill(1 / Math.sqrt(dims))),
      encoderHash: 'e',
      dims,
      size: 64,
      saveThumbnail: () => Promise.resolve(),
      onVector: () => undefined,
      now: Date.now,
    },
    signal,
  )) {
    rss = Math.max(rss, process.memoryUsage.rss());
    if (event.type === 'report' && event.report.imported !== PHOTOS)
      throw new AppError('internal', `imported ${event.report.imported} of ${PHOTOS}`);
  }
  const importSeconds = (performance.now() - began) / 1000;
  store.close();
  await child.close();
  const out = {
    thumbsPerS: PHOTOS / decodeSeconds,
    importOverSlowestStage: decodeSeconds / importSeconds,
    rssMiB: rss / 2 ** 20,
  };
  tell(`thumbnails of 6-megapixel JPEGs`, `${out.thumbsPerS.toFixed(1)} /s`, '20');
  tell(`whole import over its slowest stage alone`, out.importOverSlowestStage.toFixed(2), '0.85');
  return out;
}

/** Rows in transactions, then the lists, the check and the start of a catalog of that size. */
function cataloguing() {
  const folder = join(home, 'rows');
  const store = makeStore(openStore(folder));
  store.write.images.root({ root_id: 'r', path: folder, name: 'r', built_in: 0, added_at: 1 });
  const vector = new Float32Array(16).fill(0.25);
  const put = (n: number): void => {
    const hash = idOf(n);
    const name = `holiday ${n % 1000} of ${n}.jpg`;
    store.write.images.image({
      image_id: hash.slice(0, 24),
      content_hash: hash,
      name,
      width: 3000,
      height: 2000,
      imported_at: n,
      root_id: 'r',
    });
    store.write.facts.put({
      content_hash: hash,
      format: 'jpeg',
      bytes: 1e6,
      taken_at: n,
      at: n,
      look: BigInt(n),
      name,
      caption: '',
    });
    store.write.images.vector(hash, 'e', vector);
    store.write.files.put({
      root_id: 'r',
      file: `${n}.jpg`,
      content_hash: hash,
      bytes: 1e6,
      modified_ms: n,
      missing_since: null,
      read_at: n,
      sidecar_ms: null,
    });
  };
  const growth: Record<string, number> = {};
  let done = 0;
  const began = performance.now();
  for (const to of [MILLION / 100, TENTH, MILLION]) {
    const at = performance.now();
    const from = done;
    for (; done < to;)
      store.transaction(() => {
        for (const end = Math.min(to, done + 512); done < end; done++) put(done);
      });
    growth[String(to)] = ((performance.now() - at) * 1000) / (to - from);
  }
  // Four rows of tables an image, beside its index of words.
  const rowsPerS = (4 * MILLION) / ((performance.now() - began) / 1000);
  tell(`rows in transactions of 512 images`, `${Math.round(rowsPerS)} /s`, '50000');
  tell(
    `  microseconds an image at ${Object.keys(growth).join(', ')}`,
    Object.values(growth)
      .map((g) => g.toFixed(0))
      .join(', '),
    'level',
  );
  const lists: Record<string, number[]> = { newest: [], words: [], format: [], time: [], tag: [] };
  store.write.facts.tag(idOf(7), ['rare'], []);
  let below: number | undefined;
  for (let i = 0; i < 40; i++) {
    const page = (name: string, filter: object, from = below): void => {
      (lists[name] as number[]).push(ms(() => store.read.facts.page(filter, from, 100)));
    };
    page('newest', {});
    page('words', { words: `holiday ${i}` });
    page('format', { format: 'jpeg' });
    page('time', { from: MILLION / 2, to: MILLION / 2 + 1000 });
    page('tag', { tag: 'rare' });
    const last = store.read.facts.page({}, below, 100).at(-1);
    below = last?.number;
  }
  for (const [name, times] of Object.entries(lists))
    tell(`  list by ${name}: p95`, `${p95(times).toFixed(1)} ms`, '50');
  store.close();
  const opened: { store?: ReturnType<typeof makeStore> } = {};
  const openMs = ms(() => (opened.store = makeStore(openStore(folder))));
  opened.store?.close();
  const index = int8Index(dims, () => new Float32Array(dims));
  const readMs = ms(() => {
    if (!readIndex(join(home, 'index.bin'), index, { encoder: 'e', dims, changes: 1 }))
      throw new Error('no index file');
  });
  const firstMs = ms(() => index.search(new Float32Array(dims).fill(0.01), 1));
  tell(
    `start: open and quick_check, index file, first search`,
    `${openMs.toFixed(0)} + ${readMs.toFixed(0)} + ${firstMs.toFixed(0)} ms`,
    '1500',
  );
  return {
    rowsPerS,
    listP95Ms: Math.max(...Object.values(lists).map(p95)),
    startMs: openMs + readMs + firstMs,
    lists: Object.fromEntries(Object.entries(lists).map(([k, v]) => [k, p95(v)])),
    growth,
  };
}

try {
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  const real =
    argument('real') === undefined
      ? undefined
      : readReal(argument('real') as string, Number(argument('real-dims') ?? 192));
  const tenth = searching('clustered', () => clustered(TENTH, dims, 1), TENTH, false);
  const full = searching('clustered', () => clustered(MILLION, dims, 1), MILLION, true);
  const stretch = real && searching('stretched', () => stretched(real, MILLION, dims, 2), MILLION, false);
  const imported = await importing();
  const listed = cataloguing();
  process.stdout.write(
    `${JSON.stringify({
      search1mP95Ms: Math.max(full.p95Ms, stretch?.p95Ms ?? 0),
      recall50: Math.min(full.recall, tenth.recall, stretch?.recall ?? 1),
      overSqliteVec: (full.vecP95Ms ?? NaN) / full.p95Ms,
      search100kP95Ms: tenth.p95Ms,
      importOverSlowestStage: imported.importOverSlowestStage,
      thumbsPerS: imported.thumbsPerS,
      rowsPerS: listed.rowsPerS,
      rssMiB: imported.rssMiB,
      indexMiB: (full.bytesPerImage * MILLION) / 2 ** 20,
      startMs: listed.startMs,
      listP95Ms: listed.listP95Ms,
      detail: { small, dims, images: MILLION, load: loadavg()[0], full, tenth, stretch, imported, listed },
    })}\n`,
  );
} finally {
  rmSync(home, { recursive: true, force: true });
}
