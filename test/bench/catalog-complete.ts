/**
 * What a letter costs in a large catalog: rows with captions of ten words and two tags each, then completions while the
 * captions are being counted and after. Prints one JSON object; times in milliseconds.
 *   npm exec -c "node test/bench/catalog-complete.ts '{\"images\":1000000}'"
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCompletion } from '../../main/services/catalog/completion.ts';
import { newImageId } from '../../main/services/catalog/image-id.ts';
import { makeStore, openStore } from '../../main/services/store/index.ts';
import { random } from '../../training/data/random.ts';
import { idOf } from './catalog-data.ts';
import { answer, asked, ms, p95 } from './measure.ts';

const VOCABULARY = 50_000;
const TAGS = 3000;
const SYLLABLES = [
  'ba',
  'be',
  'co',
  'dra',
  'el',
  'fi',
  'gra',
  'hu',
  'in',
  'ja',
  'ki',
  'lo',
  'ma',
  'no',
  'or',
  'pa',
];

const { images = 1_000_000 } = asked<{ images?: number }>();
const r = random('complete', 0);
const upTo = (n: number): number => Math.floor(r.next() * n);
const word = (): string => Array.from({ length: 2 + upTo(3) }, () => SYLLABLES[upTo(16)]).join('');
const words = Array.from({ length: VOCABULARY }, word);
const tags = Array.from({ length: TAGS }, () => `${word()} ${word()}`);
/** Frequent ones first, as words are. */
const pick = (list: readonly string[]): string => list[Math.floor(list.length ** r.next()) - 1] ?? 'with';

const home = mkdtempSync(join(tmpdir(), 'accent-complete-'));
try {
  const store = makeStore(openStore(home));
  for (let n = 0; n < images; n += 5000)
    store.transaction(() => {
      for (let i = n; i < Math.min(images, n + 5000); i++) {
        const hash = idOf(i);
        store.write.facts.tag(hash, [pick(tags), pick(tags)], []);
        const caption = `a ${Array.from({ length: 8 }, () => pick(words)).join(' ')} with`;
        const name = `${hash.slice(0, 8)}.jpg`;
        store.write.images.image({
          image_id: newImageId(Date.now()),
          content_hash: hash,
          name,
          width: 4,
          height: 4,
          imported_at: i,
          root_id: null,
        });
        store.write.facts.put({
          content_hash: hash,
          format: 'jpeg',
          bytes: 1,
          taken_at: i,
          at: i,
          look: null,
          name,
          caption,
        });
      }
    });
  const completion = makeCompletion(store);
  const idle = { signal: new AbortController().signal };
  const beginnings = Array.from({ length: 400 }, () => {
    const last = (upTo(2) === 0 ? pick(words) : pick(tags)).slice(0, 2 + upTo(4));
    return [`a ${last}`, last];
  });
  const once = (prefixes: string[]): number => ms(() => completion.complete({ prefixes, limit: 6 }, idle));
  const during: number[] = [];
  const began = performance.now();
  let counted = false;
  const all = completion.settled().then(() => (counted = true));
  for (let i = 0; !counted; i++) {
    during.push(once(beginnings[i % beginnings.length] ?? []));
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await all;
  const countedAfter = performance.now() - began;
  const after = beginnings.map(once);
  completion.stop();
  answer({
    images,
    duringP95Ms: p95(during),
    duringMaxMs: Math.max(...during),
    afterP95Ms: p95(after),
    afterMaxMs: Math.max(...after),
    countedAfterS: countedAfter / 1000,
    heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
  });
  store.close();
} finally {
  rmSync(home, { recursive: true, force: true });
}
