/** Files of roots: where an image's bytes lie or lay, and what a scan has seen. */
import type { Db } from './open.ts';

export interface FileRow {
  readonly root_id: string;
  readonly file: string;
  readonly content_hash: string;
  readonly bytes: number;
  readonly modified_ms: number;
  /** When it was not found any more; null while it is there. */
  readonly missing_since: number | null;
  readonly read_at: number;
  /** Newest modification of the captions beside it; null without any. */
  readonly sidecar_ms: number | null;
}

/** Condition on files `table`: of the content hash that is bound as `hash`, or of an expression. The index holds 12 digits. */
export const ofHash = (table: string, hash = '@hash'): string =>
  `substr(${table}.content_hash, 1, 12) = substr(${hash}, 1, 12) AND ${table}.content_hash = ${hash}`;

/** Whether a folder holds, or held, the bytes of the image `i`. */
export const IN_FILES = `EXISTS (SELECT 1 FROM files x WHERE ${ofHash('x', 'i.content_hash')})`;

/** A scan's memory of what it saw lies in a temporary table: it ends with the process and costs the catalog nothing. */
const SEEN = `CREATE TEMP TABLE IF NOT EXISTS seen (scan INTEGER NOT NULL, file TEXT NOT NULL, fresh INTEGER NOT NULL,
  PRIMARY KEY (scan, file)) WITHOUT ROWID`;

const COUNTED = 'SELECT root_id, count(DISTINCT content_hash) AS images FROM files GROUP BY root_id';

/** Counts the images of every folder anew; true where a kept count was another one. Reads every file's row. */
export function recountImages(db: Db): boolean {
  const wrong = db
    .prepare(
      `SELECT 1 FROM (${COUNTED}) c FULL JOIN root_images k ON k.root_id = c.root_id
         WHERE coalesce(c.images, 0) <> coalesce(k.images, 0) LIMIT 1`,
    )
    .get();
  if (wrong === undefined) return false;
  db.transaction(() => {
    db.exec(`DELETE FROM root_images; INSERT INTO root_images ${COUNTED}`);
  })();
  return true;
}

export function fileReads(db: Db) {
  db.exec(SEEN);
  const file = db.prepare<[string, string], FileRow>('SELECT * FROM files WHERE root_id = ? AND file = ?');
  const ofImage = db.prepare<[{ hash: string }], FileRow>(
    `SELECT * FROM files f WHERE ${ofHash('f')} ORDER BY root_id, file`,
  );
  const present = db.prepare<[{ hash: string }], FileRow>(
    `SELECT * FROM files f WHERE ${ofHash('f')} AND missing_since IS NULL LIMIT 1`,
  );
  const count = db.prepare<[string], { n: number }>(
    'SELECT count(*) AS n FROM files WHERE root_id = ? AND missing_since IS NULL',
  );
  const unseen = db.prepare<[string, string, number], FileRow>(
    `SELECT f.* FROM files f WHERE f.root_id = ? AND f.file > ? AND f.missing_since IS NULL
       AND NOT EXISTS (SELECT 1 FROM temp.seen s WHERE s.scan = ? AND s.file = f.file) ORDER BY f.file LIMIT 1000`,
  );
  const fresh = db.prepare<[number, string, string], FileRow & { fresh: number }>(
    `SELECT f.*, s.fresh FROM files f JOIN temp.seen s ON s.scan = ? AND s.file = f.file AND s.fresh > 0
       WHERE f.root_id = ? AND f.content_hash = ? LIMIT 1`,
  );
  const onlyHere = db
    .prepare<[string, string], string>(
      `SELECT DISTINCT content_hash FROM files f WHERE root_id = ?
         AND NOT EXISTS (SELECT 1 FROM files o WHERE ${ofHash('o', 'f.content_hash')} AND o.root_id <> ?)`,
    )
    .pluck();
  return {
    one: (rootId: string, name: string) => file.get(rootId, name),
    ofImage: (hash: string) => ofImage.all({ hash }),
    /** A file that holds these bytes and was there when last looked for. */
    present: (hash: string) => present.get({ hash }),
    /** Files of a root that were there when last looked for. */
    count: (rootId: string) => count.get(rootId)?.n ?? 0,
    /** The next up to 1000 files after a name that a scan did not see. */
    unseen: (rootId: string, after: string, scan: number) => unseen.all(rootId, after, scan),
    /** A file with these bytes that this scan saw for the first time. */
    fresh: (scan: number, rootId: string, hash: string) => fresh.get(scan, rootId, hash),
    /** Images that lie, or lay, in this root alone. */
    onlyIn: (rootId: string) => onlyHere.all(rootId, rootId),
  };
}

