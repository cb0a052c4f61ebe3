/**
 * Vectors of several studios on one PostgreSQL server with pgvector: the only SQL for another engine than SQLite. One
 * table of vectors and one of members for each encoder; a vector is there once, whichever catalogs have its image.
 * The address may hold a password: it is never a part of a message, a log or a result.
 */
import { AppError, because } from '#contract';
import { connectionError, explain } from './shared-errors.ts';

/** As much of a `pg` client as is used. */
export interface SharedClient {
  connect(): Promise<unknown>;
  query<R>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number | null }>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface SharedOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** 64 hex digits of the encoder's weights, and the length of its embeddings. */
  readonly encoder: string;
  readonly dims: number;
  /** 64 hex digits that name the catalog whose images are searched. */
  readonly catalog: string;
  /** Search with an HNSW index: faster with very many images, and no longer exact. */
  readonly approximate?: boolean;
  /** Makes a client; the default takes `pg`, which is loaded only here. */
  readonly client?: (url: string) => Promise<SharedClient>;
}

export interface SharedRow {
  readonly id: string;
  readonly vector: Float32Array;
}
/** `below`: minus the inner product as the server adds it up in float32, by which the rows are sorted. */
export interface SharedHit extends SharedRow {
  readonly below: number;
}

export interface SharedVectors {
  /** Where they are, without user and password. */
  readonly place: string;
  /** Adds or replaces vectors and makes them members of this catalog; how many were none before. */
  put(rows: readonly SharedRow[]): Promise<number>;
  /** Takes members out; a vector that no catalog has any more goes. How many were members. */
  drop(ids: readonly string[]): Promise<number>;
  /** How many images of this catalog have a vector here. */
  count(): Promise<number>;
  /** Members with after < id <= upTo, in order. */
  members(after: string, upTo: string): Promise<string[]>;
  /** Vectors of any catalog, for these ids. */
  vectors(ids: readonly string[]): Promise<SharedRow[]>;
  /** The members with the smallest `below`, by (below, id). `skip` never come; where `only` is given, no others do. */
  nearest(
    query: Float32Array,
    limit: number,
    skip?: ReadonlySet<string>,
    only?: ReadonlySet<string>,
  ): Promise<SharedHit[]>;
  close(): Promise<void>;
}

/** Raised when the tables change their meaning. */
const FORMAT = 1;
const CONNECT_MS = 10_000;
/** pgvector's own limit for its HNSW index. */
const MOST_INDEXED_DIMS = 2000;
/** Vectors up to here fit a page, and are read faster where they stand in their row. */
const MOST_PLAIN_DIMS = 1900;
/** Candidates that an HNSW search looks at; pgvector allows up to 1000. */
const LOOKED_AT = 400;

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');
const hexOf = (bytes: Buffer): string => bytes.toString('hex');
/** float32 in its shortest decimal form comes back as the same float32. */
const textOf = (vector: Float32Array): string => `[${vector.join(',')}]`;
/** pgvector's wire form: length and a reserved number in 16 bits each, then float32, most significant byte first. */
function vectorOf(wire: Buffer): Float32Array {
  return Float32Array.from({ length: wire.readUInt16BE(0) }, (_, i) => wire.readFloatBE(4 + i * 4));
}

/** An address to be shown: host, port and database. Throws `invalid_input` where it is none. */
export function placeOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // The cause would repeat the address, password included.
    throw new AppError(
      'invalid_input',
      'ACCENT_VECTORS: expected postgres://user:password@host:port/database.',
    );
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol))
    throw new AppError(
      'invalid_input',
      `ACCENT_VECTORS: expected an address that begins with postgres://, got ${parsed.protocol}//.`,
    );
  return `${parsed.hostname || 'localhost'}:${parsed.port || '5432'}${parsed.pathname}`;
}

async function pgClient(url: string): Promise<SharedClient> {
  // @ts-expect-error -- `pg` comes without types; SharedClient says what is used of it.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
  const { Client } = await import('pg');
  // eslint-disable-next-line @typescript-eslint/no-unsafe-call
  return new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'accent-studio',
    keepAlive: true,
  }) as SharedClient;
}

/**
 * Connects and makes the tables that are missing. Throws `backend_unavailable` for a server that cannot be reached,
 * `unauthorized`, `permission_denied`, `not_supported` without pgvector, `conflict` for a table of another encoder or
 * length or a catalog that somebody else is using.
 */
