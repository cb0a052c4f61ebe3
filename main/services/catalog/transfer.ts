/** Writes down all that the catalog knows of the user's images, and merges what another one has written, by content. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as v from 'valibot';
import { AppError, misfit } from '#contract';
import { isAtMostUnit } from '../../vectors.ts';
import type { Store } from '../store/index.ts';
import { newImageId } from './image-id.ts';
import { End, FORMAT, Head, Line, MOST_LINE, SCHEMA } from './transfer-format.ts';

export interface ExportReport {
  readonly images: number;
  readonly choices: number;
  readonly vectors: number;
}
export interface MergeReport {
  /** New in this catalog. */
  readonly images: number;
  /** Here before; tags, captions and choices were added to them. */
  readonly known: number;
  /** Left out because they were removed here by hand. */
  readonly removed: number;
  readonly choices: number;
  readonly vectors: number;
}

/** Rows of one page and lines of one transaction. */
const AT_ONCE = 500;

/** Every line between the first and the last. */
function* linesOf(store: Store, vectors: boolean): Generator<Line> {
  const { read } = store;
  for (const r of read.images.roots())
    yield {
      is: 'root',
      rootId: r.root_id,
      path: r.path,
      name: r.name,
      builtIn: r.built_in === 1,
      addedAt: r.added_at,
    };
  for (let after = '', page = read.transfer.images(after, AT_ONCE); page.length > 0;) {
    for (const image of page) {
      const hash = image.content_hash;
      const facts = read.facts.one(hash);
      yield {
        is: 'image',
        hash,
        name: image.name,
        width: image.width,
        height: image.height,
        importedAt: image.imported_at,
        rootId: image.root_id,
        format: (facts?.format ?? null) as 'jpeg' | null,
        bytes: facts?.bytes ?? null,
        takenAt: facts?.taken_at ?? null,
        at: facts?.at ?? image.imported_at,
        look: facts?.look?.toString() ?? null,
        caption: facts?.caption ?? '',
        tags: read.facts.tags(hash),
      };
      for (const f of read.files.ofImage(hash))
        yield {
          is: 'file',
          rootId: f.root_id,
          file: f.file,
          hash,
          bytes: f.bytes,
          modifiedMs: f.modified_ms,
          missingSince: f.missing_since,
        };
      after = hash;
    }
    page = read.transfer.images(after, AT_ONCE);
  }
  for (let after = { phrase: '', hash: '' }, page = read.transfer.choices(after, AT_ONCE); page.length > 0;) {
    for (const c of page) {
      yield {
        is: 'choice',
        phrase: c.phrase,
        hash: c.content_hash,
        choice: c.choice as 'pin',
        chosenAt: c.chosen_at,
      };
      after = { phrase: c.phrase, hash: c.content_hash };
    }
    page = read.transfer.choices(after, AT_ONCE);
  }
  for (let after = '', page = read.transfer.stubs(after, AT_ONCE); page.length > 0;) {
    for (const s of page) {
      yield {
        is: 'stub',
        hash: s.content_hash,
        name: s.name,
        removedAt: s.removed_at,
        reason: s.reason as 'root',
      };
      after = s.content_hash;
    }
    page = read.transfer.stubs(after, AT_ONCE);
  }
  if (!vectors) return;
  for (const encoder of read.transfer.encoders())
    for (let after = '', page = read.images.vectorHashes(encoder, after, AT_ONCE); page.length > 0;) {
      for (const hash of page) {
        const x = read.images.vector(hash, encoder);
        if (x)
          yield {
            is: 'vector',
            hash,
            encoder,
            vector: Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString('base64'),
          };
        after = hash;
      }
      page = read.images.vectorHashes(encoder, after, AT_ONCE);
    }
}

