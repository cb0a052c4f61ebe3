/**
 * Part of bench:catalog: rows in transactions, and what lists, the check and the start cost at each size on the way. Alone:
 * node test/bench/catalog-rows.ts '{"home":"DIR","sizes":[10000,100000,1000000],"dims":512}'
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { newImageId } from '../../main/services/catalog/image-id.ts';
import { readIndex } from '../../main/services/catalog/index-file.ts';
import { int8Index } from '../../main/services/catalog/int8-index.ts';
import { checkBeside, makeStore, openSoon, openStore } from '../../main/services/store/index.ts';
import { vectorScan } from '../../main/vector-scan.ts';
import { idOf } from './catalog-data.ts';
import { answer, asked, ms, p95 } from './measure.ts';

export interface RowsAsked {
  readonly home: string;
  /** Ascending. */
  readonly sizes: readonly number[];
  readonly dims: number;
  /** An index of the largest size, of these dims; absent where the part runs alone: the start then lacks it. */
  readonly indexFile?: string;
}
export interface RowsAt {
  readonly images: number;
  /** Of those that were added since the size before. */
  readonly usPerImage: number;
  readonly lists: Record<string, number>;
  readonly quickCheckMs: number;
  readonly fileMiB: number;
  readonly rssMiB: number;
}
export interface Rowed {
  readonly rowsPerS: number;
  readonly at: readonly RowsAt[];
  /** Open, index file, first search with what it asks of the catalog before; the quick check goes on beside them. */
  readonly startMs: readonly number[];
  /** From the start until that check has passed. */
  readonly checkedMs: number;
}

/** Tables that an imported image has a row in, its words not counted. */
const TABLES = 4;
const PAGES = 40;
/** Images of one transaction. */
const AT_ONCE = 512;

const { home, sizes, dims, indexFile } = asked<RowsAsked>();
const store = makeStore(openStore(home));
store.write.images.root({ root_id: 'r', path: home, name: 'r', built_in: 0, added_at: 1 });
const vector = new Float32Array(16).fill(0.25);

function put(n: number, hash: string): void {
  const name = `holiday ${n % 1000} of ${n}.jpg`;
  store.write.images.image({
    image_id: newImageId(Date.now()),
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
}

/** p95 of each kind of list, over pages by keyset from the newest on. */
function lists(images: number): Record<string, number> {
  const times: Record<string, number[]> = {
    newest: [],
    deep: [],
    words: [],
    format: [],
    time: [],
    tag: [],
    root: [],
    roots: [],
  };
  const last = sizes.at(-1) as number;
  let below: number | undefined;
  for (let i = 0; i < PAGES; i++) {
    const page = (name: string, filter: object, from?: number): void => {
      (times[name] as number[]).push(ms(() => store.read.facts.page(filter, from, 100)));
    };
    page('newest', {}, below);
    page('deep', {}, Math.floor((images * (i + 1)) / (PAGES + 1)));
    page('words', { words: `holiday ${i}` });
    page('format', { format: 'jpeg' }, below);
    page('time', { from: images / 2, to: images / 2 + 1000 });
    page('tag', { tag: 'rare' });
    page('root', { rootId: 'r' }, below);
    (times['roots'] as number[]).push(ms(() => store.read.images.roots()));
    below = store.read.facts.page({}, below, 100).at(-1)?.number ?? last;
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, p95(list)]));
}

const at: RowsAt[] = [];
let done = 0;
let writing = 0;
for (const images of sizes) {
  const from = done;
  let took = 0;
  while (done < images) {
    // Hashes are made before: an import has them from its files.
    const hashes = Array.from({ length: Math.min(AT_ONCE, images - done) }, (_, i) => idOf(done + i));
    took += ms(() => {
      store.transaction(() => {
        for (const hash of hashes) put(done++, hash);
      });
    });
  }
  writing += took;
  if (from === 0) store.write.facts.tag(idOf(7), ['rare'], []);
  const listed = lists(images);
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  const file = join(home, 'catalog.db');
  const beside = new Database(file, { readonly: true });
  const quickCheckMs = ms(() => beside.pragma('quick_check'));
  const pages = (['page_count', 'page_size'] as const).map(
    (p) => beside.pragma(p, { simple: true }) as number,
  );
  beside.close();
  at.push({
    images,
    usPerImage: (took * 1000) / (images - from),
    lists: listed,
    quickCheckMs,
    fileMiB: pages.reduce((a, b) => a * b) / 2 ** 20,
    rssMiB,
  });
}
store.close();

const began = performance.now();
const { db } = openSoon(home, 0);
const again = makeStore(db);
const check = checkBeside(db.name);
const openMs = performance.now() - began;
const { rows } = vectorScan();
const index = int8Index(dims, () => new Float32Array(dims), rows ? { rows } : {});
const readMs = ms(() => {
  if (indexFile !== undefined && !readIndex(indexFile, index, { encoder: 'e', dims, changes: 1 }))
    throw new Error('no index file');
});
const searching = performance.now();
if (again.read.images.countWithoutVector('e') !== 0) throw new Error('vectors are missing');
again.read.images.own();
await index.search(new Float32Array(dims).fill(0.01), 1);
const firstMs = performance.now() - searching;
await check.passed;
const checkedMs = performance.now() - began;
again.close();

answer({
  rowsPerS: (TABLES * done) / (writing / 1000),
  at,
  startMs: [openMs, readMs, firstMs],
  checkedMs,
} satisfies Rowed);
