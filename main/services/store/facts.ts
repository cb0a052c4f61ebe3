/** What is known of an image beside its pixels: format, date, tags, caption, look; filters and full text over it. */
import type { ImageRow } from './images.ts';
import type { Db } from './open.ts';
import { wordsQuery } from './words.ts';

export interface FactRow {
  readonly number: number;
  readonly content_hash: string;
  readonly format: string | null;
  readonly bytes: number | null;
  readonly taken_at: number | null;
  /** Difference hash of the picture, 64 bits (services/catalog/look.ts); null where it was never computed. */
  readonly look: bigint | null;
  readonly name: string;
  readonly tags: string;
  readonly caption: string;
}
/** Conditions on images; all that are given must hold. */
export interface ImageFilter {
  readonly rootId?: string | undefined;
  readonly tag?: string | undefined;
  readonly format?: string | undefined;
  /** Shorter side in pixels. */
  readonly minSide?: number | undefined;
  /** Taken, or where no camera says so imported, at or after. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly words?: string | undefined;
  /** True: only images whose every file is gone; false: only the others. */
  readonly missing?: boolean | undefined;
}

const TIME = 'coalesce(f.taken_at, i.imported_at)';
const PRESENT =
  'EXISTS (SELECT 1 FROM files x WHERE x.content_hash = i.content_hash AND x.missing_since IS NULL)';

function conditionsOf(f: ImageFilter): { wheres: string[]; values: (string | number)[] } {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  const add = (where: string, ...of: (string | number)[]): void => {
    wheres.push(where);
    values.push(...of);
  };
  const words = f.words === undefined ? undefined : wordsQuery(f.words);
  if (words === null) add('0');
  else if (words !== undefined)
    add('f.number IN (SELECT rowid FROM facts_fts WHERE facts_fts MATCH ?)', words);
  if (f.rootId !== undefined)
    add(
      '(i.root_id = ? OR EXISTS (SELECT 1 FROM files x WHERE x.content_hash = i.content_hash AND x.root_id = ?))',
      f.rootId,
      f.rootId,
    );
  if (f.tag !== undefined)
    add('i.content_hash IN (SELECT content_hash FROM image_tags WHERE tag = ?)', f.tag);
  if (f.format !== undefined) add('f.format = ?', f.format);
  if (f.minSide !== undefined) add('min(i.width, i.height) >= ?', f.minSide);
  if (f.from !== undefined) add(`${TIME} >= ?`, f.from);
  if (f.to !== undefined) add(`${TIME} < ?`, f.to);
  if (f.missing !== undefined)
    add(f.missing ? `(i.root_id IS NOT NULL AND NOT ${PRESENT})` : `(i.root_id IS NULL OR ${PRESENT})`);
  return { wheres, values };
}

export function factReads(db: Db) {
  const one = db.prepare<[string], FactRow>('SELECT * FROM facts WHERE content_hash = ?').safeIntegers(true);
  const tags = db
    .prepare<[string], string>('SELECT tag FROM image_tags WHERE content_hash = ? ORDER BY tag')
    .pluck();
  const looks = db
    .prepare<[], [string, bigint]>('SELECT content_hash, look FROM facts WHERE look IS NOT NULL')
    .safeIntegers(true)
    .raw();
  const stub = db.prepare<[string], { name: string; removed_at: number; reason: string }>(
    'SELECT name, removed_at, reason FROM stubs WHERE content_hash = ?',
  );
  const used = db
    .prepare<[string], number>('SELECT count(*) FROM pair_references WHERE content_hash = ?')
    .pluck();
  const choices = db.prepare<[string], { content_hash: string; choice: string }>(
    'SELECT content_hash, choice FROM choices WHERE phrase = ? ORDER BY chosen_at, content_hash',
  );
  const chosen = db.prepare<[string], number>('SELECT count(*) FROM choices WHERE content_hash = ?').pluck();
  const from = 'FROM images i JOIN facts f ON f.content_hash = i.content_hash';
  return {
    one: (hash: string): FactRow | undefined => {
      const row = one.get(hash);
      return (
        row && {
          ...row,
          number: Number(row.number),
          bytes: row.bytes === null ? null : Number(row.bytes),
          taken_at: row.taken_at === null ? null : Number(row.taken_at),
        }
      );
    },
    tags: (hash: string) => tags.all(hash),
    /** Difference hashes of all images that have one. */
    looks: () => new Map(looks.all()),
    stub: (hash: string) => stub.get(hash),
    /** How many pairs used this image as a reference. */
    used: (hash: string) => used.get(hash) ?? 0,
    choices: (phrase: string) => choices.all(phrase),
    chosen: (hash: string) => (chosen.get(hash) ?? 0) > 0,
    /** Content hashes of the images that a filter lets through. */
    matching: (filter: ImageFilter): string[] => {
      const { wheres, values } = conditionsOf(filter);
      return db
        .prepare<(string | number)[], string>(
          `SELECT i.content_hash ${from} ${wheres.length > 0 ? `WHERE ${wheres.join(' AND ')}` : ''}`,
        )
        .pluck()
        .all(...values);
    },
    /** A page of images below a place of the order, newest import first. */
    page: (filter: ImageFilter, below: readonly [number, string] | undefined, limit: number): ImageRow[] => {
      const { wheres, values } = conditionsOf(filter);
      if (below) {
        wheres.push('(i.imported_at, i.image_id) < (?, ?)');
        values.push(...below);
      }
      return db
        .prepare<(string | number)[], ImageRow>(
          `SELECT i.image_id, i.content_hash, i.name, i.width, i.height, i.imported_at, i.root_id ${from}
             ${wheres.length > 0 ? `WHERE ${wheres.join(' AND ')}` : ''}
             ORDER BY i.imported_at DESC, i.image_id DESC LIMIT ?`,
        )
        .all(...values, limit);
    },
  };
}