export async function openSharedVectors(options: SharedOptions): Promise<SharedVectors> {
  const { url, encoder, dims, catalog, approximate = false, client: make = pgClient } = options;
  const place = placeOf(url);
  // A part of the names of tables, so it is not left to others that it is hexadecimal.
  if (!/^[0-9a-f]{64}$/.test(encoder))
    throw new RangeError(`expected an encoder's hash of 64 hex digits, got ${JSON.stringify(encoder)}`);
  const name = encoder.slice(0, 16);
  const [vectors, members] = [`accent_vectors_${name}`, `accent_members_${name}`];
  const own = bytesOf(catalog);
  let client: SharedClient | undefined;
  let closed = false;
  if (approximate && dims > MOST_INDEXED_DIMS)
    throw because('vectors_too_long', { most: MOST_INDEXED_DIMS, dims });

  async function prepare(c: SharedClient): Promise<void> {
    const found = await c.query<{ version: string }>(
      `SELECT default_version AS version FROM pg_available_extensions WHERE name = 'vector'`,
    );
    if (found.rows.length === 0) throw because('vectors_no_pgvector', { place });
    await c.query('BEGIN');
    try {
      await makeTables(c);
      await c.query('COMMIT');
    } catch (error) {
      await c.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
    if (approximate)
      await c.query(
        `CREATE INDEX IF NOT EXISTS accent_hnsw_${name} ON ${vectors} USING hnsw (embedding vector_ip_ops)`,
      );
    // Ends with the connection, also with one that broke. A copied data folder would take the other's images out.
    await c.query('SET tcp_keepalives_idle = 20');
    await c.query('SET tcp_keepalives_interval = 5');
    await c.query('SET tcp_keepalives_count = 3');
    const lock = await c.query<{ got: boolean }>(
      'SELECT pg_try_advisory_lock(hashtext($1), hashtext($2)) AS got',
      [catalog, name],
    );
    if (lock.rows[0]?.got !== true) throw because('vectors_taken', { place });
  }

  async function makeTables(c: SharedClient): Promise<void> {
    // Two studios that come at once make the tables one after the other.
    await c.query(`SELECT pg_advisory_xact_lock(hashtext('accent'))`);
    await c.query('CREATE EXTENSION IF NOT EXISTS vector');
    /** Runs the statements where a table is missing: who may use one need not be allowed to make any. */
    const table = async (wanted: string, ...statements: string[]): Promise<void> => {
      const found = await c.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
        wanted,
      ]);
      if (found.rows[0]?.there !== true) for (const statement of statements) await c.query(statement);
    };
    await table(
      'accent_encoders',
      `CREATE TABLE accent_encoders (
         name text PRIMARY KEY, encoder bytea NOT NULL, dims integer NOT NULL, format integer NOT NULL)`,
    );
    await c.query('INSERT INTO accent_encoders VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
      name,
      bytesOf(encoder),
      dims,
      FORMAT,
    ]);
    const { rows } = await c.query<{ encoder: Buffer; dims: number; format: number }>(
      'SELECT encoder, dims, format FROM accent_encoders WHERE name = $1',
      [name],
    );
    const row = rows[0] as (typeof rows)[0];
    if (row.format > FORMAT) throw because('vectors_newer', { place, format: row.format, known: FORMAT });
    if (hexOf(row.encoder) !== encoder)
      throw because('vectors_other_encoder', {
        table: vectors,
        place,
        encoder: hexOf(row.encoder).slice(0, 24),
      });
    if (row.dims !== dims)
      throw because('vectors_other_length', { table: vectors, place, length: row.dims, dims });
    await table(
      vectors,
      `CREATE TABLE ${vectors} (id bytea PRIMARY KEY, embedding vector(${dims}) NOT NULL)`,
      ...(dims <= MOST_PLAIN_DIMS ? [`ALTER TABLE ${vectors} ALTER embedding SET STORAGE PLAIN`] : []),
    );
    await table(members, `CREATE TABLE ${members} (catalog bytea, id bytea, PRIMARY KEY (catalog, id))`);
  }

  async function connected(): Promise<SharedClient> {
    if (closed) throw new AppError('link_closed', 'The studio is closing.');
    if (client) return client;
    const made = await make(url);
    made.on('error', () => {
      if (client === made) client = undefined;
    });
    try {
      await made.connect();
      await prepare(made);
    } catch (error) {
      await made.end().catch(() => undefined);
      throw explain(error, place);
    }
    client = made;
    return made;
  }

  let last: Promise<unknown> = Promise.resolve();
  /** One piece of work after the other: they share one connection. A lost connection is made anew for the next. */
  function work<T>(run: (c: SharedClient) => Promise<T>): Promise<T> {
    const mine = last.then(async () => {
      const c = await connected();
      try {
        return await run(c);
      } catch (error) {
        if (connectionError(error)) {
          if (client === c) client = undefined;
          void c.end().catch(() => undefined);
        }
        throw explain(error, place);
      }
    });
    last = mine.catch(() => undefined);
    return mine;
  }
  const whole = <T>(run: (c: SharedClient) => Promise<T>) =>
    work(async (c) => {
      await c.query('BEGIN');
      try {
        const value = await run(c);
        await c.query('COMMIT');
        return value;
      } catch (error) {
        await c.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  /** Writers come one after the other, so that no vector goes while another catalog takes its image in. */
  const lockTable = (c: SharedClient): Promise<unknown> =>
    c.query('SELECT pg_advisory_xact_lock(hashtext($1))', [vectors]);

  await work(async () => undefined);
  return {
    place,
    put: (rows) =>
      whole(async (c) => {
        await lockTable(c);
        const ids = rows.map((r) => bytesOf(r.id));
        await c.query(
          `INSERT INTO ${vectors} AS v SELECT id, e::vector FROM unnest($1::bytea[], $2::text[]) AS r (id, e)
             ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding WHERE v.embedding <> excluded.embedding`,
          [ids, rows.map((r) => textOf(r.vector))],
        );
        const added = await c.query(
          `INSERT INTO ${members} SELECT $1::bytea, id FROM unnest($2::bytea[]) AS r (id) ON CONFLICT DO NOTHING`,
          [own, ids],
        );
        return added.rowCount ?? 0;
      }),
    drop: (ids) =>
      whole(async (c) => {
        await lockTable(c);
        const all = ids.map(bytesOf);
        const gone = await c.query(`DELETE FROM ${members} WHERE catalog = $1 AND id = ANY ($2::bytea[])`, [
          own,
          all,
        ]);
        await c.query(
          `DELETE FROM ${vectors} v WHERE id = ANY ($1::bytea[])
             AND NOT EXISTS (SELECT 1 FROM ${members} m WHERE m.id = v.id)`,
          [all],
        );
        return gone.rowCount ?? 0;
      }),
    count: () =>
      work(async (c) => {
        const { rows } = await c.query<{ n: string }>(
          `SELECT count(*) AS n FROM ${members} m JOIN ${vectors} v USING (id) WHERE m.catalog = $1`,
          [own],
        );
        return Number(rows[0]?.n ?? 0);
      }),
    members: (after, upTo) =>
      work(async (c) => {
        const { rows } = await c.query<{ id: Buffer }>(
          `SELECT id FROM ${members} m JOIN ${vectors} v USING (id)
             WHERE m.catalog = $1 AND id > $2 AND id <= $3 ORDER BY id`,
          [own, bytesOf(after), bytesOf(upTo)],
        );
        return rows.map((r) => hexOf(r.id));
      }),
    vectors: (ids) =>
      work(async (c) => {
        const { rows } = await c.query<{ id: Buffer; wire: Buffer }>(
          `SELECT id, vector_send(embedding) AS wire FROM ${vectors} WHERE id = ANY ($1::bytea[])`,
          [ids.map(bytesOf)],
        );
        return rows.map((r) => ({ id: hexOf(r.id), vector: vectorOf(r.wire) }));
      }),
    nearest: (query, limit, skip, only) =>
      whole(async (c) => {
        const values: unknown[] = [textOf(query), own, limit];
        const wheres = [`EXISTS (SELECT 1 FROM ${members} m WHERE m.catalog = $2 AND m.id = v.id)`];
        if (skip && skip.size > 0)
          wheres.push(`v.id <> ALL ($${values.push([...skip].map(bytesOf))}::bytea[])`);
        if (only) wheres.push(`v.id = ANY ($${values.push([...only].map(bytesOf))}::bytea[])`);
        if (approximate) {
          await c.query(`SET LOCAL hnsw.ef_search = ${LOOKED_AT}`);
          await c.query(`SET LOCAL hnsw.iterative_scan = 'strict_order'`);
          await c.query('SET LOCAL enable_seqscan = off');
        }
        // With the addition, no index of somebody's fits the order: every row is looked at.
        const order = approximate ? 'v.embedding <#> $1::vector' : '(v.embedding <#> $1::vector) + 0, v.id';
        const { rows } = await c.query<{ id: Buffer; wire: Buffer; below: number }>(
          `SELECT c.id, c.below, vector_send(w.embedding) AS wire FROM (
             SELECT v.id, v.embedding <#> $1::vector AS below FROM ${vectors} v
               WHERE ${wheres.join(' AND ')} ORDER BY ${order} LIMIT $3) c
             JOIN ${vectors} w ON w.id = c.id ORDER BY c.below, c.id`,
          values,
        );
        return rows.map((r) => ({ id: hexOf(r.id), vector: vectorOf(r.wire), below: r.below }));
      }),
    async close() {
      await last;
      closed = true;
      await client?.end().catch(() => undefined);
      client = undefined;
    },
  };
}
