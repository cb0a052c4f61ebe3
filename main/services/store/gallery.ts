import type { Db } from './open.ts';
import { wordsQuery } from './words.ts';

export interface PairRow {
  readonly number: number;
  readonly pair_id: string;
  readonly job_id: string;
  readonly created_at: number;
  readonly prompt: string;
  readonly seed: number;
  readonly pack_id: string;
  readonly starred: number;
  readonly deleted_at: number | null;
  /** The pair that this half was taken out of. */
  readonly half_of: string | null;
}
export interface ResultRow {
  readonly image_id: string;
  readonly pair_id: string;
  readonly arm: string;
  readonly content_hash: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly recipe: string;
}
/** A filter of the gallery (contract/schema/gallery.ts). */
export interface PairFilter {
  readonly words?: string | undefined;
  readonly starred?: boolean | undefined;
  readonly tag?: string | undefined;
  readonly packId?: string | undefined;
  readonly emphasis?: string | undefined;
  readonly reference?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly deleted: boolean;
}

interface Condition {
  /** Tables that lead, so that the page is read from an index in the page's order and nothing is sorted. */
  readonly lead?: string;
  /** The same as a condition of the pair, where another one leads. */
  readonly where: string;
  readonly leadWhere?: string;
  readonly values: readonly (string | number)[];
}

/** The conditions of a filter, the most selective kinds first. */
function conditionsOf(f: PairFilter): Condition[] {
  const out: Condition[] = [];
  const side = (table: string, column: string, value: string): Condition => ({
    lead: `${table} l CROSS JOIN pairs p ON p.number = l.number`,
    leadWhere: `l.${column} = ?`,
    where: `EXISTS (SELECT 1 FROM ${table} s WHERE s.${column} = ? AND s.number = p.number)`,
    values: [value],
  });
  if (f.reference !== undefined) out.push(side('pair_references', 'content_hash', f.reference));
  if (f.emphasis !== undefined) out.push(side('pair_emphases', 'emphasis', f.emphasis));
  if (f.tag !== undefined) out.push(side('pair_tags', 'tag', f.tag));
  const words = f.words === undefined ? undefined : wordsQuery(f.words);
  if (words === null) out.push({ where: '0', values: [] });
  else if (words !== undefined)
    out.push({
      lead: 'pairs_fts l CROSS JOIN pairs p ON p.number = l.rowid',
      leadWhere: 'pairs_fts MATCH ?',
      where: 'p.number IN (SELECT rowid FROM pairs_fts WHERE pairs_fts MATCH ?)',
      values: [words],
    });
  if (f.deleted) out.push({ where: 'p.deleted_at IS NOT NULL', values: [] });
  if (f.starred !== undefined) out.push({ where: `p.starred = ${f.starred ? 1 : 0}`, values: [] });
  if (f.packId !== undefined) out.push({ where: 'p.pack_id = ?', values: [f.packId] });
  if (f.from !== undefined) out.push({ where: 'p.created_at >= ?', values: [f.from] });
  if (f.to !== undefined) out.push({ where: 'p.created_at < ?', values: [f.to] });
  if (!f.deleted) out.push({ where: 'p.deleted_at IS NULL', values: [] });
  return out;
}

