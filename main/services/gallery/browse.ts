/** What the user does with results: find them again, star and tag them, put them into the bin and out of it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contract';
import type { GalleryPair, Pair, StudioServices } from '#contract';
import type { PairRow, Store } from '../store/index.ts';

type Service = StudioServices['gallery'];

export interface BrowseOptions {
  readonly store: Store;
  /** Folder of the PNG files. */
  readonly images: string;
  /** Where what was found out about a picture is kept. */
  readonly beside: (imageId: string) => string;
  readonly pairOf: (row: PairRow) => Pair;
  readonly now: () => number;
  /** Told after a purge: content hashes of results that no search may find any more. */
  readonly onPurged: (contentHashes: readonly string[]) => Promise<void>;
}

/** `created_at.number`; both, since pages of a stretch of time are in the order of time. */
const mark = (row: PairRow): string => `${row.created_at}.${row.number}`;

function placeOf(after: string | undefined): readonly [number, number] | undefined {
  if (after === undefined) return undefined;
  if (!/^\d{1,16}\.\d{1,16}$/.test(after))
    throw new AppError('invalid_input', 'Expected `after` as the page before gave it in `next`.');
  const [at, number] = after.split('.').map(Number);
  return [at as number, number as number];
}

export function makeBrowse({
  store,
  images,
  beside,
  pairOf,
  now,
  onPurged,
}: BrowseOptions): Pick<Service, 'browse' | 'facets' | 'mark' | 'remove' | 'restore' | 'purge'> {
  const { read, write } = store;
  const shown = (row: PairRow): GalleryPair => ({
    ...pairOf(row),
    packId: row.pack_id,
    starred: row.starred === 1,
    tags: read.gallery.tags(row.number),
    deletedAt: row.deleted_at,
  });
  const known = (ids: readonly string[]): PairRow[] =>
    [...new Set(ids)].flatMap((id) => read.gallery.pair(id) ?? []);

  return {
    browse({ after, limit, filter }) {
      const rows = read.gallery.browse(filter, placeOf(after), limit + 1);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(shown), next: rows.length > limit && last ? mark(last) : null };
    },
    facets: () => ({
      ...read.gallery.counts(),
      tags: read.gallery.facet('tags').map(({ name, count }) => ({ tag: name, count })),
      packs: read.gallery.facet('packs').map(({ name, count }) => ({ packId: name, count })),
      emphases: read.gallery.facet('emphases').map(({ name, count }) => ({ emphasis: name, count })),
    }),
    mark({ pairIds, starred, addTags, removeTags }) {
      store.transaction(() => {
        for (const { number, pair_id } of known(pairIds)) {
          if (starred !== undefined) write.gallery.star(pair_id, starred);
          for (const tag of removeTags) write.gallery.untag(number, tag);
          for (const tag of addTags) write.gallery.tag(number, tag);
        }
      });
      return { pairs: known(pairIds).map(shown) };
    },
    remove: ({ pairIds }) => ({
      pairIds: store.transaction(() => pairIds.filter((id) => write.gallery.bin(id, now()))),
    }),
    restore: ({ pairIds }) => ({
      pairIds: store.transaction(() => pairIds.filter((id) => write.gallery.unbin(id))),
    }),
    async purge({ pairIds }) {
      const rows = known(pairIds ?? read.gallery.binned()).filter((row) => row.deleted_at !== null);
      const results = rows.flatMap((row) => read.gallery.results(row.pair_id));
      store.transaction(() => {
        for (const row of rows) write.gallery.drop(row);
        for (const { content_hash } of results)
          if (!read.gallery.resultByHash(content_hash) && write.images.dropOwn(content_hash))
            write.facts.drop(content_hash);
      });
      // Rows first: a file that a crash leaves behind here is waste, a row without its file would be a lie.
      for (const { file, image_id } of results)
        for (const path of [join(images, file), beside(image_id)]) await rm(path, { force: true });
      await onPurged(results.map((r) => r.content_hash));
      return { pairIds: rows.map((row) => row.pair_id) };
    },
  };
}
