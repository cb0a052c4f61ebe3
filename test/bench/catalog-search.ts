/** Part of bench:catalog: exact top-50 over n vectors, checked against a full scan in float64; sqlite-vec on the same data. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as sqliteVec from 'sqlite-vec';
import { loadKernel } from '#native';
import { readIndex, writeIndex } from '../../main/services/catalog/index-file.ts';
import { int8Index } from '../../main/services/catalog/int8-index.ts';
import { vectorScan } from '../../main/vector-scan.ts';
import { clustered, idOf, readReal, stretched } from './catalog-data.ts';
import { answer, asked, median, ms, p95, peakMiB } from './measure.ts';

export interface SearchAsked {
  readonly n: number;
  readonly dims: number;
  readonly queries: number;
  /** A file of real vectors to stretch; without it the clustered set. */
  readonly real?: string;
  readonly realDims?: number;
  /** Also ask sqlite-vec, with its tables in this folder. */
  readonly beside?: string;
  /** Where the index is to be kept; it is then searched from there. */
  readonly keep?: string;
  /** Scan in WebAssembly, as where the native module is not built. */
  readonly wasm?: boolean;
}
export interface Searched {
  readonly n: number;
  /** What scanned. */
  readonly scan: string;
  readonly p95Ms: number;
  readonly medianMs: number;
  /** Processor time of a search, all threads, its median: what other programs disturb less. */
  readonly cpuMs: number;
  /**
   * Memory that all threads read in order at best, in GB a second, measured after the searches; null in WebAssembly.
   * A search reads the whole index: `readShare` is how much of that rate it reaches at its median, JavaScript and rescoring
   * included. Small indexes lie in the caches and may pass it.
   */
  readonly readGBs: number | null;
  readonly readShare: number | null;
  readonly recall: number;
  readonly rescored: number;
  /** Codes, scales and losses of an image; without its id. */
  readonly bytesPerImage: number;
  /** All that the index holds, ids and room included. */
  readonly indexMiB: number;
  readonly addUs: number;
  readonly vecP95Ms: number | null;
  readonly peakMiB: number;
}

/** Queries that are checked, and that sqlite-vec is asked. */
const CHECKED = 8;
const K = 50;

const { n, dims, queries, real, realDims = 192, beside, keep, wasm = false } = asked<SearchAsked>();
const all = new Float32Array(n * dims);
const rowOf = new Map<string, number>();
const { rows } = wasm ? {} : vectorScan();
const index = int8Index(
  dims,
  (id) => {
    const at = (rowOf.get(id) as number) * dims;
    return all.subarray(at, at + dims);
  },
  rows ? { rows } : {},
);
let row = 0;
let addMs = 0;
for (const x of real === undefined
  ? clustered(n, dims, 1)
  : stretched(readReal(real, realDims), n, dims, 2)) {
  all.set(x, row * dims);
  const id = idOf(row);
  rowOf.set(id, row++);
  addMs += ms(() => {
    index.add(id, x);
  });
}

if (keep !== undefined) {
  // Searched as after a start: the native scan maps the file.
  const about = { encoder: 'e', dims, changes: 1 };
  writeIndex(keep, index, about);
  if (!readIndex(keep, index, about)) throw new Error('the index file could not be read');
}

const db = beside === undefined ? undefined : new Database(join(beside, 'vec.db'));
if (db) {
  sqliteVec.load(db);
  db.exec(`CREATE VIRTUAL TABLE v USING vec0 (e float[${dims}] distance_metric=cosine)`);
  const insert = db.prepare('INSERT INTO v (rowid, e) VALUES (?, ?)');
  db.transaction(() => {
    for (let r = 0; r < n; r++) insert.run(BigInt(r), Buffer.from(all.buffer, r * dims * 4, dims * 4));
  })();
}
const nearest = db?.prepare<[Buffer], { rowid: number }>(
  `SELECT rowid FROM v WHERE e MATCH ? AND k = ${K} ORDER BY distance`,
);

const times: number[] = [];
const cpuTimes: number[] = [];
const vecTimes: number[] = [];
let [found, rescored] = [0, 0];
for (let q = -2; q < queries; q++) {
  // A vector of the set, moved away: as a phrase is near some images and far from most.
  const at = (((q + 3) * 7919) % n) * dims;
  const query = all.slice(at, at + dims).map((v, d) => v + 0.04 * Math.sin(q * 31 + d));
  const cpu = process.cpuUsage();
  const began = performance.now();
  const hits = await index.search(query, K);
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  // The first two compile and touch the memory.
  if (q < 0) continue;
  times.push(took);
  cpuTimes.push((user + system) / 1000);
  rescored += index.rescored;
  if (q >= CHECKED) continue;
  if (nearest)
    vecTimes.push(ms(() => nearest.all(Buffer.from(query.buffer, query.byteOffset, query.byteLength))));
  const scores = new Float64Array(n);
  for (let r = 0; r < n; r++) {
    let s = 0;
    for (let d = 0; d < dims; d++) s += (all[r * dims + d] as number) * (query[d] as number);
    scores[r] = s;
  }
  const least = Float64Array.from(scores).sort().at(-Math.min(K, n)) as number;
  const best: { score: number; id: string }[] = [];
  for (let r = 0; r < n; r++)
    if ((scores[r] as number) >= least) best.push({ score: scores[r] as number, id: idOf(r) });
  best.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  found += hits.filter((h, i) => h.id === best[i]?.id).length;
}
db?.close();
const peak = peakMiB();
const readRate = (wasm ? undefined : await loadKernel().kernel?.scan.measureRead()) ?? null;
// As they lie in a file.
let blockBytes = 0;
for (const block of index.save().blocks) blockBytes += block.length;
answer({
  n,
  scan: index.scan,
  p95Ms: p95(times),
  medianMs: median(times),
  cpuMs: median(cpuTimes),
  readGBs: readRate && readRate / 1e9,
  readShare: readRate && (blockBytes * 1000) / median(times) / readRate,
  recall: found / (K * Math.min(CHECKED, queries)),
  rescored: rescored / queries,
  bytesPerImage: blockBytes / n,
  indexMiB: index.bytes / 2 ** 20,
  addUs: (addMs * 1000) / n,
  vecP95Ms: nearest ? p95(vecTimes) : null,
  peakMiB: peak,
} satisfies Searched);
