import type { Db } from './open.ts';

export interface ImageRow {
  readonly image_id: string;
  readonly content_hash: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly imported_at: number;
  readonly root_id: string | null;
}
export interface RootRow {
  readonly root_id: string;
  readonly path: string;
  readonly name: string;
  readonly built_in: number;
  readonly added_at: number;
}
export interface FileRow {
  readonly root_id: string;
  readonly file: string;
  readonly content_hash: string;
  readonly bytes: number;
  readonly modified_ms: number;
}

const COLUMNS = 'image_id, content_hash, name, width, height, imported_at, root_id';
const floatsOf = (blob: Buffer): Float32Array => new Float32Array(new Uint8Array(blob).buffer);
const blobOf = (x: Float32Array): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

/** Reads of the catalog's tables. */
export function imageReads(db: Db) {
  const byHash = db.prepare<[string], ImageRow>(`SELECT ${COLUMNS} FROM images WHERE content_hash = ?`);
  const byId = db.prepare<[string], ImageRow>(`SELECT ${COLUMNS} FROM images WHERE image_id = ?`);
  const pixels = db.prepare<[string], { pixels: Buffer }>('SELECT pixels FROM images WHERE content_hash = ?');
  const roots = db.prepare<[], RootRow & { images: number }>(
    `SELECT r.*, (SELECT count(DISTINCT content_hash) FROM files f WHERE f.root_id = r.root_id) AS images FROM roots r ORDER BY added_at`,
  );
  const file = db.prepare<[string, string], FileRow>('SELECT * FROM files WHERE root_id = ? AND file = ?');
  const vectors = db.prepare<[string], { content_hash: string; embedding: Buffer }>(
    'SELECT content_hash, embedding FROM vectors WHERE encoder_hash = ? ORDER BY content_hash',
  );
  const vector = db.prepare<[string, string], { embedding: Buffer }>(
    'SELECT embedding FROM vectors WHERE content_hash = ? AND encoder_hash = ?',
  );
  const missing = db.prepare<[string], { content_hash: string; pixels: Buffer }>(
    `SELECT i.content_hash, i.pixels FROM images i LEFT JOIN vectors v
       ON v.content_hash = i.content_hash AND v.encoder_hash = ? WHERE v.content_hash IS NULL LIMIT 64`,
  );
  const noised = db.prepare<[string, string], { level: number; embedding: Buffer }>(
    'SELECT level, embedding FROM noised WHERE content_hash = ? AND encoder_hash = ?',
  );
  const listed = db.prepare<[number, number, string, string | null, string | null, number], ImageRow>(
    `SELECT ${COLUMNS} FROM images WHERE (imported_at < ? OR (imported_at = ? AND image_id < ?)) AND (? IS NULL OR root_id = ?)
     ORDER BY imported_at DESC, image_id DESC LIMIT ?`,
  );
  return {
    byHash: (hash: string) => byHash.get(hash),
    byId: (id: string) => byId.get(id),
    /** RGB bytes [S, S, 3] at the pack's size. */
    pixels: (hash: string) => pixels.get(hash)?.pixels,
    roots: () => roots.all(),
    file: (rootId: string, name: string) => file.get(rootId, name),
    vectors: (encoder: string) =>
      vectors.all(encoder).map((r) => ({ hash: r.content_hash, embedding: floatsOf(r.embedding) })),
    vector: (hash: string, encoder: string) => {
      const row = vector.get(hash, encoder);
      return row && floatsOf(row.embedding);
    },
    /** Up to 64 images that have no vector of this encoder yet. */
    withoutVector: (encoder: string) => missing.all(encoder),
    noised: (hash: string, encoder: string) =>
      new Map(noised.all(hash, encoder).map((r) => [r.level, floatsOf(r.embedding)])),
    page: (at: number, id: string, rootId: string | null, limit: number) =>
      listed.all(at, at, id, rootId, rootId, limit),
  };
}

/** Writes of the catalog's tables; callers batch them in `transaction`. */
export function imageWrites(db: Db) {
  const root = db.prepare('INSERT INTO roots VALUES (?, ?, ?, ?, ?)');
  const image = db.prepare(
    'INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO NOTHING',
  );
  const file = db.prepare('INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)');
  const vector = db.prepare('INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)');
  const noised = db.prepare('INSERT OR REPLACE INTO noised VALUES (?, ?, ?, ?, ?)');
  const touch = db.prepare('UPDATE noised SET used_at = ? WHERE content_hash = ? AND encoder_hash = ?');
  const trim = db.prepare(
    `DELETE FROM noised WHERE (content_hash, encoder_hash) IN
       (SELECT content_hash, encoder_hash FROM noised GROUP BY content_hash, encoder_hash ORDER BY max(used_at) DESC LIMIT -1 OFFSET ?)`,
  );
  return {
    root: (r: RootRow) => root.run(r.root_id, r.path, r.name, r.built_in, r.added_at),
    image: (i: ImageRow, pixels: Uint8Array) =>
      image.run(i.image_id, i.content_hash, i.name, i.width, i.height, i.imported_at, i.root_id, pixels),
    file: (f: FileRow) => file.run(f.root_id, f.file, f.content_hash, f.bytes, f.modified_ms),
    vector: (hash: string, encoder: string, x: Float32Array) => vector.run(hash, encoder, blobOf(x)),
    noised: (hash: string, encoder: string, level: number, x: Float32Array, at: number) =>
      noised.run(hash, encoder, level, blobOf(x), at),
    touchNoised: (hash: string, encoder: string, at: number) => touch.run(at, hash, encoder),
    /** Keeps the noised embeddings of the `most` images that were used last. */
    trimNoised: (most: number) => trim.run(most),
  };
}
export type ImageReads = ReturnType<typeof imageReads>;
export type ImageWrites = ReturnType<typeof imageWrites>;
