/** What the user does with results: find them again, star and tag them, put them into the bin and out of it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contract';
import type { GalleryPair, Pair, Recipe, StudioServices } from '#contract';
import type { PairRow, ResultRow, Store } from '../store/index.ts';
import type { Facets } from './facets.ts';
import { binHalf, putBack } from './halves.ts';
import type { Orders } from './order.ts';

type Service = StudioServices['gallery'];

export interface BrowseOptions {
  readonly store: Store;
  /** Folder of the PNG files. */
  readonly images: string;
  /** Where what was found out about a picture is kept. */
  readonly beside: (imageId: string) => string;
  /** `results`: of the pair, where they were read already. */
  readonly pairOf: (row: PairRow, results?: readonly ResultRow[]) => Pair;
  readonly orders: Orders;
  readonly facets: Facets;
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
  orders,
  facets,
  now,
  onPurged,
}: BrowseOptions): Pick<
  Service,
  'browse' | 'window' | 'ofImages' | 'facets' | 'mark' | 'remove' | 'removeHalf' | 'restore' | 'purge'
> {
  const { read, write } = store;
  /** The pictures of a pair differ in other things than in what is stressed. */
  const stressed = (results: readonly ResultRow[]): GalleryPair['emphases'] => {
    const recipe = results[0]?.recipe;
    if (recipe === undefined) return [];
    // A recipe that says nothing of emphases must not hide its pair, nor the others of the page.
    const { emphases = [] } = JSON.parse(recipe) as Partial<Recipe>;
    return emphases.map(({ phrase, weight, muted, span }) => ({
      phrase,
      weight,
      muted,
      ...(span ? { span } : {}),
    }));
  };
  const shown = (row: PairRow): GalleryPair => {
    const results = read.gallery.results(row.pair_id);
    return {
      ...pairOf(row, results),
      packId: row.pack_id,
      emphases: stressed(results),
      starred: row.starred === 1,
      tags: read.gallery.tags(row.number),
      deletedAt: row.deleted_at,
    };
  };
  const known = (ids: readonly string[]): PairRow[] =>
    [...new Set(ids)].flatMap((id) => read.gallery.pair(id) ?? []);

  /** Pairs came or went: what is kept of the order and of the filters holds no longer. */
  const moved = (): void => {
    orders.changed();
    facets.changed();
  };

  return {
    browse({ after, limit, filter }) {
      const rows = read.gallery.browse(filter, placeOf(after), limit + 1);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(shown), next: rows.length > limit && last ? mark(last) : null };
    },
    window({ offset, limit, filter, grouped, run }) {
      const itemsOf = (numbers: readonly number[]): GalleryPair[] =>
        numbers.flatMap((number) => read.gallery.byNumber(number) ?? []).map(shown);
      if (grouped) {
        const { total, numbers, counts } = orders.grouped(filter, offset, limit);
        return { total, items: itemsOf(numbers), counts: [...counts] };
      }
      const number = run === undefined ? undefined : read.gallery.pair(run)?.number;
      if (run !== undefined && number === undefined) return { total: 0, items: [] };
      const { total, numbers } =
        number === undefined
          ? orders.slice(filter, offset, limit)
          : orders.run(filter, number, offset, limit);
      return { total, items: itemsOf(numbers) };
    },
    ofImages({ imageIds }) {
      const pairIds = imageIds.flatMap((id) => read.gallery.result(id)?.pair_id ?? []);
      return {
        pairs: known(pairIds)
          .filter((row) => row.deleted_at === null)
          .map(shown),
      };
    },
    facets: () => facets.read(),
    mark({ pairIds, starred, addTags, removeTags }) {
      store.transaction(() => {
        for (const { number, pair_id } of known(pairIds)) {
          if (starred !== undefined) write.gallery.star(pair_id, starred);
          for (const tag of removeTags) write.gallery.untag(number, tag);
          for (const tag of addTags) write.gallery.tag(number, tag);
        }
      });
      orders.changed();
      return { pairs: known(pairIds).map(shown) };
    },
    remove({ pairIds }) {
      const gone = store.transaction(() => pairIds.filter((id) => write.gallery.bin(id, now())));
      moved();
      return { pairIds: gone };
    },
    removeHalf({ pairId, arm }) {
      const half = binHalf(store, pairId, arm, now());
      moved();
      return { pairId: half };
    },
    restore({ pairIds }) {
      // Whole pairs first: a half that was in the bin beside its pair finds it again.
      const rows = known(pairIds).sort((a, b) => Number(a.half_of !== null) - Number(b.half_of !== null));
      const back = store.transaction(() => rows.flatMap((row) => putBack(store, row)));
      moved();
      return { pairIds: [...new Set(back)] };
    },
    async purge({ pairIds }) {
      const rows = known(pairIds ?? read.gallery.binned()).filter((row) => row.deleted_at !== null);
      const results = rows.flatMap((row) => read.gallery.results(row.pair_id));
      store.transaction(() => {
        for (const row of rows) write.gallery.drop(row);
        for (const { content_hash } of results)
          if (!read.gallery.resultByHash(content_hash) && read.images.isOwn(content_hash)) {
            write.facts.drop(content_hash);
            write.images.drop(content_hash);
          }
      });
      moved();
      // Rows first: a file that a crash leaves behind here is waste, a row without its file would be a lie.
      for (const { file, image_id } of results)
        for (const path of [join(images, file), beside(image_id)]) await rm(path, { force: true });
      await onPurged(results.map((r) => r.content_hash));
      return { pairIds: rows.map((row) => row.pair_id) };
    },
  };
}