export function galleryReads(db: Db) {
  const pair = db.prepare<[string], PairRow>('SELECT * FROM pairs WHERE pair_id = ?');
  const byNumber = db.prepare<[number], PairRow>('SELECT * FROM pairs WHERE number = ?');
  const page = db.prepare<[number, number], PairRow>(
    'SELECT * FROM pairs WHERE number < ? AND deleted_at IS NULL ORDER BY number DESC LIMIT ?',
  );
  const results = db.prepare<[string], ResultRow>('SELECT * FROM results WHERE pair_id = ? ORDER BY rowid');
  const result = db.prepare<[string], ResultRow>('SELECT * FROM results WHERE image_id = ?');
  const byHash = db.prepare<[string], ResultRow>('SELECT * FROM results WHERE content_hash = ? LIMIT 1');
  const tags = db
    .prepare<[number], string>('SELECT tag FROM pair_tags WHERE number = ? ORDER BY tag')
    .pluck();
  const binned = db
    .prepare<[], string>('SELECT pair_id FROM pairs WHERE deleted_at IS NOT NULL ORDER BY number')
    .pluck();
  const hidden = db
    .prepare<[], string>(
      `SELECT r.content_hash FROM pairs p JOIN results r ON r.pair_id = p.pair_id WHERE p.deleted_at IS NOT NULL`,
    )
    .pluck();
  const counts = db.prepare<[], { pairs: number; starred: number; deleted: number }>(
    `SELECT (SELECT count(*) FROM pairs) - (SELECT count(*) FROM pairs WHERE deleted_at IS NOT NULL) AS pairs,
       (SELECT count(*) FROM pairs WHERE starred = 1 AND deleted_at IS NULL) AS starred,
       (SELECT count(*) FROM pairs WHERE deleted_at IS NOT NULL) AS deleted`,
  );
  type Facet = { name: string; count: number };
  const facet = (column: string, table: string) =>
    db.prepare<[], Facet>(
      `SELECT ${column} AS name, count(*) AS count FROM ${table}
         WHERE number NOT IN (SELECT number FROM pairs WHERE deleted_at IS NOT NULL)
         GROUP BY ${column} ORDER BY count DESC, name LIMIT 200`,
    );
  // All of a pack are counted in an index, without their rows; what is in the bin has an index of its own.
  const packs = db.prepare<[], Facet>(
    `WITH every AS MATERIALIZED (SELECT pack_id, count(*) AS n FROM pairs GROUP BY pack_id),
       gone AS MATERIALIZED (SELECT pack_id, count(*) AS n FROM pairs WHERE deleted_at IS NOT NULL GROUP BY +pack_id)
     SELECT pack_id AS name, every.n - coalesce(gone.n, 0) AS count FROM every LEFT JOIN gone USING (pack_id)
       WHERE count > 0 ORDER BY count DESC, name LIMIT 200`,
  );
  const facets = {
    tags: facet('tag', 'pair_tags'),
    packs,
    emphases: facet('emphasis', 'pair_emphases'),
  };

  /** The statement for a filter's pairs, newest first, with its values. */
  function statement(
    columns: string,
    filter: PairFilter,
    below: readonly [number, number] | undefined,
  ): { sql: string; values: (string | number)[] } {
    const conditions = conditionsOf(filter);
    const lead = conditions.find((c) => c.lead !== undefined);
    // A stretch of time without a leading table is read along the index of times, which gives the same order.
    const byTime = !lead && (filter.from !== undefined || filter.to !== undefined);
    const order = byTime
      ? ['p.created_at', 'p.number']
      : [lead?.lead?.startsWith('pairs_fts') ? 'l.rowid' : lead ? 'l.number' : 'p.number'];
    const rest = conditions.filter((c) => c !== lead);
    const wheres = [...(lead ? [lead.leadWhere as string] : []), ...rest.map((c) => c.where)];
    const values: (string | number)[] = [...(lead?.values ?? []), ...rest.flatMap((c) => c.values)];
    if (below && byTime) {
      wheres.push('(p.created_at, p.number) < (?, ?)');
      values.push(...below);
    } else if (below) {
      wheres.push(`${order[0] as string} < ?`);
      values.push(below[1]);
    }
    const where = wheres.length > 0 ? `WHERE ${wheres.join(' AND ')}` : '';
    const sql = `SELECT ${columns} FROM ${lead?.lead ?? 'pairs p'} ${where}
           ORDER BY ${order.map((o) => `${o} DESC`).join(', ')}`;
    return { sql, values };
  }

  /** Pairs below a place of the order, newest first. `below`: [created_at, number] of the last one of the page before. */
  function browse(
    filter: PairFilter,
    below: readonly [number, number] | undefined,
    limit: number,
  ): PairRow[] {
    const { sql, values } = statement('p.*', filter, below);
    return db.prepare<(string | number)[], PairRow>(`${sql} LIMIT ?`).all(...values, limit);
  }

  /** Numbers of all pairs of a filter, newest first. */
  function numbers(filter: PairFilter): number[] {
    const { sql, values } = statement('p.number', filter, undefined);
    return db
      .prepare<(string | number)[], number>(sql)
      .pluck()
      .all(...values);
  }

  /** Where the runs of a filter's order begin: the place of the newest pair of each, newest first. */
  function runs(filter: PairFilter): number[] {
    const { sql, values } = statement('p.prompt', filter, undefined);
    const begins: number[] = [];
    let last: string | undefined;
    let place = 0;
    for (const prompt of db
      .prepare<(string | number)[], string>(sql)
      .pluck()
      .iterate(...values)) {
      if (prompt !== last) begins.push(place);
      last = prompt;
      place++;
    }
    return begins;
  }

  return {
    pair: (id: string) => pair.get(id),
    page: (below: number, limit: number) => page.all(below, limit),
    browse,
    numbers,
    runs,
    byNumber: (number: number) => byNumber.get(number),
    results: (pairId: string) => results.all(pairId),
    result: (imageId: string) => result.get(imageId),
    resultByHash: (contentHash: string) => byHash.get(contentHash),
    tags: (number: number) => tags.all(number),
    /** Ids of all pairs in the bin. */
    binned: () => binned.all(),
    /** Content hashes of the results in the bin. */
    hidden: () => hidden.all(),
    counts: () => counts.get() as { pairs: number; starred: number; deleted: number },
    facet: (kind: keyof typeof facets) => facets[kind].all(),
  };
}

