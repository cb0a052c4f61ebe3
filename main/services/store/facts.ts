/** What is known of an image beside its pixels: format, date, tags, caption, look; filters and full text over it. */
import { AppError } from '#contract';
import { ofHash } from './files.ts';
import type { ImageRow } from './images.ts';
import type { Db } from './open.ts';
import { wordsQuery } from './words.ts';

export interface FactRow {
  readonly number: number;
  readonly content_hash: string;
  readonly format: string | null;
  readonly bytes: number | null;
  readonly taken_at: number | null;
  /** When it was taken, or else came in. */
  readonly at: number;
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
  /** True: only what the studio made; false: only the user's own. */
  readonly own?: boolean | undefined;
  /** True: only images whose every file is gone; false: only the others. */
  readonly missing?: boolean | undefined;
}

const PRESENT = `EXISTS (SELECT 1 FROM files x WHERE ${ofHash('x', 'i.content_hash')} AND x.missing_since IS NULL)`;

const ONE = `SELECT f.*, i.content_hash FROM images i CROSS JOIN facts f ON f.number = i.number
  WHERE i.content_hash = ?`;
type Words = Pick<FactRow, 'number' | 'name' | 'tags' | 'caption'>;

/** Rows up to which it is worth to read all that one condition lets through and to sort them. */
const FEW = 20_000;

interface Condition {
  /** As a condition of facts `f` and images `i`; an index is not asked for where the order of the list comes from another. */
  readonly where: string;
  readonly values: readonly (string | number)[];
  /** The same as what is read first; `ordered` where that comes in the order of the list by itself. */
  readonly lead?: {
    readonly from: string;
    readonly where: string;
    readonly ordered: boolean;
    readonly count: string;
  };
}

/** The conditions of a filter; of several that could lead, the one that usually lets least through comes first. */
function conditionsOf(f: ImageFilter, nextTerm: (from: string) => string | undefined): Condition[] {
  const out: Condition[] = [];
  const words = f.words === undefined ? undefined : wordsQuery(f.words, nextTerm);
  if (words === null) out.push({ where: '0', values: [] });
  else if (words !== undefined)
    out.push({
      where: 'f.number IN (SELECT rowid FROM facts_fts WHERE facts_fts MATCH ?)',
      values: [words],
      lead: {
        from: 'facts_fts l CROSS JOIN facts f ON f.number = l.rowid',
        where: 'facts_fts MATCH ?',
        ordered: true,
        count: '',
      },
    });
  if (f.tag !== undefined)
    out.push({
      where: 'EXISTS (SELECT 1 FROM image_tags t WHERE t.tag = ? AND t.content_hash = i.content_hash)',
      values: [f.tag],
      lead: {
        from: `image_tags l CROSS JOIN images li ON li.content_hash = l.content_hash
          CROSS JOIN facts f ON f.number = li.number`,
        where: 'l.tag = ?',
        ordered: false,
        count: 'SELECT 1 FROM image_tags WHERE tag = ?',
      },
    });
  const time = [
    ...(f.from === undefined ? [] : [['>=', f.from] as const]),
    ...(f.to === undefined ? [] : [['<', f.to] as const]),
  ];
  if (time.length > 0) {
    const where = (column: string): string => time.map(([op]) => `${column} ${op} ?`).join(' AND ');
    out.push({
      where: where('+f.at'),
      values: time.map(([, at]) => at),
      lead: {
        from: 'facts f INDEXED BY facts_by_at',
        where: where('f.at'),
        ordered: false,
        count: `SELECT 1 FROM facts WHERE ${where('at')}`,
      },
    });
  }
  if (f.own !== undefined)
    out.push({
      where: `${f.own ? '' : 'NOT '}(i.root_id IS NULL AND i.content_hash IN (SELECT content_hash FROM results))`,
      values: [],
    });
  if (f.rootId !== undefined) {
    const within = `SELECT li.number FROM files x JOIN images li ON li.content_hash = x.content_hash WHERE x.root_id = ?
      UNION SELECT number FROM images WHERE root_id = ?`;
    out.push({
      where: `(i.root_id = ? OR EXISTS
        (SELECT 1 FROM files x WHERE ${ofHash('x', 'i.content_hash')} AND x.root_id = ?))`,
      values: [f.rootId, f.rootId],
      lead: {
        from: `(${within}) l CROSS JOIN facts f ON f.number = l.number`,
        where: '1',
        ordered: false,
        count: 'SELECT 1 FROM files WHERE root_id = ? UNION ALL SELECT 1 FROM images WHERE root_id = ?',
      },
    });
  }
  if (f.format !== undefined) out.push({ where: 'f.format = ?', values: [f.format] });
  if (f.minSide !== undefined) out.push({ where: 'min(i.width, i.height) >= ?', values: [f.minSide] });
  if (f.missing !== undefined)
    out.push({
      where: f.missing ? `(i.root_id IS NOT NULL AND NOT ${PRESENT})` : `(i.root_id IS NULL OR ${PRESENT})`,
      values: [],
    });
  return out;
}