export function factWrites(db: Db) {
  const one = db.prepare<[string], FactRow>('SELECT * FROM facts WHERE content_hash = ?');
  const insert = db.prepare(
    `INSERT INTO facts (content_hash, format, bytes, taken_at, look, name, caption, tags) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const drop = db.prepare('DELETE FROM facts WHERE number = ?');
  const unword = db.prepare(
    `INSERT INTO facts_fts (facts_fts, rowid, name, tags, caption) VALUES ('delete', ?, ?, ?, ?)`,
  );
  const word = db.prepare('INSERT INTO facts_fts (rowid, name, tags, caption) VALUES (?, ?, ?, ?)');
  const rename = db.prepare('UPDATE facts SET name = ?, caption = ?, tags = ? WHERE number = ?');
  const tag = db.prepare('INSERT OR IGNORE INTO image_tags (content_hash, tag) VALUES (?, ?)');
  const untag = db.prepare('DELETE FROM image_tags WHERE content_hash = ? AND tag = ?');
  const tags = db
    .prepare<[string], string>('SELECT tag FROM image_tags WHERE content_hash = ? ORDER BY tag')
    .pluck();
  const stub = db.prepare('INSERT OR REPLACE INTO stubs VALUES (?, ?, ?, ?)');
  const unstub = db.prepare('DELETE FROM stubs WHERE content_hash = ?');
  const choose = db.prepare('INSERT OR REPLACE INTO choices VALUES (?, ?, ?, ?)');
  const unchoose = db.prepare('DELETE FROM choices WHERE phrase = ? AND content_hash = ?');
  const rebuild = db.prepare(`INSERT INTO facts_fts (facts_fts) VALUES ('rebuild')`);

  /** Name, caption and the text of tags anew, with their index. */
  function reword(row: FactRow, name: string, caption: string): void {
    const text = tags.all(row.content_hash).join(' ');
    if (row.name === name && row.caption === caption && row.tags === text) return;
    unword.run(row.number, row.name, row.tags, row.caption);
    rename.run(name, caption, text, row.number);
    word.run(row.number, name, text, caption);
  }
  return {
    /** The facts of a new image; where there are some already, only its name and caption become these. */
    put: (f: Omit<FactRow, 'number' | 'tags'>) => {
      const before = one.get(f.content_hash);
      if (before) {
        reword(before, f.name, f.caption);
        return;
      }
      const text = tags.all(f.content_hash).join(' ');
      const number = insert.run(
        f.content_hash,
        f.format,
        f.bytes,
        f.taken_at,
        f.look,
        f.name,
        f.caption,
        text,
      ).lastInsertRowid as number;
      word.run(number, f.name, text, f.caption);
    },
    drop: (hash: string) => {
      const row = one.get(hash);
      if (!row) return;
      unword.run(row.number, row.name, row.tags, row.caption);
      drop.run(row.number);
    },
    tag: (hash: string, add: readonly string[], remove: readonly string[]) => {
      for (const t of remove) untag.run(hash, t);
      for (const t of add) tag.run(hash, t);
      const row = one.get(hash);
      if (row) reword(row, row.name, row.caption);
    },
    stub: (hash: string, name: string, at: number, reason: string) => stub.run(hash, name, at, reason),
    unstub: (hash: string) => unstub.run(hash),
    choose: (phrase: string, hash: string, choice: string, at: number) =>
      choose.run(phrase, hash, choice, at),
    unchoose: (phrase: string, hash: string) => unchoose.run(phrase, hash),
    /** Makes the index of words again from the table of facts. */
    rebuildWords: () => rebuild.run(),
  };
}
