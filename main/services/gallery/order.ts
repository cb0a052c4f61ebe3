/** Which pair stands at which place of a filtered gallery: built once for a filter, so that any place is one look away. */
import type { PairFilter, Store } from '../store/index.ts';

/** Orders of different filters that are kept at once. */
const KEPT = 4;

export interface Stretch {
  readonly total: number;
  /** Numbers of the pairs, newest first. */
  readonly numbers: readonly number[];
}

export interface Orders {
  /** Pairs at places [offset, offset + limit). */
  slice(filter: PairFilter, offset: number, limit: number): Stretch;
  /** The same of the run that a pair belongs to; nothing when it is not in this order. */
  run(filter: PairFilter, number: number, offset: number, limit: number): Stretch;
  /** Runs at places [offset, offset + limit), each by its newest pair, with how many pairs each has. */
  grouped(
    filter: PairFilter,
    offset: number,
    limit: number,
  ): Stretch & { readonly counts: readonly number[] };
  /** A pair came in: it is the newest. */
  added(number: number): void;
  /** Anything else changed. */
  changed(): void;
}

interface Order {
  readonly plain: boolean;
  /** Oldest first, so that a new pair is put at the end. */
  readonly numbers: number[];
  /** Places, from the newest, at which runs begin; made when first asked for. */
  begins: readonly number[] | undefined;
}

/** Nothing is asked but that it is not in the bin. */
const isPlain = (filter: PairFilter): boolean =>
  Object.entries(filter).every(
    ([key, value]) => value === undefined || (key === 'deleted' && value === false),
  );

/** The last of the rising numbers that is at most this one. */
function lastUpTo(rising: readonly number[], value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function makeOrders(store: Store): Orders {
  const kept = new Map<string, Order>();

  function of(filter: PairFilter): Order {
    const key = JSON.stringify(filter, Object.keys(filter).sort());
    const found = kept.get(key);
    kept.delete(key);
    const order = found ?? {
      plain: isPlain(filter),
      numbers: store.read.gallery.numbers(filter).reverse(),
      begins: undefined,
    };
    kept.set(key, order);
    const oldest = kept.keys().next();
    if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
    return order;
  }

  /** Numbers at places [from, to), newest first. */
  function between({ numbers }: Order, from: number, to: number): number[] {
    const end = numbers.length - from;
    return numbers.slice(Math.max(0, numbers.length - to), Math.max(0, end)).reverse();
  }

  const beginsOf = (filter: PairFilter, order: Order): readonly number[] =>
    (order.begins ??= store.read.gallery.runs(filter));

  return {
    slice(filter, offset, limit) {
      const order = of(filter);
      return { total: order.numbers.length, numbers: between(order, offset, offset + limit) };
    },
    run(filter, number, offset, limit) {
      const order = of(filter);
      const at = order.numbers.indexOf(number);
      if (at < 0) return { total: 0, numbers: [] };
      const begins = beginsOf(filter, order);
      const group = lastUpTo(begins, order.numbers.length - 1 - at);
      const begin = begins[group] ?? 0;
      const end = begins[group + 1] ?? order.numbers.length;
      return {
        total: end - begin,
        numbers: between(order, begin + offset, Math.min(end, begin + offset + limit)),
      };
    },
    grouped(filter, offset, limit) {
      const order = of(filter);
      const begins = beginsOf(filter, order);
      const shown = begins.slice(offset, offset + limit);
      return {
        total: begins.length,
        numbers: shown.map((begin) => order.numbers[order.numbers.length - 1 - begin] as number),
        counts: shown.map((begin, i) => (begins[offset + i + 1] ?? order.numbers.length) - begin),
      };
    },
    added(number) {
      for (const [key, order] of kept) {
        order.begins = undefined;
        if (order.plain) order.numbers.push(number);
        else kept.delete(key);
      }
    },
    changed() {
      kept.clear();
    },
  };
}
