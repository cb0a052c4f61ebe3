/**
 * Which rows of a very long grid are to be drawn. Browsers cap the height of an element (Chromium near 33 million pixels,
 * Firefox near 17), so beyond `MAX_HEIGHT` the scrollbar stands for more pixels than it has: its place says where in the grid
 * one is, and what it is moved by a wheel is still that many pixels of the grid. Pure.
 */

export const MAX_HEIGHT = 8_000_000;
/** So many pixels at both ends are one for one with the scrollbar's, so that the ends are reached without a correction. */
const EVEN = 250_000;

export interface GridShape {
  readonly count: number;
  readonly columns: number;
  /** Height of a row with the gap below it, in pixels. */
  readonly rowHeight: number;
  /** Height of the part that is seen. */
  readonly viewHeight: number;
}

/** Height of the whole grid, and of the element that stands for it. */
export function heightsOf({ count, columns, rowHeight }: GridShape): { real: number; shown: number } {
  const real = Math.ceil(count / Math.max(1, columns)) * rowHeight;
  return { real, shown: Math.min(real, MAX_HEIGHT) };
}

/** The place in the grid, in its own pixels, for a place of the scrollbar. */
export function topOf(shape: GridShape, scrollTop: number): number {
  const { real, shown } = heightsOf(shape);
  if (real === shown) return scrollTop;
  return stretch(scrollTop, shown - shape.viewHeight, real - shape.viewHeight);
}

/** The place of the scrollbar for a place in the grid. */
export function scrollTopOf(shape: GridShape, top: number): number {
  const { real, shown } = heightsOf(shape);
  if (real === shown) return top;
  return stretch(top, real - shape.viewHeight, shown - shape.viewHeight);
}

/** A place in [0, from] as the place in [0, to] that stands for it: the ends even, what is between them stretched. */
function stretch(place: number, from: number, to: number): number {
  const at = Math.min(Math.max(place, 0), from);
  if (at <= EVEN) return at;
  if (from - at <= EVEN) return to - (from - at);
  return EVEN + ((at - EVEN) * (to - 2 * EVEN)) / (from - 2 * EVEN);
}

/**
 * The place in the grid after the scrollbar went from one place to another. A short way is a wheel, a finger or a key and moves
 * the grid by as much; a long one is the scrollbar's thumb, of which one pixel is thousands, and leads to what it stands for.
 */
export function topAfter(shape: GridShape, top: number, from: number, to: number): number {
  const { real, shown } = heightsOf(shape);
  const thumb = shown / Math.max(1, shape.viewHeight);
  if (real === shown || Math.abs(to - from) > thumb / 2) return topOf(shape, to);
  return Math.min(Math.max(0, top + to - from), Math.max(0, real - shape.viewHeight));
}

/** Rows that are drawn at once with `spare` more above and below: as many wherever one is, so that each keeps its elements. */
export function rowsDrawn({ rowHeight, viewHeight }: GridShape, spare = 1): number {
  return Math.ceil(viewHeight / rowHeight) + 1 + 2 * spare;
}

/** Items [first, last) that are drawn at `top`: what is seen, with `spare` rows above and below. */
export function rangeAt(shape: GridShape, top: number, spare = 1): { first: number; last: number } {
  const { count, columns, rowHeight } = shape;
  const row = Math.floor(top / rowHeight) - spare;
  return {
    first: Math.min(count, Math.max(0, row) * columns),
    last: Math.min(count, Math.max(0, row + rowsDrawn(shape, spare)) * columns),
  };
}

/** Items [first, last) of which something is seen at `top`. */
export function seenAt(
  { count, columns, rowHeight, viewHeight }: GridShape,
  top: number,
): { first: number; last: number } {
  return {
    first: Math.min(count, Math.max(0, Math.floor(top / rowHeight)) * columns),
    last: Math.min(count, Math.max(0, Math.ceil((top + viewHeight) / rowHeight)) * columns),
  };
}

/** The least move of `top` that brings an item wholly into sight. */
export function topToShow(shape: GridShape, top: number, index: number): number {
  const begin = Math.floor(index / shape.columns) * shape.rowHeight;
  const end = begin + shape.rowHeight;
  if (begin < top) return begin;
  return end > top + shape.viewHeight ? end - shape.viewHeight : top;
}

/** How many columns of at least `least` pixels fit, and how wide they are then. */
export function columnsIn(width: number, least: number, gap: number): { columns: number; tile: number } {
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  return { columns, tile: Math.floor((width - gap * (columns - 1)) / columns) };
}

/** Where an arrow key leads from an item; the same item at an edge. */
export function step(shape: GridShape, from: number, key: string): number {
  const { count, columns, rowHeight, viewHeight } = shape;
  const page = Math.max(1, Math.floor(viewHeight / rowHeight)) * columns;
  const by: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -page,
    PageDown: page,
  };
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const move = by[key] ?? 0;
  const next = from + move;
  if (next >= 0 && next < count) return next;
  // A page or a short last row ends at the last item; a single step stays.
  if (
    key === 'PageDown' ||
    (key === 'ArrowDown' && Math.floor(from / columns) < Math.floor((count - 1) / columns))
  )
    return count - 1;
  return key === 'PageUp' ? from % columns : from;
}