/** Writes the export under another name first: a file of this name is whole. Throws the system's errors. */
export async function exportCatalog(
  store: Store,
  path: string,
  { vectors, now }: { vectors: boolean; now: number },
  signal?: AbortSignal,
): Promise<ExportReport> {
  const counts = { image: 0, choice: 0, vector: 0 };
  function* text(): Generator<string> {
    const sum = createHash('sha256');
    let lines = 0;
    const said = (line: object): string => {
      const json = `${JSON.stringify(line)}\n`;
      sum.update(json);
      return json;
    };
    yield said({ format: FORMAT, schema: SCHEMA, exportedAt: now });
    for (const line of linesOf(store, vectors)) {
      lines++;
      if (line.is === 'image' || line.is === 'choice' || line.is === 'vector') counts[line.is]++;
      yield said(line);
    }
    yield `${JSON.stringify({ end: { lines, sha256: sum.digest('hex') } })}\n`;
  }
  signal?.throwIfAborted();
  const part = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(Readable.from(text()), createGzip(), createWriteStream(part, { flags: 'wx' }), { signal });
    const file = await open(part, 'r');
    await file.sync().finally(() => file.close());
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { images: counts.image, choices: counts.choice, vectors: counts.vector };
}

/** Lines of a gzip file. Throws `truncated`, `unreadable`, or `too_large` for a line that nobody would write. */
async function* textLines(path: string): AsyncGenerator<string> {
  const from = createReadStream(path);
  const gunzip = createGunzip();
  from.on('error', (error) => gunzip.destroy(error));
  try {
    let rest = '';
    for await (const chunk of from.pipe(gunzip).setEncoding('utf8') as AsyncIterable<string>) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() as string;
      if (rest.length > MOST_LINE)
        throw new AppError('too_large', 'A line of this file is longer than any that an export writes.');
      yield* parts;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === 'Z_BUF_ERROR') throw cutOff(error);
    if (code.startsWith('Z_'))
      throw new AppError('not_a_catalog', 'This is no exported catalog: it is not compressed with gzip.', {
        cause: error,
      });
    throw error;
  } finally {
    from.destroy();
    gunzip.destroy();
  }
}
const cutOff = (cause?: unknown): AppError =>
  new AppError('truncated', 'The exported catalog is cut off. Copy it again from where it was made.', {
    cause,
  });

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('not_a_catalog', 'This is no exported catalog: a line of it is not JSON.', { cause });
  }
}

/** The lines between the first and the last; throws unless the file is whole and every line fits. */
async function* checkedLines(path: string): AsyncGenerator<Line> {
  const sum = createHash('sha256');
  let [lines, last, isHead] = [0, undefined as string | undefined, true];
  for await (const text of textLines(path)) {
    if (last !== undefined) {
      sum.update(`${last}\n`);
      if (isHead) {
        isHead = false;
        head(last);
      } else {
        const line = v.safeParse(Line, json(last));
        lines++;
        if (!line.success)
          throw new AppError(
            'not_a_catalog',
            `Line ${lines + 1} of the exported catalog does not fit (${misfit(line.issues, 'whole')}). Nothing of it was taken.`,
          );
        yield line.output;
      }
    }
    last = text;
  }
  if (last === undefined) throw cutOff();
  if (isHead) head(last);
  const end = v.safeParse(End, json(last));
  if (!end.success) throw cutOff();
  if (end.output.end.lines !== lines || end.output.end.sha256 !== sum.digest('hex'))
    throw new AppError(
      'hash_mismatch',
      'The exported catalog is not what was written: its checksum differs. Copy it again from where it was made. Nothing of it was taken.',
    );
}
function head(text: string): void {
  const found = v.safeParse(Head, json(text));
  if (!found.success)
    throw new AppError('not_a_catalog', 'This is no exported catalog. Expected a file of "catalog export".');
  if (found.output.schema > SCHEMA)
    throw new AppError(
      'catalog_too_new',
      `This export has version ${found.output.schema}, this studio knows ${SCHEMA}. Use a newer studio.`,
    );
}

export interface MergeContext {
  readonly store: Store;
  /** Length of the embeddings of each encoder that a pack here has; vectors of others are of no use and left out. */
  readonly dims: ReadonlyMap<string, number>;
  /** Told of each vector that was added. */
  readonly onVector: (hash: string, encoder: string, vector: Float32Array) => void;
}

/**
 * Adds what the file knows: images by content, tags and choices to those that are here. What is here stays as it is: a
 * choice, a caption or a vector of this catalog is never replaced, and an image that was removed by hand stays out. The
 * file is read twice, so that a damaged one changes nothing. Folders are told apart by their path; files of the export are
 * read again before they are believed.
 */
