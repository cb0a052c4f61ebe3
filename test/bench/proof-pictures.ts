/**
 * A folder of made JPEGs for the catalog's proof: small renders of the training's scenes, each in five variants (mirrored,
 * lighter, warmer, greyer), one in a hundred damaged. Everything follows from the number of the file, so that a folder that
 * was left half made is completed, and nothing about it has to be remembered.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { random } from '../../training/data/random.ts';
import { toRgb, toSvg } from '../../training/data/render.ts';
import { drawScene, rendering } from '../../training/data/scene.ts';
import { bombPng } from '../support/images.ts';

const SIDE = 96;
const VARIANTS = 5;
/** Files of one folder. */
const PER_FOLDER = 1000;

/** How a file is damaged, and what the import has to say of it. */
export const DAMAGES = [
  { kind: 'cut off', reason: 'truncated' },
  { kind: 'no bytes', reason: 'empty_file' },
  { kind: 'words', reason: 'unsupported_format' },
  { kind: 'a TIFF', reason: 'unsupported_format' },
  { kind: 'a GIF', reason: 'unsupported_format' },
  { kind: 'a bomb', reason: 'too_many_pixels' },
  { kind: 'bad Huffman table', reason: 'corrupt_image' },
] as const;

/** The damage of file `n`, or null: every hundredth has one, the kinds in turn. */
export const damageOf = (n: number): (typeof DAMAGES)[number] | null =>
  n % 100 === 37 ? (DAMAGES[Math.floor(n / 100) % DAMAGES.length] as (typeof DAMAGES)[number]) : null;

/** Name of file `n` below the folder. */
export const fileOf = (n: number): string =>
  `${String(Math.floor(n / PER_FOLDER)).padStart(4, '0')}/${String(n).padStart(7, '0')}.jpg`;

function variant(rgb: Uint8Array, n: number): Sharp {
  const made = sharp(rgb, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  const kind = n % VARIANTS;
  if (kind === 1) return made.flop();
  if (kind === 2) return made.modulate({ brightness: 1.12 });
  if (kind === 3) return made.modulate({ hue: 12 });
  if (kind === 4) return made.modulate({ saturation: 0.6 });
  return made;
}

async function damaged(kind: string, rgb: Uint8Array, jpeg: Buffer): Promise<Buffer> {
  const raw = (): Sharp => sharp(rgb, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  if (kind === 'cut off') return jpeg.subarray(0, Math.floor(jpeg.length * 0.6));
  if (kind === 'no bytes') return Buffer.alloc(0);
  if (kind === 'words') return Buffer.from('There is no picture in this file, whatever its name says.');
  if (kind === 'a TIFF') return raw().tiff().toBuffer();
  if (kind === 'a GIF') return raw().gif().toBuffer();
  if (kind === 'a bomb') return bombPng(65_535, 65_535);
  const broken = Buffer.from(jpeg);
  const table = broken.indexOf(Buffer.from([0xff, 0xc4]));
  return broken.fill(0xff, table + 5, table + 21);
}

/** Makes the files `from` to `to` that are not there yet; whole ones only. */
async function makeFiles(folder: string, from: number, to: number): Promise<void> {
  let scene = -1;
  let rgb: Uint8Array = new Uint8Array();
  for (let n = from; n < to; n++) {
    const path = join(folder, fileOf(n));
    if (existsSync(path)) continue;
    if (Math.floor(n / VARIANTS) !== scene) {
      scene = Math.floor(n / VARIANTS);
      const r = random('catalog proof', scene);
      rgb = toRgb(toSvg(rendering(drawScene(r, false), r)), SIDE);
    }
    // The name goes into the file, as a camera writes it there: no two are alike to the byte.
    const jpeg = await variant(rgb, n)
      .jpeg({ quality: 85 })
      .withExif({ IFD0: { ImageDescription: `made picture ${n}` } })
      .toBuffer();
    const damage = damageOf(n);
    mkdirSync(join(folder, fileOf(n), '..'), { recursive: true });
    writeFileSync(`${path}.part`, damage ? await damaged(damage.kind, rgb, jpeg) : jpeg);
    renameSync(`${path}.part`, path);
  }
}

/** Has all `count` files made by so many threads; answers with the hash of every whole one, by its number. */
export async function makePictures(
  folder: string,
  count: number,
  threads: number,
): Promise<Map<number, string>> {
  const each = Math.ceil(count / threads / VARIANTS) * VARIANTS;
  const parts = await Promise.all(
    Array.from({ length: threads }, (_, t) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { folder, from: t * each, to: Math.min(count, (t + 1) * each) },
      });
      return new Promise<[number, string][]>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  return new Map(parts.flat());
}

if (!isMainThread) {
  const { folder, from, to } = workerData as { folder: string; from: number; to: number };
  await makeFiles(folder, from, to);
  const hashes: [number, string][] = [];
  for (let n = from; n < to; n++)
    if (!damageOf(n))
      hashes.push([
        n,
        createHash('sha256')
          .update(readFileSync(join(folder, fileOf(n))))
          .digest('hex'),
      ]);
  parentPort?.postMessage(hashes);
}
