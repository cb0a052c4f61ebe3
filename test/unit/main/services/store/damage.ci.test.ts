/** Flipped bits anywhere in a catalog (T10): found at the start, or by the check, or in what was read; never a crash. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAppError } from '../../../../../contract/index.ts';
import { salvageCatalog } from '../../../../../main/repair.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';
import { random } from '../../../../../training/data/random.ts';

const FILES = 400;
const FLIPS = 8;
const IMAGES = 300;

let parent: string;
let whole: string;
const hashOf = (n: number): string => n.toString(16).padStart(64, '0');
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'accent-damage-'));
  whole = join(parent, 'whole');
  const store = makeStore(openStore(whole));
  store.transaction(() => {
    for (let n = 0; n < IMAGES; n++) {
      const hash = hashOf(n);
      const name = `picture-${n}.png`;
      store.write.images.image({
        image_id: `i${n}`,
        content_hash: hash,
        name,
        width: 8,
        height: 8,
        imported_at: n,
        root_id: null,
      });
      store.write.facts.put({
        content_hash: hash,
        format: 'png',
        bytes: 1,
        taken_at: null,
        at: n,
        look: BigInt(n),
        name,
        caption: `the caption of ${n}`,
      });
      store.write.images.pixels(hash, 8, new Uint8Array(192).fill(n % 256));
      store.write.images.vector(hash, 'e', Float32Array.of(1, n));
    }
  });
  store.close();
});
afterAll(() => {
  rmSync(parent, { recursive: true, force: true });
});

describe(`${FILES} catalogs with ${FLIPS} flipped bits each`, () => {
  it('open and are read, or are called damaged and left as they are; what opens passes or fails its check', async () => {
    const outcomes = { refused: 0, found: 0, notFound: 0, failedLater: 0 };
    for (let n = 0; n < FILES; n++) {
      const home = join(parent, 'damaged');
      rmSync(home, { recursive: true, force: true });
      cpSync(whole, home, { recursive: true });
      const path = join(home, 'catalog.db');
      const bytes = readFileSync(path);
      const r = random('damage', n);
      for (let f = 0; f < FLIPS; f++) {
        const at = r.below(bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << r.below(8));
      }
      writeFileSync(path, bytes);
      let store;
      try {
        store = makeStore(openStore(home));
      } catch (thrown) {
        const { code, cause } = toAppError(thrown);
        expect(['catalog_damaged', 'not_a_catalog', 'catalog_too_new'], String(cause)).toContain(code);
        expect(readFileSync(path).equals(bytes)).toBe(true);
        outcomes.refused++;
        // Now and then the way out that the message names is taken to its end.
        if (code !== 'catalog_damaged' || outcomes.refused % 20 !== 0) continue;
        const saved = await salvageCatalog({ home, packFolders: [], sampleFolder: home, port: null }).catch(
          toAppError,
        );
        if ('kept' in saved) {
          expect(statSync(join(home, saved.kept)).size).toBe(bytes.length);
          makeStore(openStore(home)).close();
        } else expect(saved.code).toBe('catalog_damaged');
        continue;
      }
      try {
        for (let i = 0; i < IMAGES; i++) store.read.images.byHash(hashOf(i));
        for (const row of store.read.images.vectors('e')) expect(row.hash.length).toBeGreaterThan(0);
        store.read.facts.matching({ words: 'caption' });
        outcomes[store.care.check().problems.length > 0 ? 'found' : 'notFound']++;
      } catch (thrown) {
        // A page that only this reading met: an error with a name, from which the host goes on.
        expect(thrown).toBeInstanceOf(Error);
        outcomes.failedLater++;
      } finally {
        store.close();
      }
    }
    expect(outcomes.refused + outcomes.found + outcomes.notFound + outcomes.failedLater).toBe(FILES);
    // Flips within names, pixels and numbers change what is said and no structure: SQLite cannot know of them.
    expect(outcomes.refused).toBeGreaterThan(FILES / 4);
    expect(readdirSync(whole)).toContain('catalog.db');
    process.stderr.write(`${JSON.stringify(outcomes)}\n`);
  });
});
