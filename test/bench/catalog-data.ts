/** What the catalog's benchmark works on: vectors and pictures made from a seed, kept between runs. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { makeConfig } from '../../main/config.ts';
import { engineContract } from '../../main/engine/index.ts';
import { forkSpawn, makeChild } from '../../main/link/index.ts';
import { makePacks } from '../../main/services/packs/index.ts';
import { random } from '../../training/data/random.ts';

/** A fast generator of standard normal numbers (sum of four uniforms, scaled), from a seed. */
export function normals(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}

const unit = (x: Float32Array): Float32Array => {
  let sum = 0;
  for (const v of x) sum += v * v;
  const norm = Math.sqrt(sum) || 1;
  return x.map((v) => v / norm);
};

/** n unit vectors [dims] in clusters: centre plus noise of 0.6 of its length. */
export function* clustered(n: number, dims: number, seed: number): Generator<Float32Array> {
  const draw = normals(seed);
  const vector = (): Float32Array => unit(Float32Array.from({ length: dims }, draw));
  const centres = Array.from({ length: Math.max(8, Math.ceil(Math.sqrt(n) / 2)) }, vector);
  for (let i = 0; i < n; i++) {
    const centre = centres[i % centres.length] as Float32Array;
    const noise = vector();
    yield unit(centre.map((c, d) => c + 0.6 * (noise[d] as number)));
  }
}

/**
 * n unit vectors [dims] out of real embeddings [m, d]: each is a point between two of them plus noise as large as the mean
 * distance of a vector to its cluster asks for (here 0.3), carried to `dims` numbers by one random map that keeps inner
 * products up to its noise.
 */
export function* stretched(
  real: readonly Float32Array[],
  n: number,
  dims: number,
  seed: number,
): Generator<Float32Array> {
  const draw = normals(seed);
  const from = real[0]?.length ?? 0;
  const map = Array.from({ length: dims }, () => Float32Array.from({ length: from }, draw));
  const carried = real.map((x) =>
    unit(Float32Array.from(map, (row) => row.reduce((s, m, i) => s + m * (x[i] as number), 0))),
  );
  const pick = random('stretch', seed);
  for (let i = 0; i < n; i++) {
    const a = carried[Math.floor(pick.next() * carried.length)] as Float32Array;
    const b = carried[Math.floor(pick.next() * carried.length)] as Float32Array;
    const share = pick.next() * 0.5;
    const noise = unit(Float32Array.from({ length: dims }, draw));
    yield unit(a.map((v, d) => (1 - share) * v + share * (b[d] as number) + 0.3 * (noise[d] as number)));
  }
}

export const idOf = (n: number): string => createHash('sha256').update(`image ${n}`).digest('hex');

/** A folder of `n` JPEGs of about 6 megapixels (3000 x 2000): soft shapes with grain, as photographs have. */
export async function photographs(cache: string, n: number): Promise<string> {
  const folder = join(cache, `photographs-${n}`);
  if (existsSync(join(folder, 'done.json'))) return folder;
  mkdirSync(folder, { recursive: true });
  const draw = normals(5);
  const grain = Buffer.from(Uint8Array.from({ length: 512 * 512 * 3 }, () => 128 + 24 * draw()));
  for (let i = 0; i < n; i++) {
    const soft = Buffer.from(Uint8Array.from({ length: 24 * 16 * 3 }, () => 128 + 70 * draw()));
    const large = await sharp(soft, { raw: { width: 24, height: 16, channels: 3 } })
      .resize(3000, 2000, { kernel: 'cubic' })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const jpeg = await sharp(large)
      .composite([
        { input: grain, raw: { width: 512, height: 512, channels: 3 }, tile: true, blend: 'soft-light' },
      ])
      .jpeg({ quality: 90 })
      .toBuffer();
    const path = join(folder, `${String(i).padStart(4, '0')}.jpg`);
    writeFileSync(`${path}.part`, jpeg);
    renameSync(`${path}.part`, path);
  }
  writeFileSync(join(folder, 'done.json'), '{}');
  return folder;
}

/** Embeddings of the sample folder's images with a pack's encoder, made once: a file of float32, row by row. */
export async function sampleVectors(cache: string, packId: string): Promise<string> {
  const { packFolders, sampleFolder } = makeConfig();
  const pack = await makePacks(packFolders).get(packId);
  const { size } = pack.manifest.image;
  const path = join(cache, `sample-${pack.manifest.parts.encoderWeights.sha256.slice(0, 16)}.f32`);
  if (existsSync(path)) return path;
  const child = makeChild('engine', engineContract, forkSpawn(), 'engine_lost', async (client) => {
    await client.engine.open({ folder: pack.folder, manifest: pack.manifest });
  });
  try {
    const { engine } = await child.client();
    const names = readdirSync(sampleFolder).filter((name) => name.endsWith('.png'));
    const made: Float32Array[] = [];
    for (let at = 0; at < names.length; at += 32) {
      const some = names
        .slice(at, at + 32)
        .map((name) => sharp(join(sampleFolder, name)).resize(size, size).removeAlpha().raw().toBuffer());
      const { embeddings } = await engine.embedImages({
        packId,
        rgb: Buffer.concat(await Promise.all(some)),
      });
      made.push(embeddings);
    }
    writeFileSync(
      `${path}.part`,
      Buffer.concat(made.map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength))),
    );
    renameSync(`${path}.part`, path);
    return path;
  } finally {
    await child.close();
  }
}

/** Real embeddings: those of a catalog (`catalog.db`), or of a file of float32, row by row, `dims` numbers each. */
export function readReal(path: string, dims: number): Float32Array[] {
  if (path.endsWith('.db')) {
    const db = new Database(path, { readonly: true });
    const blobs = db.prepare<[], Buffer>('SELECT embedding FROM vectors LIMIT 50000').pluck().all();
    db.close();
    return blobs.map((b) => new Float32Array(Uint8Array.from(b).buffer));
  }
  const bytes = readFileSync(path);
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  return Array.from({ length: Math.floor(all.length / dims) }, (_, i) => all.slice(i * dims, (i + 1) * dims));
}