export async function mergeCatalog(
  { store, dims, onVector }: MergeContext,
  path: string,
  signal?: AbortSignal,
): Promise<MergeReport> {
  for await (const _ of checkedLines(path)) signal?.throwIfAborted();
  const { read, write } = store;
  const counts = { images: 0, known: 0, removed: 0, choices: 0, vectors: 0 };
  const rootIds = new Map<string, string>();

  function merge(line: Line): (() => void) | undefined {
    if (line.is === 'root') {
      const here = read.images
        .roots()
        .find((r) => (line.builtIn ? r.built_in === 1 && r.name === line.name : r.path === line.path));
      const rootId = here?.root_id ?? randomUUID();
      rootIds.set(line.rootId, rootId);
      if (!here)
        write.images.root({
          root_id: rootId,
          path: line.path,
          name: line.name,
          built_in: line.builtIn ? 1 : 0,
          added_at: line.addedAt,
        });
    } else if (line.is === 'image') {
      const { hash } = line;
      if (read.images.byHash(hash)) counts.known++;
      else if (read.facts.stub(hash)?.reason === 'image') {
        counts.removed++;
        return undefined;
      } else {
        const rootId = line.rootId === null ? null : rootIds.get(line.rootId);
        if (rootId === undefined)
          throw new AppError(
            'not_a_catalog',
            'An image of this file names a folder that the file does not have.',
          );
        counts.images++;
        write.images.image({
          image_id: newImageId(line.importedAt),
          content_hash: hash,
          name: line.name,
          width: line.width,
          height: line.height,
          imported_at: line.importedAt,
          root_id: rootId,
        });
      }
      const facts = read.facts.one(hash);
      if (!facts)
        write.facts.put({
          content_hash: hash,
          format: line.format,
          bytes: line.bytes,
          taken_at: line.takenAt,
          at: line.at,
          look: line.look === null ? null : BigInt.asIntN(64, BigInt(line.look)),
          name: line.name,
          caption: line.caption,
        });
      else if (facts.caption === '' && line.caption !== '')
        write.facts.put({ ...facts, caption: line.caption });
      write.facts.tag(hash, line.tags, []);
      write.facts.unstub(hash);
    } else if (line.is === 'file') {
      const rootId = rootIds.get(line.rootId);
      if (rootId === undefined || !read.images.byHash(line.hash) || read.files.one(rootId, line.file))
        return undefined;
      write.files.put({
        root_id: rootId,
        file: line.file,
        content_hash: line.hash,
        bytes: line.bytes,
        modified_ms: line.modifiedMs,
        missing_since: line.missingSince,
        read_at: 0,
        sidecar_ms: null,
      });
    } else if (line.is === 'choice') {
      if (read.facts.choices(line.phrase).some((c) => c.content_hash === line.hash)) return undefined;
      write.facts.choose(line.phrase, line.hash, line.choice, line.chosenAt);
      counts.choices++;
    } else if (line.is === 'stub') {
      if (!read.images.byHash(line.hash) && !read.facts.stub(line.hash))
        write.facts.stub(line.hash, line.name, line.removedAt, line.reason);
    } else {
      const { hash, encoder } = line;
      const length = dims.get(encoder);
      if (length === undefined || !read.images.byHash(hash) || read.images.vector(hash, encoder))
        return undefined;
      const bytes = Uint8Array.from(Buffer.from(line.vector, 'base64'));
      const vector = new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
      if (bytes.length !== length * 4 || !isAtMostUnit(vector))
        throw new AppError(
          'not_a_catalog',
          `A vector of this file does not fit its encoder: expected ${length} numbers of unit length.`,
        );
      write.images.vector(hash, encoder, vector);
      counts.vectors++;
      return () => {
        onVector(hash, encoder, vector);
      };
    }
    return undefined;
  }

  let batch: Line[] = [];
  function commit(): void {
    const told = store.transaction(() => batch.map(merge));
    batch = [];
    for (const tell of told) tell?.();
  }
  for await (const line of checkedLines(path)) {
    signal?.throwIfAborted();
    batch.push(line);
    if (batch.length === AT_ONCE) commit();
  }
  commit();
  return counts;
}
