/** Reads a root: scan, hash, decode in the killable child, embed in batches, one transaction per batch. */
import { createHash, randomUUID } from 'node:crypto';
import { AppError, SKIP_REASONS, toAppError } from '#contract';
import type { ImportEvent, ImportReport, SkipReason, SkippedFile } from '#contract';
import type { Store } from '../store/index.ts';
import { readImageFile } from './read-file.ts';
import { scanFolder } from './scan.ts';
import type { ListFolder } from './scan.ts';

export interface Decode {
  /** Whole file to RGB [size, size, 3] of the pack, thumbnail and own size; throws a skip reason. */
  (file: Uint8Array): Promise<{ rgb: Uint8Array; thumbnail: Uint8Array; width: number; height: number }>;
}

export interface ImportContext {
  readonly store: Store;
  readonly decode: Decode;
  /** RGB [n, S, S, 3] to embeddings [n, D]. */
  readonly embed: (rgb: Uint8Array, signal: AbortSignal) => Promise<Float32Array>;
  readonly encoderHash: string;
  readonly dims: number;
  /** Side of the pack's images in pixels. */
  readonly size: number;
  readonly saveThumbnail: (contentHash: string, webp: Uint8Array) => Promise<void>;
  /** Told after each committed batch, so that the index in memory follows. */
  readonly onVector: (contentHash: string, embedding: Float32Array) => void;
  readonly now: () => number;
  /** How a folder is listed; the tests put failing ones here. */
  readonly listFolder?: ListFolder;
}

const BATCH = 32;

interface Pending {
  readonly file: string;
  readonly hash: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly decoded: Awaited<ReturnType<Decode>>;
}

const skip = (file: string, error: unknown): SkippedFile => {
  const { code, message } = toAppError(error, 'unreadable');
  const known = (SKIP_REASONS as readonly string[]).includes(code);
  return { file, reason: known ? (code as SkipReason) : 'unreadable', message };
};

/** Yields progress, then the report. Stopping early (signal) keeps every batch that was committed. */
export async function* importFolder(
  root: { readonly rootId: string; readonly path: string },
  context: ImportContext,
  signal: AbortSignal,
): AsyncGenerator<ImportEvent> {
  const { store, now } = context;
  const began = performance.now();
  const files = [];
  for await (const found of scanFolder(root.path, context.listFolder)) {
    signal.throwIfAborted();
    files.push(found);
    if (files.length % 1000 === 0) yield { type: 'scanning', found: files.length };
  }
  yield { type: 'scanning', found: files.length };
  const skipped: SkippedFile[] = [];
  let imported = 0;
  let unchanged = 0;
  let duplicates = 0;
  let batch: Pending[] = [];
  const taken = new Set<string>();

  const commit = async (): Promise<void> => {
    if (batch.length === 0) return;
    const rgb = Buffer.concat(batch.map((p) => p.decoded.rgb));
    const embeddings = await context.embed(rgb, signal);
    for (const p of batch) await context.saveThumbnail(p.hash, p.decoded.thumbnail);
    const vectors = batch.map((_, i) => embeddings.slice(i * context.dims, (i + 1) * context.dims));
    store.transaction(() => {
      batch.forEach((p, i) => {
        const { width, height } = p.decoded;
        const name = p.file.split('/').at(-1) ?? p.file;
        store.write.images.image({
          image_id: randomUUID(),
          content_hash: p.hash,
          name,
          width,
          height,
          imported_at: now(),
          root_id: root.rootId,
        });
        store.write.images.pixels(p.hash, context.size, p.decoded.rgb);
        store.write.images.vector(p.hash, context.encoderHash, vectors[i] as Float32Array);
        store.write.images.file({
          root_id: root.rootId,
          file: p.file,
          content_hash: p.hash,
          bytes: p.bytes,
          modified_ms: p.modifiedMs,
        });
      });
    });
    batch.forEach((p, i) => {
      context.onVector(p.hash, vectors[i] as Float32Array);
    });
    imported += batch.length;
    batch = [];
  };

  for (const [i, { file, path, kind, error }] of files.entries()) {
    signal.throwIfAborted();
    try {
      if (error) throw error;
      if (kind === 'link') throw new AppError('link_skipped', 'The file is a link; links are not followed.');
      if (kind === 'other')
        throw new AppError('not_a_regular_file', 'The name is a pipe, socket or device, not a regular file.');
      const { bytes, size, modifiedMs } = await readImageFile(path);
      const hash = createHash('sha256').update(bytes).digest('hex');
      const before = store.read.images.file(root.rootId, file);
      if (before?.content_hash === hash && store.read.images.vector(hash, context.encoderHash)) unchanged++;
      else if (
        taken.has(hash) ||
        (store.read.images.byHash(hash) && store.read.images.vector(hash, context.encoderHash))
      ) {
        duplicates++;
        // Also while the first copy waits in the batch: without its image the row means nothing, and the next import mends it.
        store.write.images.file({
          root_id: root.rootId,
          file,
          content_hash: hash,
          bytes: size,
          modified_ms: modifiedMs,
        });
      } else {
        batch.push({ file, hash, bytes: size, modifiedMs, decoded: await context.decode(bytes) });
        taken.add(hash);
      }
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      skipped.push(skip(file, thrown));
    }
    if (batch.length === BATCH) await commit();
    if (i % 8 === 7)
      yield { type: 'progress', done: i + 1, of: files.length, imported, skipped: skipped.length };
  }
  await commit();
  const report: ImportReport = {
    rootId: root.rootId,
    found: files.length,
    imported,
    unchanged,
    duplicates,
    skipped,
    wallSeconds: (performance.now() - began) / 1000,
  };
  yield { type: 'report', report };
}
