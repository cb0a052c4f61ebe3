/**
 * Reads a root: scan, hash, decode in the killable child, embed in batches, one transaction per batch. The steps run beside
 * each other (stage.ts), so that the slowest sets the pace; what is told as imported is on the disk. Then it is settled
 * what became of the files that the scan did not meet (reconcile.ts).
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError, SKIP_REASONS, because, toAppError } from '#contract';
import type { ImportEvent, ImportReport, SkipReason, SkippedFile } from '#contract';
import type { FileRow } from '../store/index.ts';
import { newImageId } from './image-id.ts';
import type { ImportContext, Item, Ready } from './import-types.ts';
import { lookOf } from './look.ts';
import { makePace, makePause } from './pace.ts';
import { readImageFile } from './read-file.ts';
import { settle } from './reconcile.ts';
import { scanFolder } from './scan.ts';
import type { Found } from './scan.ts';
import { readCaption } from './sidecar.ts';
import { batches, purse, stage } from './stage.ts';

/** Images of one embedding call and one transaction. */
const BATCH = 32;
/** Files of one transaction, where most of them are known already. */
const MOST_FILES = 512;
/** Bytes of original files in memory at once. */
const READ_BYTES = 96 * 2 ** 20;
/** A time stamp is trusted only when it was old enough at the reading to be sure that nothing came after it. */
const SETTLED_MS = 2000;

let scans = 0;

const nameOf = (file: string): string => file.split('/').at(-1) ?? file;

export function skipped(file: string, error: unknown): SkippedFile {
  const { code, message } = toAppError(error, 'unreadable');
  const known = (SKIP_REASONS as readonly string[]).includes(code);
  return { file, reason: known ? (code as SkipReason) : 'unreadable', message };
}

/** Format by the first bytes; the decoder has let in nothing but these. */
function formatOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff) return 'jpeg';
  return bytes[0] === 0x89 ? 'png' : 'webp';
}

/** Newest change of the captions, or null without any. */
async function sidecarTime(paths: readonly string[] = []): Promise<number | null> {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (s) => s.mtimeMs,
        () => 0,
      ),
    ),
  );
  return times.length === 0 ? null : Math.max(...times);
}