export function factReads(db: Db) {
  // The terms of the index of words in their order. It holds nothing itself, and the catalog knows nothing of it.
  db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.facts_terms USING fts5vocab (main, facts_fts, instance)`);
  const term = db
    .prepare<[string], string>('SELECT term FROM temp.facts_terms WHERE term >= ? LIMIT 1')
    .pluck();
  const nextTerm = (from: string): string | undefined => term.get(from);
  const one = db.prepare<[string], FactRow>(ONE).safeIntegers(true);
  const tags = db
    .prepare<[string], string>('SELECT tag FROM image_tags WHERE content_hash = ? ORDER BY tag')
    .pluck();
  const looks = db
    .prepare<[], [string, bigint]>(
      'SELECT i.content_hash, f.look FROM facts f JOIN images i ON i.number = f.number WHERE f.look IS NOT NULL',
    )
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
  /** What a page reads first: words, which come in order; else a condition that lets few through; else all in order. */
  function leadOf(conditions: readonly Condition[]): Condition | undefined {
    return conditions.find(({ lead, values }) => {
      if (!lead || lead.ordered) return lead !== undefined;
      const n = db
        .prepare<(string | number)[], number>(`SELECT count(*) FROM (${lead.count} LIMIT ${FEW + 1})`)
        .pluck()
        .get(...values);
      return (n ?? 0) <= FEW;
    });
  }
  return {
    one: (hash: string): FactRow | undefined => {
      const row = one.get(hash);
      return (
        row && {
          ...row,
          number: Number(row.number),
          bytes: row.bytes === null ? null : Number(row.bytes),
          taken_at: row.taken_at === null ? null : Number(row.taken_at),
          at: Number(row.at),
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
      const conditions = conditionsOf(filter, nextTerm);
      const where = conditions.map((c) => c.where).join(' AND ');
      return db
        .prepare<(string | number)[], string>(
          `SELECT i.content_hash FROM images i JOIN facts f ON f.number = i.number ${where && `WHERE ${where}`}`,
        )
        .pluck()
        .all(...conditions.flatMap((c) => c.values));
    },
    /** A page of images, the last that came in first: those below a number of the page before. */
    page: (
      filter: ImageFilter,
      below: number | undefined,
      limit: number,
    ): (ImageRow & { number: number })[] => {
      const conditions = conditionsOf(filter, nextTerm);
      const first = leadOf(conditions);
      const rest = conditions.filter((c) => c !== first);
      const wheres = [...(first?.lead ? [first.lead.where] : []), ...rest.map((c) => c.where)];
      const values = [...(first?.values ?? []), ...rest.flatMap((c) => c.values)];
      const order = first?.lead?.ordered ? 'l.rowid' : 'f.number';
      // A list that is sorted anyway is cut off after sorting; one that comes in order is entered at the place.
      if (below !== undefined) {
        wheres.push(`${order} < ?`);
        values.push(below);
      }
      return db
        .prepare<(string | number)[], ImageRow & { number: number }>(
          `SELECT i.image_id, i.content_hash, i.name, i.width, i.height, i.imported_at, i.root_id, f.number
             FROM ${first?.lead?.from ?? 'facts f'} CROSS JOIN images i ON i.number = f.number
             ${wheres.length > 0 ? `WHERE ${wheres.join(' AND ')}` : ''} ORDER BY ${order} DESC LIMIT ?`,
        )
        .all(...values, limit);
    },
  };
}

export function factWrites(db: Db) {
  const one = db.prepare<[string], FactRow>(ONE);
  const numberOf = db.prepare<[string], number>('SELECT number FROM images WHERE content_hash = ?').pluck();
  const words = db.prepare<[number], Words>('SELECT number, name, tags, caption FROM facts WHERE number = ?');
  const insert = db.prepare(
    `INSERT INTO facts (number, format, bytes, taken_at, look, name, caption, tags, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
  const isTagged = db
    .prepare<[string], number>('SELECT 1 FROM image_tags WHERE content_hash = ? LIMIT 1')
    .pluck();
  const stub = db.prepare('INSERT OR REPLACE INTO stubs VALUES (?, ?, ?, ?)');
  const unstub = db.prepare('DELETE FROM stubs WHERE content_hash = ?');
  const choose = db.prepare('INSERT OR REPLACE INTO choices VALUES (?, ?, ?, ?)');
  const unchoose = db.prepare('DELETE FROM choices WHERE phrase = ? AND content_hash = ?');
  const rebuild = db.prepare(`INSERT INTO facts_fts (facts_fts) VALUES ('rebuild')`);

  /** Name, caption and the text of tags anew, with their index. */
  function reword(row: Words, hash: string, name: string, caption: string): void {
    const text = tags.all(hash).join(' ');
    if (row.name === name && row.caption === caption && row.tags === text) return;
    unword.run(row.number, row.name, row.tags, row.caption);
    rename.run(name, caption, text, row.number);
    word.run(row.number, name, text, caption);
  }
  return {
    /** The facts of a new image, whose row is there; where there are some already, only its name and caption become these. */
    put: (f: Omit<FactRow, 'number' | 'tags'>) => {
      const number = numberOf.get(f.content_hash);
      if (number === undefined)
        throw new AppError('internal', 'Facts came in before the image that they are of.');
      const before = words.get(number);
      if (before) {
        reword(before, f.content_hash, f.name, f.caption);
        return;
      }
      const text = isTagged.get(f.content_hash) === 1 ? tags.all(f.content_hash).join(' ') : '';
      insert.run(number, f.format, f.bytes, f.taken_at, f.look, f.name, f.caption, text, f.at);
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
      if (row) reword(row, hash, row.name, row.caption);
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
