/**
 * npm run bench:catalog: the catalog against its goals (docs/catalog.md), at most 12 minutes.
 *   --small         everything at a hundredth of its size, about a minute: shows that it runs, not how fast it is
 *   --dims=N        numbers of a vector (default 512)
 *   --real=FILE     real vectors to stretch: a catalog.db, or float32 row by row of --real-dims numbers (default: the sample
 *                   folder's 600 images through the first pack's encoder)
 *   --cache=DIR     where made pictures and vectors lie between runs (default: the system's temporary folder)
 * Each part runs in a process of its own (catalog-search, catalog-import, catalog-rows). The last line is one JSON object
 * with the figures that the goals name; `detail` has the rest. Times are wall time: a machine that does something else gives
 * larger ones, so the load is told too.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { photographs, sampleVectors } from './catalog-data.ts';
import type { ImportAsked, Imported } from './catalog-import.ts';
import type { Rowed, RowsAsked } from './catalog-rows.ts';
import type { SearchAsked, Searched } from './catalog-search.ts';
import { part } from './measure.ts';

const argument = (name: string): string | undefined =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const small = process.argv.includes('--small');
const dims = Number(argument('dims') ?? 512);
const SIZES = [10_000, 100_000, 1_000_000].map((n) => (small ? n / 100 : n)) as [number, number, number];
const QUERIES = small ? 10 : 60;
const PHOTOS = small ? 8 : 240;
const PACK = 'accent-first';
const home = mkdtempSync(join(tmpdir(), 'accent-bench-catalog-'));
const cache = argument('cache') ?? join(tmpdir(), 'accent-bench');
mkdirSync(cache, { recursive: true });

const tell = (what: string, figure: string, goal = ''): void => {
  process.stdout.write(`${what.padEnd(66)} ${figure.padStart(16)}  ${goal}\n`);
};
const began = performance.now();

async function search(name: string, options: Omit<SearchAsked, 'dims' | 'queries'>): Promise<Searched> {
  const out = await part<Searched>('./catalog-search.ts', { ...options, dims, queries: QUERIES });
  tell(`search, exact top-50 of ${out.n} x ${dims}, ${name}, ${out.scan}: p95`, `${out.p95Ms.toFixed(1)} ms`);
  tell('  median; processor time of a search', `${out.medianMs.toFixed(1)}; ${out.cpuMs.toFixed(1)} ms`);
  if (out.readGBs !== null && out.readShare !== null)
    tell(
      '  the index read at the median; of what all threads read at best',
      `${(out.readGBs * out.readShare).toFixed(1)} GB/s; ${(100 * out.readShare).toFixed(0)} %`,
      `${out.readGBs.toFixed(1)} GB/s`,
    );
  tell(
    '  hits in the place of a full scan; rescored a query',
    `${out.recall.toFixed(3)}; ${out.rescored.toFixed(0)}`,
    '1',
  );
  if (out.vecP95Ms !== null) {
    const ratio = `${(out.vecP95Ms / out.p95Ms).toFixed(1)} x`;
    tell('  sqlite-vec (vec0) on the same vectors: p95', `${out.vecP95Ms.toFixed(1)} ms`, `${ratio} (10 x)`);
  }
  return out;
}

/** How much more the largest size takes than its share of the one before, at most: 1 is linear. */
const worst = (figures: readonly number[]): number =>
  Math.max(...figures.slice(1).map((f, i) => f / (figures[i] as number) / 10));