/** Yields progress, then the report. Stopping early (signal) keeps every batch that was committed. */
export async function* importFolder(
  root: { readonly rootId: string; readonly path: string },
  context: ImportContext,
  signal: AbortSignal,
): AsyncGenerator<ImportEvent> {
  const { store, now, encoderHash } = context;
  const pause = context.pause ?? makePause();
  const { rootId } = root;
  const began = performance.now();
  let of = 0;
  for await (const _ of scanFolder(root.path, context.listFolder)) {
    signal.throwIfAborted();
    if (++of % 1000 === 0) yield { type: 'scanning', found: of };
  }
  if (of === 0 && store.read.files.count(rootId) > 0) throw because('root_emptied', {});
  yield { type: 'scanning', found: of };

  const scan = ++scans;
  const left = new AbortController();
  const stop = AbortSignal.any([signal, left.signal]);
  const memory = purse(READ_BYTES);
  /** Hashes on their way: their rows are not committed yet. */
  const underway = new Set<string>();
  /** What could not be decoded, by hash: a copy that was met meanwhile cannot be had either. */
  const failed = new Map<string, unknown>();
  const unreadable: string[] = [];
  const pace = makePace(performance.now());
  const counts = { done: 0, imported: 0, unchanged: 0, duplicates: 0, moved: 0, replaced: 0 };
  const skips: SkippedFile[] = [];

  async function* walk(): AsyncGenerator<Found> {
    for await (const found of scanFolder(root.path, context.listFolder)) {
      await pause.passed(stop);
      yield found;
    }
  }

  /** Tells by size and times whether a file has to be read. */
  async function look(found: Found): Promise<Item> {
    const { file, path, kind, error, sidecars } = found;
    try {
      if (error) throw error;
      if (kind === 'link') throw new AppError('link_skipped', 'The file is a link; links are not followed.');
      if (kind === 'other')
        throw new AppError('not_a_regular_file', 'The name is a pipe, socket or device, not a regular file.');
      const before = store.read.files.one(rootId, file);
      const looked = await stat(path).catch(() => null);
      const sidecarMs = await sidecarTime(sidecars);
      if (
        before &&
        looked?.size === before.bytes &&
        looked.mtimeMs === before.modified_ms &&
        before.sidecar_ms === sidecarMs &&
        before.read_at > before.modified_ms + SETTLED_MS &&
        store.read.images.complete(before.content_hash, encoderHash)
      )
        return { kind: 'same', file };
      return { kind: 'unread', found, size: looked?.size ?? 0, sidecarMs };
    } catch (thrown) {
      return { kind: 'skip', file, error: thrown };
    }
  }

  /** Memory is taken in the order of the files: otherwise a later file could hold what an earlier one waits for. */
  async function* funded(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of items) {
      if (item.kind === 'unread') await memory.take(item.size);
      yield item;
    }
  }

  async function read(item: Item): Promise<Item> {
    if (item.kind !== 'unread') return item;
    const { found, size, sidecarMs } = item;
    const { file } = found;
    try {
      const { bytes, modifiedMs } = await readImageFile(found.path);
      const hash = createHash('sha256').update(bytes).digest('hex');
      const caption = await readCaption(found.sidecars ?? []);
      return { kind: 'read', read: { file, hash, bytes, size, modifiedMs, sidecarMs, caption } };
    } catch (error) {
      memory.give(size);
      return { kind: 'skip', file, error };
    }
  }

  /** Known bytes need no decoding. One at a time and in order, so that of two copies the first is the image. */
  function decide(item: Item): Item {
    if (item.kind !== 'read') return item;
    const { file, hash, bytes, modifiedMs, sidecarMs, caption } = item.read;
    const row: FileRow = {
      root_id: rootId,
      file,
      content_hash: hash,
      bytes: bytes.length,
      modified_ms: modifiedMs,
      missing_since: null,
      read_at: now(),
      sidecar_ms: sidecarMs,
    };
    const complete = store.read.images.complete(hash, encoderHash);
    const removed = store.read.facts.stub(hash)?.reason === 'image';
    if (complete || removed || underway.has(hash)) {
      memory.give(item.read.size);
      const same = store.read.files.one(rootId, file)?.content_hash === hash;
      return { kind: same || removed ? 'known' : 'copy', row, caption };
    }
    underway.add(hash);
    return { kind: 'fresh', row, caption, read: item.read };
  }

  async function decode(item: Item): Promise<Ready> {
    if (item.kind === 'read' || item.kind === 'unread')
      throw new Error('a file passed by a step of the import');
    if (item.kind !== 'fresh') return item;
    const { row, caption, read: of } = item;
    try {
      const decoded = await context.decode(of.bytes);
      failed.delete(of.hash);
      return { kind: 'new', row, caption, format: formatOf(of.bytes), decoded };
    } catch (error) {
      underway.delete(of.hash);
      failed.set(of.hash, error);
      return { kind: 'skip', file: of.file, error };
    } finally {
      memory.give(of.size);
    }
  }

  async function embed(
    batch: readonly Ready[],
  ): Promise<{ batch: readonly Ready[]; vectors: Float32Array[] }> {
    const fresh = batch.filter((item) => item.kind === 'new');
    if (fresh.length === 0) return { batch, vectors: [] };
    const [embeddings] = await Promise.all([
      context.embed(Buffer.concat(fresh.map((p) => p.decoded.rgb)), stop),
      ...fresh.map((p) => context.saveThumbnail(p.row.content_hash, p.decoded.thumbnail)),
    ]);
    const { dims } = context;
    return { batch, vectors: fresh.map((_, i) => embeddings.slice(i * dims, (i + 1) * dims)) };
  }

  /** The file's row; the bytes' tags follow from what was there before. */
  function writeFile(row: FileRow, caption: string, bytesAre: 'new' | 'copy' | 'known'): void {
    const before = store.read.files.one(rootId, row.file);
    store.write.files.put(row);
    // At a new place: a copy that may turn out to be a move, or bytes that only this encoder had not seen yet.
    store.write.files.seen(scan, row.file, before ? 0 : bytesAre === 'new' ? 2 : 1);
    const hash = row.content_hash;
    if (before && before.content_hash !== hash) {
      counts.replaced++;
      store.write.facts.tag(hash, store.read.facts.tags(before.content_hash), []);
    }
    if (bytesAre === 'new') return;
    const facts = store.read.facts.one(hash);
    if (facts && caption !== '' && facts.caption !== caption) store.write.facts.put({ ...facts, caption });
    // Bytes that were missed elsewhere have turned up: the image moves here with all that hangs on it.
    const gone = store.read.files.ofImage(hash).filter((f) => f.missing_since !== null);
    if (gone.length === 0) return;
    for (const old of gone) store.write.files.drop(old.root_id, old.file);
    store.write.images.move(hash, nameOf(row.file), rootId);
    if (facts) store.write.facts.put({ ...facts, name: nameOf(row.file) });
    if (bytesAre === 'copy') {
      counts.duplicates--;
      counts.moved++;
    }
  }

  /** In the order of the files, so the first of two copies has been decoded, or has failed. */
  function follow(item: Ready): Ready {
    if ((item.kind !== 'copy' && item.kind !== 'known') || !failed.has(item.row.content_hash)) return item;
    return { kind: 'skip', file: item.row.file, error: failed.get(item.row.content_hash) };
  }

  function commit(decodedBatch: readonly Ready[], vectors: readonly Float32Array[]): void {
    const batch = decodedBatch.map(follow);
    let n = 0;
    store.transaction(() => {
      for (const item of batch) {
        if (item.kind === 'skip') {
          if (item.file.endsWith('/')) unreadable.push(item.file);
          else store.write.files.seen(scan, item.file, 0);
        } else if (item.kind === 'same') {
          store.write.files.found(rootId, item.file);
          store.write.files.seen(scan, item.file, 0);
          counts.unchanged++;
        } else if (item.kind === 'known' || item.kind === 'copy') {
          counts[item.kind === 'known' ? 'unchanged' : 'duplicates']++;
          writeFile(item.row, item.caption, item.kind);
        } else {
          const { row, caption, decoded, format } = item;
          const hash = row.content_hash;
          const name = nameOf(row.file);
          const { width, height, takenAt, rgb } = decoded;
          store.write.images.image({
            image_id: newImageId(now()),
            content_hash: hash,
            name,
            width,
            height,
            imported_at: now(),
            root_id: rootId,
          });
          store.write.facts.put({
            content_hash: hash,
            format,
            bytes: row.bytes,
            taken_at: takenAt ?? null,
            at: takenAt ?? now(),
            look: lookOf(rgb, context.size),
            name,
            caption,
          });
          store.write.facts.unstub(hash);
          store.write.images.pixels(hash, context.size, rgb);
          store.write.images.vector(hash, encoderHash, vectors[n++] as Float32Array);
          writeFile(row, caption, 'new');
        }
      }
    });
    n = 0;
    for (const item of batch) {
      counts.done++;
      if (item.kind === 'skip') skips.push(skipped(item.file, item.error));
      if (item.kind !== 'new') continue;
      counts.imported++;
      underway.delete(item.row.content_hash);
      context.onVector(item.row.content_hash, vectors[n++] as Float32Array);
    }
  }

  const progress = (): ImportEvent => {
    pace.at(counts.done, performance.now());
    const total = Math.max(of, counts.done);
    return {
      type: 'progress',
      done: counts.done,
      of: total,
      imported: counts.imported,
      skipped: skips.length,
      perSecond: pace.perSecond,
      secondsLeft: pace.secondsLeft(total),
      paused: pause.paused,
    };
  };

  const looked = stage(walk(), { atOnce: 4, ahead: 64 }, look);
  const reads = stage(funded(looked), { atOnce: 4, ahead: 16 }, read);
  const decided = stage(reads, { atOnce: 1, ahead: 16 }, decide);
  const decodedItems = stage(decided, { atOnce: 4, ahead: BATCH }, decode);
  const heavy = (batch: readonly Ready[]): boolean => batch.filter((i) => i.kind === 'new').length >= BATCH;
  const embedded = stage(batches(decodedItems, MOST_FILES, heavy), { atOnce: 2, ahead: 2 }, embed);
  try {
    let next = embedded.next();
    next.catch(() => undefined);
    for (;;) {
      // A promise of this turn alone: one that outlived it would hold every batch that was ever raced with it.
      const change = Promise.withResolvers<undefined>();
      const unwatch = pause.watch(() => {
        change.resolve(undefined);
      });
      const step = await Promise.race([next, change.promise]).finally(unwatch);
      if (!step) {
        pace.rest(performance.now());
        yield progress();
        continue;
      }
      if (step.done) break;
      // What was read ahead waits as well: an import that rests changes nothing.
      if (pause.paused) {
        yield progress();
        await pause.passed(signal);
        pace.rest(performance.now());
      }
      signal.throwIfAborted();
      commit(step.value.batch, step.value.vectors);
      yield progress();
      next = embedded.next();
      next.catch(() => undefined);
    }
    signal.throwIfAborted();
    const settled = await settle({ store, root, scan, unreadable, now, list: context.listFolder });
    if (counts.replaced > 0) await context.onGone?.(settled.replaced());
    const report: ImportReport = {
      rootId,
      found: counts.done,
      imported: counts.imported,
      unchanged: counts.unchanged,
      duplicates: counts.duplicates - settled.moved,
      moved: counts.moved + settled.moved,
      missing: settled.missing,
      skipped: skips,
      wallSeconds: (performance.now() - began) / 1000,
    };
    yield { type: 'report', report };
  } catch (error) {
    // What the steps make of an abort says less than the abort itself.
    signal.throwIfAborted();
    throw error;
  } finally {
    left.abort();
    await embedded.return(undefined);
    store.write.files.endScan(scan);
  }
}
