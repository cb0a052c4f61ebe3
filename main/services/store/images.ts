import { IN_FILES, ofHash } from './files.ts';
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
/** The number of the encoder of this hash; null where it has none. */
const ENCODER = '(SELECT encoder FROM encoders WHERE encoder_hash = ?)';
const NUMBER = '(SELECT number FROM images WHERE content_hash = ?)';
const floatsOf = (blob: Buffer): Float32Array => new Float32Array(new Uint8Array(blob).buffer);
const blobOf = (x: Float32Array): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

/** Reads of the catalog's tables. */
export function imageReads(db: Db) {
  const byHash = db.prepare<[string], ImageRow>(`SELECT ${COLUMNS} FROM images WHERE content_hash = ?`);
  const byId = db.prepare<[string], ImageRow>(`SELECT ${COLUMNS} FROM images WHERE image_id = ?`);
  const pixels = db.prepare<[string, number], { rgb: Buffer }>(
    `SELECT rgb FROM pixels WHERE number = ${NUMBER} AND size = ?`,
  );
  const places = db.prepare<[{ hash: string }], Place>(
    `SELECT f.file, r.path AS root_path, r.name AS root_name FROM files f JOIN roots r ON r.root_id = f.root_id
       WHERE ${ofHash('f')} AND f.missing_since IS NULL ORDER BY r.added_at, f.file`,
  );
  const roots = db.prepare<[], RootRow & { images: number }>(
    `SELECT r.*, coalesce((SELECT images FROM root_images k WHERE k.root_id = r.root_id), 0) AS images
       FROM roots r ORDER BY added_at`,
  );
  const counts = db.prepare<[], { images: number; own: number }>(
    `SELECT (SELECT count(*) FROM images) AS images, (SELECT count(*) FROM images WHERE root_id IS NULL) AS own`,
  );
  const isOwn = db
    .prepare<[string], number>(
      `SELECT 1 FROM images i WHERE content_hash = ? AND root_id IS NULL AND NOT ${IN_FILES}`,
    )
    .pluck();
  const vectors = db.prepare<[string], { content_hash: string; embedding: Buffer }>(
    `SELECT i.content_hash, v.embedding FROM vectors v CROSS JOIN images i ON i.number = v.number
       WHERE v.encoder = ${ENCODER} ORDER BY v.vector`,
  );
  const vector = db.prepare<[string, string], { embedding: Buffer }>(
    `SELECT embedding FROM vectors WHERE number = ${NUMBER} AND encoder = ${ENCODER}`,
  );
  const complete = db
    .prepare<[string, string], number>(
      `SELECT 1 FROM images i JOIN vectors v ON v.number = i.number AND v.encoder = ${ENCODER}
         JOIN facts f ON f.number = i.number AND f.format IS NOT NULL WHERE i.content_hash = ?`,
    )
    .pluck();
  const counter = db.prepare<[string], number>('SELECT value FROM counters WHERE name = ?').pluck();
  const identity = db.prepare<[], string>('SELECT catalog_id FROM identity').pluck();
  const vectorHashes = db
    .prepare<[string, string, number], string>(
      `SELECT i.content_hash FROM encoders e CROSS JOIN images i WHERE e.encoder_hash = ? AND i.content_hash > ?
         AND EXISTS (SELECT 1 FROM vectors v WHERE v.number = i.number AND v.encoder = e.encoder)
         ORDER BY i.content_hash LIMIT ?`,
    )
    .pluck();
  const homeless = db
    .prepare<[string], string>(
      `SELECT content_hash FROM images i WHERE root_id = ?
         AND NOT ${IN_FILES}`,
    )
    .pluck();
  const ofRoot = db.prepare<[string], string>('SELECT content_hash FROM images WHERE root_id = ?').pluck();
  const missing = db.prepare<[string, string], ImageRow>(
    `SELECT ${COLUMNS} FROM images i WHERE i.content_hash > ? AND NOT EXISTS
       (SELECT 1 FROM vectors v WHERE v.number = i.number AND v.encoder = ${ENCODER}) ORDER BY i.content_hash LIMIT 64`,
  );
  const own = db
    .prepare<[], string>(
      `SELECT content_hash FROM images i WHERE root_id IS NULL
         AND NOT ${IN_FILES}`,
    )
    .pluck();
  // Every vector is one of an image, so the difference tells without a look at each.
  const missingCount = db
    .prepare<[string], number>(
      `SELECT (SELECT count(*) FROM images) - (SELECT count(*) FROM vectors WHERE encoder = ${ENCODER})`,
    )
    .pluck();
  const noised = db.prepare<[string, string], { level: number; embedding: Buffer }>(
    'SELECT level, embedding FROM noised WHERE content_hash = ? AND encoder_hash = ?',
  );
  const listed = db.prepare<[number, number, number], ImageRow & { number: number }>(
    `SELECT number, ${COLUMNS} FROM images WHERE (imported_at, number) < (?, ?)
     ORDER BY imported_at DESC, number DESC LIMIT ?`,
  );
  return {
    byHash: (hash: string) => byHash.get(hash),
    byId: (id: string) => byId.get(id),
    /** RGB bytes [size, size, 3], where that size is kept. */
    pixels: (hash: string, size: number) => pixels.get(hash, size)?.rgb,
    /** Where the original lies: every file of a root that had these bytes when it was read. */
    places: (hash: string) => places.all({ hash }),
    /** Content hashes of what the studio made itself and no folder holds. */
    own: () => own.all(),
    /** With the images that lie, or lay, in each. */
    roots: () => roots.all(),
    /** All images, and those that the studio made; both from an index: 12 ms for a million. */
    counts: () => counts.get() ?? { images: 0, own: 0 },
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
    withoutVector: (encoder: string, after: string) => missing.all(after, encoder),
    countWithoutVector: (encoder: string) => missingCount.get(encoder) ?? 0,
    noised: (hash: string, encoder: string) =>
      new Map(noised.all(hash, encoder).map((r) => [r.level, floatsOf(r.embedding)])),
    /** The next images before a time and number, the newest first. */
    page: (at: number, number: number, limit: number) => listed.all(at, number, limit),
    /** Whether the studio made this picture itself and no folder of the user holds it. */
    isOwn: (hash: string) => isOwn.get(hash) === 1,
  };
}