export function galleryWrites(db: Db) {
  const pair = db.prepare(
    'INSERT INTO pairs (pair_id, job_id, created_at, prompt, seed, pack_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const words = db.prepare('INSERT INTO pairs_fts (rowid, prompt) VALUES (?, ?)');
  const emphasis = db.prepare('INSERT OR IGNORE INTO pair_emphases VALUES (?, ?)');
  const reference = db.prepare('INSERT OR IGNORE INTO pair_references VALUES (?, ?)');
  const result = db.prepare('INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const star = db.prepare('UPDATE pairs SET starred = ? WHERE pair_id = ?');
  const bin = db.prepare('UPDATE pairs SET deleted_at = ? WHERE pair_id = ? AND deleted_at IS NULL');
  // What comes back on its own is no half of another pair any more.
  const unbin = db.prepare(
    'UPDATE pairs SET deleted_at = NULL, half_of = NULL WHERE pair_id = ? AND deleted_at IS NOT NULL',
  );
  const asHalf = db.prepare('UPDATE pairs SET deleted_at = ?, half_of = ? WHERE pair_id = ?');
  const move = db.prepare('UPDATE results SET pair_id = ? WHERE pair_id = ? AND arm = ?');
  const tag = db.prepare('INSERT OR IGNORE INTO pair_tags VALUES (?, ?)');
  const untag = db.prepare('DELETE FROM pair_tags WHERE number = ? AND tag = ?');
  const dropWords = db.prepare(`INSERT INTO pairs_fts (pairs_fts, rowid, prompt) VALUES ('delete', ?, ?)`);
  const dropResults = db.prepare('DELETE FROM results WHERE pair_id = ?');
  const dropPair = db.prepare('DELETE FROM pairs WHERE pair_id = ?');
  const rebuild = db.prepare(`INSERT INTO pairs_fts (pairs_fts) VALUES ('rebuild')`);
  return {
    /** With the phrases and content hashes that its recipes name. */
    pair: (
      p: Omit<PairRow, 'number' | 'starred' | 'deleted_at' | 'half_of'>,
      emphases: Iterable<string>,
      references: Iterable<string>,
    ) => {
      const number = pair.run(p.pair_id, p.job_id, p.created_at, p.prompt, p.seed, p.pack_id)
        .lastInsertRowid as number;
      words.run(number, p.prompt);
      for (const e of emphases) emphasis.run(number, e);
      for (const hash of references) reference.run(number, hash);
      return number;
    },
    /** What the recipe of a picture that joins a pair names besides. */
    names: (number: number, emphases: Iterable<string>, references: Iterable<string>) => {
      for (const e of emphases) emphasis.run(number, e);
      for (const hash of references) reference.run(number, hash);
    },
    result: (r: ResultRow) =>
      result.run(r.image_id, r.pair_id, r.arm, r.content_hash, r.file, r.width, r.height, r.recipe),
    star: (pairId: string, starred: boolean) => star.run(starred ? 1 : 0, pairId),
    /** True where the pair went into the bin now. */
    bin: (pairId: string, at: number) => bin.run(at, pairId).changes > 0,
    unbin: (pairId: string) => unbin.run(pairId).changes > 0,
    /** Puts a pair that was just made into the bin as a half of another one. */
    asHalf: (pairId: string, of: string, at: number) => asHalf.run(at, of, pairId),
    /** Hands the pictures of an arm from one pair to another. */
    move: (arm: string, from: string, to: string) => move.run(to, from, arm),
    tag: (number: number, name: string) => tag.run(number, name),
    untag: (number: number, name: string) => untag.run(number, name),
    /** A pair with its results, tags and filters; its files are the caller's. */
    drop: (p: PairRow) => {
      dropWords.run(p.number, p.prompt);
      dropResults.run(p.pair_id);
      dropPair.run(p.pair_id);
    },
    /** Makes the index of words again from the table of pairs. */
    rebuildWords: () => rebuild.run(),
  };
}
