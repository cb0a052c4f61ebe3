/** A data folder as large as the page's goals speak of: many references with vectors, many pairs with pictures. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { PackManifest } from '../../contract/index.ts';
import { recountImages } from '../../main/services/store/files.ts';
import { makeStore, openStore } from '../../main/services/store/index.ts';
import { random } from '../../training/data/random.ts';

export interface Seed {
  readonly home: string;
  /** Folder of the pack whose encoder the vectors are for. */
  readonly pack: string;
  readonly references: number;
  readonly pairs: number;
}

/** Pictures that the pairs share; a browser decodes each anew all the same, since each has an address of its own. */
const PICTURES = 64;
const SUBJECTS = ['robot', 'person', 'alien', 'kid', 'wizard'];
const DETAILS = ['a full beard', 'round glasses', 'a radar dish', 'a checkered jacket', 'pink buns'];

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Fills a fresh folder; a million pairs take some minutes and half a gigabyte. */
export async function seed({ home, pack, references, pairs }: Seed): Promise<void> {
  const manifest = v.parse(PackManifest, JSON.parse(readFileSync(join(pack, 'manifest.json'), 'utf8')));
  const db = openStore(home);
  const store = makeStore(db);
  db.pragma('synchronous = OFF');
  const encoder = manifest.parts.encoderWeights.sha256;
  const folder = join(home, 'originals');
  mkdirSync(folder);
  store.write.images.root({ root_id: 'bench', path: folder, name: 'Bench', built_in: 0, added_at: 1 });
  const file = db.prepare(
    'INSERT INTO files (root_id, file, content_hash, bytes, modified_ms) VALUES (?, ?, ?, 1000, 1)',
  );
  const noise = random('bench ui', 0);
  store.transaction(() => {
    for (let i = 0; i < references; i++) {
      const content_hash = sha(`reference ${i}`);
      const vector = Float32Array.from({ length: manifest.embedding.dims }, () => noise.next() - 0.5);
      const length = Math.hypot(...vector);
      const name = `${i}.png`;
      store.write.images.image({
        image_id: `r${i}`,
        content_hash,
        name,
        width: 64,
        height: 64,
        imported_at: 1000 + i,
        root_id: 'bench',
      });
      file.run('bench', name, content_hash);
      store.write.facts.put({
        content_hash,
        format: 'png',
        bytes: 1000,
        taken_at: null,
        at: 1000 + i,
        look: null,
        name,
        caption: '',
      });
      store.write.images.vector(
        content_hash,
        encoder,
        vector.map((x) => x / length),
      );
    }
  });
  const images = join(home, 'images');
  mkdirSync(images, { recursive: true });
  for (let i = 0; i < PICTURES; i++) {
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 53) % 256 };
    const png = await sharp({ create: { width: 256, height: 256, channels: 3, background } })
      .png()
      .toBuffer();
    writeFileSync(join(images, `${i}.png`), png);
  }
  const pair = db.prepare(
    'INSERT INTO pairs (pair_id, job_id, created_at, prompt, seed, pack_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const result = db.prepare('INSERT INTO results VALUES (?, ?, ?, ?, ?, 256, 256, ?)');
  store.transaction(() => {
    for (let i = 0; i < pairs; i++) {
      const words = `a ${SUBJECTS[i % 5] as string} with ${DETAILS[(i >> 3) % 5] as string}`;
      pair.run(`p${i}`, `j${i}`, 1_700_000_000_000 + i * 1000, words, i, manifest.id);
      const phrase = DETAILS[(i >> 3) % 5] as string;
      const at = words.indexOf(phrase);
      const span = [at, at + phrase.length];
      // Of a whole recipe only what the gallery reads of it: two million of them are to fit on a disk.
      const recipe = JSON.stringify({ emphases: [{ phrase, weight: 1, muted: false, span }] });
      for (const arm of ['coarse', 'refined'])
        result.run(
          `${arm}${i}`,
          `p${i}`,
          arm,
          `${arm}${i}`,
          `${(i * 2 + arm.length) % PICTURES}.png`,
          recipe,
        );
    }
  });
  store.write.gallery.rebuildWords();
  // The rows were written past the store, which would have counted them: a folder without images is taken in anew.
  recountImages(db);
  store.close();
}