/** Writes of the catalog's tables; callers batch them in `transaction`. */
export function imageWrites(db: Db) {
  const root = db.prepare('INSERT INTO roots VALUES (?, ?, ?, ?, ?)');
  const image = db.prepare(
    `INSERT INTO images (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO NOTHING`,
  );
  const pixels = db.prepare(
    'INSERT INTO pixels VALUES (?, ?, ?) ON CONFLICT (number, size) DO UPDATE SET rgb = excluded.rgb',
  );
  const numberOf = db.prepare<[string], number>('SELECT number FROM images WHERE content_hash = ?').pluck();
  const vector = db.prepare(
    `INSERT INTO vectors (number, encoder, embedding) VALUES (?, ?, ?)
       ON CONFLICT (number, encoder) DO UPDATE SET embedding = excluded.embedding`,
  );
  const changed = db.prepare(
    'INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1',
  );
  /** Encoders whose vectors this transaction has written. */
  const touched = new Set<string>();
  const encoder = db.prepare<[string], number>('SELECT encoder FROM encoders WHERE encoder_hash = ?').pluck();
  const newEncoder = db.prepare('INSERT INTO encoders (encoder_hash) VALUES (?)');
  const noised = db.prepare('INSERT OR REPLACE INTO noised VALUES (?, ?, ?, ?, ?)');
  const touch = db.prepare('UPDATE noised SET used_at = ? WHERE content_hash = ? AND encoder_hash = ?');
  const trim = db.prepare(
    `DELETE FROM noised WHERE (content_hash, encoder_hash) IN
       (SELECT content_hash, encoder_hash FROM noised GROUP BY content_hash, encoder_hash ORDER BY max(used_at) DESC LIMIT -1 OFFSET ?)`,
  );
  const dropImage = db.prepare('DELETE FROM images WHERE content_hash = ?');
  // Vectors and pixels go with their image.
  const derived = ['noised', 'image_tags'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE content_hash = ?`),
  );
  const move = db.prepare('UPDATE images SET name = ?, root_id = ? WHERE content_hash = ?');
  const dropRoot = db.prepare('DELETE FROM roots WHERE root_id = ?');
  return {
    /** Takes an image out with all that was made of it; its facts, which go before, files and stub are the caller's. */
    drop: (hash: string) => {
      dropImage.run(hash);
      for (const drop of derived) drop.run(hash);
    },
    /** Name and root follow the bytes to another place. */
    move: (hash: string, name: string, rootId: string) => move.run(name, rootId, hash),
    dropRoot: (rootId: string) => dropRoot.run(rootId),
    root: (r: RootRow) => root.run(r.root_id, r.path, r.name, r.built_in, r.added_at),
    image: (i: ImageRow) =>
      image.run(i.image_id, i.content_hash, i.name, i.width, i.height, i.imported_at, i.root_id),
    /** `rgb` [size, size, 3], of an image that is in the catalog; of another one nothing is written. */
    pixels: (hash: string, size: number, rgb: Uint8Array) => {
      const number = numberOf.get(hash);
      if (number !== undefined) pixels.run(number, size, rgb);
    },
    /** Of an image that is in the catalog; of another one nothing is written. Call inside a transaction of the store. */
    vector: (hash: string, encoderHash: string, x: Float32Array) => {
      const number = numberOf.get(hash);
      if (number === undefined) return;
      const id = encoder.get(encoderHash) ?? newEncoder.run(encoderHash).lastInsertRowid;
      vector.run(number, id, blobOf(x));
      touched.add(encoderHash);
    },
    /** Moves the counters of the encoders whose vectors were written. The store calls it before it commits. */
    countVectors: () => {
      for (const name of touched) changed.run(name);
      touched.clear();
    },
    noised: (hash: string, encoder: string, level: number, x: Float32Array, at: number) =>
      noised.run(hash, encoder, level, blobOf(x), at),
    touchNoised: (hash: string, encoder: string, at: number) => touch.run(at, hash, encoder),
    /** Keeps the noised embeddings of the `most` images that were used last. */
    trimNoised: (most: number) => trim.run(most),
  };
}
export type ImageReads = ReturnType<typeof imageReads>;
export type ImageWrites = ReturnType<typeof imageWrites>;
