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
/** A file that holds (or held) an image. */
export interface Place {
  readonly file: string;
  readonly root_path: string;
  readonly root_name: string;
}

const COLUMNS = 'image_id, content_hash, name, width, height, imported_at, root_id';
const floatsOf = (blob: Buffer): Float32Array => new Float32Array(new Uint8Array(blob).buffer);
const blobOf = (x: Float32Array): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

/** Reads of the catalog's tables. */
export function imageReads(db: Db) {
  const byHash = db.prepare<[string], ImageRow>(`SELECT ${COLUMNS} FROM images WHERE content_hash = ?`);
  const byId = db.prepare<[string], ImageRow>(`SELECT ${COLUMNS} FROM images WHERE image_id = ?`);
  const pixels = db.prepare<[string, number], { rgb: Buffer }>(
    'SELECT rgb FROM pixels WHERE content_hash = ? AND size = ?',
  );
  const places = db.prepare<[string], Place>(
    `SELECT f.file, r.path AS root_path, r.name AS root_name FROM files f JOIN roots r ON r.root_id = f.root_id
       WHERE f.content_hash = ? AND f.missing_since IS NULL ORDER BY r.added_at, f.file`,
  );
  const roots = db.prepare<[], RootRow & { images: number }>(
    `SELECT r.*, (SELECT count(DISTINCT content_hash) FROM files f WHERE f.root_id = r.root_id) AS images FROM roots r ORDER BY added_at`,
  );
  const vectors = db.prepare<[string], { content_hash: string; embedding: Buffer }>(
    'SELECT content_hash, embedding FROM vectors WHERE encoder_hash = ? ORDER BY content_hash',
  );
  const vector = db.prepare<[string, string], { embedding: Buffer }>(
    'SELECT embedding FROM vectors WHERE content_hash = ? AND encoder_hash = ?',
  );
  const complete = db
    .prepare<[string, string], number>(
      `SELECT 1 FROM images i JOIN vectors v ON v.content_hash = i.content_hash AND v.encoder_hash = ?
         JOIN facts f ON f.content_hash = i.content_hash AND f.format IS NOT NULL WHERE i.content_hash = ?`,
    )
    .pluck();
  const counter = db.prepare<[string], number>('SELECT value FROM counters WHERE name = ?').pluck();
  const identity = db.prepare<[], string>('SELECT catalog_id FROM identity').pluck();
  const vectorHashes = db
    .prepare<[string, string, number], string>(
      'SELECT content_hash FROM vectors WHERE encoder_hash = ? AND content_hash > ? ORDER BY content_hash LIMIT ?',
    )
    .pluck();
  const homeless = db
    .prepare<[string], string>(
      `SELECT content_hash FROM images i WHERE root_id = ?
         AND NOT EXISTS (SELECT 1 FROM files f WHERE f.content_hash = i.content_hash)`,
    )
    .pluck();
  const ofRoot = db.prepare<[string], string>('SELECT content_hash FROM images WHERE root_id = ?').pluck();
  const missing = db.prepare<[string, string], ImageRow>(
    `SELECT ${COLUMNS.split(', ')
      .map((c) => `i.${c}`)
      .join(', ')} FROM images i LEFT JOIN vectors v
       ON v.content_hash = i.content_hash AND v.encoder_hash = ?
       WHERE v.content_hash IS NULL AND i.content_hash > ? ORDER BY i.content_hash LIMIT 64`,
  );
  const own = db
    .prepare<[], string>(
      `SELECT content_hash FROM images i WHERE root_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM files f WHERE f.content_hash = i.content_hash)`,
    )
    .pluck();
  const missingCount = db.prepare<[string], { n: number }>(
    `SELECT count(*) AS n FROM images i LEFT JOIN vectors v
       ON v.content_hash = i.content_hash AND v.encoder_hash = ? WHERE v.content_hash IS NULL`,
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
    /** RGB bytes [size, size, 3], where that size is kept. */
    pixels: (hash: string, size: number) => pixels.get(hash, size)?.rgb,
    /** Where the original lies: every file of a root that had these bytes when it was read. */
    places: (hash: string) => places.all(hash),
    /** Content hashes of what the studio made itself and no folder holds. */
    own: () => own.all(),
    roots: () => roots.all(),
    /** One by one, so that a million of them never lie in memory. */
    *vectors(encoder: string): Generator<{ hash: string; embedding: Float32Array }> {
      for (const r of vectors.iterate(encoder))
        yield { hash: r.content_hash, embedding: floatsOf(r.embedding) };
    },
    vector: (hash: string, encoder: string) => {
      const row = vector.get(hash, encoder);
      return row && floatsOf(row.embedding);
    },
    /** True for an image that needs nothing more: row, facts and a vector of this encoder. */
    complete: (hash: string, encoder: string) => complete.get(encoder, hash) === 1,
    /** 64 hex digits that name this catalog. */
    catalogId: () => identity.get() as string,
    /** The next images after a content hash that have a vector of this encoder. */
    vectorHashes: (encoder: string, after: string, limit: number) => vectorHashes.all(encoder, after, limit),
    /** Moves with every change of an encoder's vectors. */
    vectorChanges: (encoder: string) => counter.get(encoder) ?? 0,
    /** Images that came from a root and lie in no file any more, not even a missing one. */
    homeless: (rootId: string) => homeless.all(rootId),
    ofRoot: (rootId: string) => ofRoot.all(rootId),
    /** The next up to 64 images after a content hash that have no vector of this encoder yet. */
    withoutVector: (encoder: string, after: string) => missing.all(encoder, after),
    countWithoutVector: (encoder: string) => missingCount.get(encoder)?.n ?? 0,
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
    'INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO NOTHING',
  );
  const pixels = db.prepare('INSERT OR REPLACE INTO pixels VALUES (?, ?, ?)');
  const vector = db.prepare('INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)');
  const noised = db.prepare('INSERT OR REPLACE INTO noised VALUES (?, ?, ?, ?, ?)');
  const touch = db.prepare('UPDATE noised SET used_at = ? WHERE content_hash = ? AND encoder_hash = ?');
  const trim = db.prepare(
    `DELETE FROM noised WHERE (content_hash, encoder_hash) IN
       (SELECT content_hash, encoder_hash FROM noised GROUP BY content_hash, encoder_hash ORDER BY max(used_at) DESC LIMIT -1 OFFSET ?)`,
  );
  const dropImage = db.prepare('DELETE FROM images WHERE content_hash = ?');
  const dropOwnImage = db.prepare(
    `DELETE FROM images WHERE content_hash = ? AND root_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM files f WHERE f.content_hash = images.content_hash)`,
  );
  const derived = ['vectors', 'pixels', 'noised', 'image_tags'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE content_hash = ?`),
  );
  const dropDerived = (hash: string): void => {
    for (const drop of derived) drop.run(hash);
  };
  const move = db.prepare('UPDATE images SET name = ?, root_id = ? WHERE content_hash = ?');
  const dropRoot = db.prepare('DELETE FROM roots WHERE root_id = ?');
  return {
    /** Takes a picture that the studio made itself out of the catalog, unless a folder of the user holds it too; true where it did. */
    dropOwn: (hash: string): boolean => {
      const gone = dropOwnImage.run(hash).changes > 0;
      if (gone) dropDerived(hash);
      return gone;
    },
    /** Takes an image out with all that was made of it; its words, files and stub are the caller's. */
    drop: (hash: string) => {
      dropImage.run(hash);
      dropDerived(hash);
    },
    /** Name and root follow the bytes to another place. */
    move: (hash: string, name: string, rootId: string) => move.run(name, rootId, hash),
    dropRoot: (rootId: string) => dropRoot.run(rootId),
    root: (r: RootRow) => root.run(r.root_id, r.path, r.name, r.built_in, r.added_at),
    image: (i: ImageRow) =>
      image.run(i.image_id, i.content_hash, i.name, i.width, i.height, i.imported_at, i.root_id),
    /** `rgb` [size, size, 3]. */
    pixels: (hash: string, size: number, rgb: Uint8Array) => pixels.run(hash, size, rgb),
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
