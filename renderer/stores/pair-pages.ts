import type { GalleryPair, GalleryWindow } from '#contract';
import { computed, ref, shallowRef } from 'vue';

/** Few, so that a jump waits for hardly more than what is in sight there. */
export const PAGE = 12;
/** Pages that are kept around what is looked at. */
const KEPT = 200;
/** Places that are asked for at the start, before it is known how many are in sight. */
export const FIRST = 60;
/** Pages that are fetched beyond what is in sight, on the way that it goes. */
const AHEAD = 5;

/** From `first` up to, but without, `last`. */
export type Stretch = readonly [first: number, last: number];

/**
 * The gallery's list by pages: those that came, what is in sight of it, and what is to be fetched next. It asks nobody; a search
 * that is overtaken is dropped by who asks.
 */
export function makePairPages() {
  /** Pages by number, in the order in which they were last asked for. */
  const pages = shallowRef<ReadonlyMap<number, readonly GalleryPair[]>>(new Map());
  /** Pairs of the whole list. */
  const total = ref(0);
  /** Pairs of a run, by the pair that stands for it. */
  const counts = new Map<string, number>();
  /** Places in sight. */
  let seen: Stretch = [0, FIRST];
  /** Which way what is in sight moves, page by page; 0 after a jump. */
  let way: -1 | 0 | 1 = 0;

  const at = (index: number): GalleryPair | undefined =>
    pages.value.get(Math.floor(index / PAGE))?.[index % PAGE];
  const all = computed(() => [...pages.value.values()].flat());

  /** Takes in what was found from page `first` on. */
  function keep(first: number, found: GalleryWindow): void {
    found.counts?.forEach((n, i) => {
      const item = found.items[i];
      if (item) counts.set(item.pairId, n);
    });
    total.value = found.total;
    const now = new Map(pages.value);
    for (let i = 0; i * PAGE < found.items.length; i++) {
      now.delete(first + i);
      now.set(first + i, found.items.slice(i * PAGE, (i + 1) * PAGE));
    }
    for (const oldest of now.keys()) {
      if (now.size <= KEPT) break;
      now.delete(oldest);
    }
    pages.value = now;
  }

  /** The list of another search: nothing of it has come yet. */
  function empty(): void {
    pages.value = new Map();
  }

  /** A list that came whole. */
  function fill(pairs: readonly GalleryPair[]): void {
    total.value = pairs.length;
    pages.value = new Map(
      Array.from({ length: Math.ceil(pairs.length / PAGE) }, (_, i) => [
        i,
        pairs.slice(i * PAGE, (i + 1) * PAGE),
      ]),
    );
  }

  /** Changes pairs where they stand. */
  function change(to: (pair: GalleryPair) => GalleryPair): void {
    pages.value = new Map([...pages.value].map(([page, items]) => [page, items.map(to)]));
  }

  /** The pages of [first, last) that are not there, with what is between them. */
  function missing(first: number, last: number): Stretch | undefined {
    const lacks = (page: number): boolean => !pages.value.has(page);
    const end = Math.min(last, Math.ceil(total.value / PAGE));
    const lacking = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i).filter(lacks);
    const [from, to] = [lacking[0], lacking.at(-1)];
    return from === undefined || to === undefined ? undefined : [from, to + 1];
  }

  /** What is to be fetched next: what is in sight, then, while it moves, what comes into sight, before it is needed. */
  function next(): Stretch | undefined {
    const [first, last] = [Math.floor(seen[0] / PAGE), Math.ceil(seen[1] / PAGE)];
    const inSight = missing(first, last);
    if (inSight || way === 0) return inSight;
    const isNear = way > 0 ? missing(last, last + 2) : missing(Math.max(0, first - 2), first);
    if (!isNear) return undefined;
    return way > 0 ? missing(last, last + AHEAD) : missing(Math.max(0, first - AHEAD), first);
  }

  /** Places [first, last) are in sight now. */
  function sight(first: number, last: number): void {
    const meets = first < seen[1] && last > seen[0];
    way = !meets || first === seen[0] ? 0 : first > seen[0] ? 1 : -1;
    seen = [first, last];
  }

  /** The list is looked at from its beginning. */
  function toStart(): void {
    seen = [0, FIRST];
    way = 0;
  }

  return {
    total,
    at,
    all,
    keep,
    empty,
    fill,
    change,
    next,
    sight,
    toStart,
    inSight: (): Stretch => seen,
    countOf: (pairId: string): number => counts.get(pairId) ?? 1,
  };
}