export function fileWrites(db: Db) {
  db.exec(SEEN);
  // No REPLACE: a statement that might change several rows opens a savepoint, and for that the index of words writes what it
  // has gathered as a segment of its own, one for each file.
  const put = db.prepare(
    `INSERT INTO files (root_id, file, content_hash, bytes, modified_ms, missing_since, read_at, sidecar_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (root_id, file) DO UPDATE SET content_hash = excluded.content_hash, bytes = excluded.bytes,
         modified_ms = excluded.modified_ms, missing_since = excluded.missing_since, read_at = excluded.read_at,
         sidecar_ms = excluded.sidecar_ms`,
  );
  const found = db.prepare(
    'UPDATE files SET missing_since = NULL WHERE root_id = ? AND file = ? AND missing_since IS NOT NULL',
  );
  const missing = db.prepare('UPDATE files SET missing_since = ? WHERE root_id = ? AND file = ?');
  const drop = db.prepare('DELETE FROM files WHERE root_id = ? AND file = ?');
  const dropOfImage = db.prepare(`DELETE FROM files AS f WHERE ${ofHash('f')}`);
  const dropOfRoot = db.prepare('DELETE FROM files WHERE root_id = ?');
  const seen = db.prepare(
    'INSERT INTO temp.seen VALUES (?, ?, ?) ON CONFLICT (scan, file) DO UPDATE SET fresh = excluded.fresh',
  );
  const forget = db.prepare('DELETE FROM temp.seen WHERE scan = ?');
  const one = db
    .prepare<[string, string], string>('SELECT content_hash FROM files WHERE root_id = ? AND file = ?')
    .pluck();
  const holds = db.prepare<[{ hash: string; root: string }], unknown>(
    `SELECT 1 FROM files f WHERE ${ofHash('f')} AND f.root_id = @root LIMIT 1`,
  );
  const holders = db
    .prepare<[{ hash: string }], string>(`SELECT DISTINCT root_id FROM files f WHERE ${ofHash('f')}`)
    .pluck();
  const count = db.prepare(
    `INSERT INTO root_images VALUES (?, ?) ON CONFLICT (root_id) DO UPDATE SET images = images + excluded.images`,
  );
  const uncount = db.prepare('DELETE FROM root_images WHERE root_id = ?');
  /** What this transaction has added to each folder's images. */
  let added = new Map<string, number>();
  const add = (root: string, n: number): void => {
    added.set(root, (added.get(root) ?? 0) + n);
  };
  const isHeld = (root: string, hash: string): boolean => holds.get({ root, hash }) !== undefined;
  function countImages(): void {
    for (const [root, n] of added) if (n !== 0) count.run(root, n);
    added = new Map();
  }
  /** Files and counts change together, also where the caller has no transaction of the store. */
  function together(work: () => void): void {
    if (db.inTransaction) {
      work();
      return;
    }
    try {
      db.transaction(() => {
        work();
        countImages();
      })();
    } finally {
      added = new Map();
    }
  }
  return {
    put: (f: FileRow) => {
      together(() => {
        const before = one.get(f.root_id, f.file);
        const isOther = before !== f.content_hash;
        const isNew = isOther && !isHeld(f.root_id, f.content_hash);
        put.run(
          f.root_id,
          f.file,
          f.content_hash,
          f.bytes,
          f.modified_ms,
          f.missing_since,
          f.read_at,
          f.sidecar_ms,
        );
        if (isNew) add(f.root_id, 1);
        if (before !== undefined && isOther && !isHeld(f.root_id, before)) add(f.root_id, -1);
      });
    },
    /** There again, as it was. */
    found: (rootId: string, name: string) => found.run(rootId, name),
    missing: (rootId: string, name: string, at: number) => missing.run(at, rootId, name),
    drop: (rootId: string, name: string) => {
      together(() => {
        const before = one.get(rootId, name);
        drop.run(rootId, name);
        if (before !== undefined && !isHeld(rootId, before)) add(rootId, -1);
      });
    },
    dropOfImage: (hash: string) => {
      together(() => {
        const roots = holders.all({ hash });
        dropOfImage.run({ hash });
        for (const root of roots) add(root, -1);
      });
    },
    dropOfRoot: (rootId: string) => {
      together(() => {
        dropOfRoot.run(rootId);
        added.delete(rootId);
        uncount.run(rootId);
      });
    },
    /** Writes what has come to each folder's images. The store calls it before it commits. */
    countImages,
    /** What a transaction has counted so far, to be given back to `forgetCounts` where it is undone. */
    counts: (): ReadonlyMap<string, number> => new Map(added),
    forgetCounts: (before: ReadonlyMap<string, number>) => {
      added = new Map(before);
    },
    /** `fresh`: 0 at its old place, 1 known bytes at a new one, 2 new bytes. */
    seen: (scan: number, name: string, fresh: 0 | 1 | 2) => seen.run(scan, name, fresh),
    endScan: (scan: number) => forget.run(scan),
  };
}