try {
  tell(
    `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    `load ${loadavg()[0]?.toFixed(1)}`,
  );
  const indexFile = join(home, 'index.bin');
  const real = argument('real') ?? (await sampleVectors(cache, PACK));
  const realDims = Number(argument('real-dims') ?? 192);
  const searched = [
    await search('clustered', { n: SIZES[0] }),
    await search('clustered', { n: SIZES[1] }),
    await search('clustered', { n: SIZES[2], beside: home, keep: indexFile }),
  ] as [Searched, Searched, Searched];
  rmSync(join(home, 'vec.db'), { force: true });
  const stretch = await search('real, stretched', { n: SIZES[2], real, realDims });

  const asked: ImportAsked = { photographs: await photographs(cache, PHOTOS), home, packId: PACK };
  const imported = await part<Imported>('./catalog-import.ts', asked);
  const slowest = Math.max(...Object.values(imported.stages));
  const importOverSlowestStage = slowest / imported.wholeSeconds;
  tell('thumbnails of 6-megapixel JPEGs', `${imported.thumbsPerS.toFixed(1)} /s`, '20');
  tell('whole import over its slowest stage alone', importOverSlowestStage.toFixed(2), '0.85');
  for (const [stage, seconds] of Object.entries(imported.stages))
    tell(`  ${stage} alone`, `${seconds.toFixed(1)} s`);
  const rssMiB = Math.max(...Object.values(imported.peaks));
  for (const [name, mib] of Object.entries(imported.peaks))
    tell(`  largest memory: ${name}`, `${mib.toFixed(0)} MiB`, '400');

  const rowsAsked: RowsAsked = { home: join(home, 'rows'), sizes: SIZES, dims, indexFile };
  const rows = await part<Rowed>('./catalog-rows.ts', rowsAsked);
  const last = rows.at[2];
  const startMs = rows.startMs.reduce((a, b) => a + b, 0);
  const listP95Ms = Math.max(...Object.values(last?.lists ?? {}));
  tell('rows in transactions of 512 images', `${Math.round(rows.rowsPerS)} /s`, '50000');
  for (const [name, time] of Object.entries(last?.lists ?? {}))
    tell(`  list, ${name}: p95`, `${time.toFixed(1)} ms`, '50');
  tell(`quick_check of ${SIZES[2]} images`, `${last?.quickCheckMs.toFixed(0)} ms`, '3000');
  tell(
    'start: open + index file + first search, the check beside them',
    `${rows.startMs.map((t) => t.toFixed(0)).join(' + ')} ms`,
    '1500',
  );
  tell('  until that check has passed', `${rows.checkedMs.toFixed(0)} ms`);

  // Time and memory at each size; the last column is the larger of the two steps, where 1 is linear.
  const growth: Record<string, readonly number[]> = {
    'search p95, ms': searched.map((s) => s.p95Ms),
    'add to the index, ms for all': searched.map((s) => (s.addUs * s.n) / 1000),
    'index, MiB': searched.map((s) => s.indexMiB),
    'rows, ms for all': rows.at.map(
      (r, i) =>
        rows.at
          .slice(0, i + 1)
          .reduce((sum, s, j) => sum + s.usPerImage * (s.images - (rows.at[j - 1]?.images ?? 0)), 0) / 1000,
    ),
    'slowest list p95, ms': rows.at.map((r) => Math.max(...Object.values(r.lists))),
    'quick_check, ms': rows.at.map((r) => r.quickCheckMs),
    'catalog file, MiB': rows.at.map((r) => r.fileMiB),
    'memory of the process with the catalog, MiB': rows.at.map((r) => r.rssMiB),
  };
  process.stdout.write(
    `${'growth'.padEnd(46)}${SIZES.map((n) => String(n).padStart(12)).join('')}  x linear\n`,
  );
  for (const [name, figures] of Object.entries(growth))
    process.stdout.write(
      `${name.padEnd(46)}${figures.map((f) => f.toFixed(1).padStart(12)).join('')}  ${worst(figures).toFixed(2)}\n`,
    );
  const seconds = (performance.now() - began) / 1000;
  tell('the whole run', `${seconds.toFixed(0)} s`, '720');

  const full = searched[2];
  process.stdout.write(
    `${JSON.stringify({
      search1mP95Ms: Math.max(full.p95Ms, stretch.p95Ms),
      recall50: Math.min(...searched.map((s) => s.recall), stretch.recall),
      overSqliteVec: (full.vecP95Ms as number) / full.p95Ms,
      search100kP95Ms: searched[1].p95Ms,
      importOverSlowestStage,
      thumbsPerS: imported.thumbsPerS,
      rowsPerS: rows.rowsPerS,
      rssMiB,
      indexMiB: (full.bytesPerImage * full.n) / 2 ** 20,
      startMs,
      listP95Ms,
      detail: {
        small,
        dims,
        sizes: SIZES,
        load: loadavg()[0],
        seconds,
        quickCheckMs: last?.quickCheckMs,
        searched,
        stretch,
        imported,
        rows,
        growth,
      },
    })}\n`,
  );
} finally {
  rmSync(home, { recursive: true, force: true });
}
