/** How fast rows go past, so that nothing is fetched for those that nobody can look at. */

/** Rows a second above which they fly past: a row is then in sight for about a quarter of a second. */
const FAST = 20;
/** So many moves one after another make a flight; a jump alone is none. */
const FLIGHT = 4;
const REST_MS = 100;
/** After a way of so many rows nothing of what was seen is left, and what is in sight is to come before what is beside it. */
const FAR = 8;
const FAR_REST_MS = 300;
/** A scrollbar that is dragged moves with every frame; after a longer pause than this a far move is a jump of its own. */
const DRAG_MS = 40;

export interface Pace {
  /** Told at each move which row is at the top, with its fraction; true while rows fly past. */
  moved(row: number): boolean;
  stop(): void;
}

/** Times in milliseconds. `onRest` is called once when nothing has moved for a tenth of a second, after a jump for three. */
export function watchPace({
  onRest,
  now = () => performance.now(),
}: {
  readonly onRest: () => void;
  readonly now?: () => number;
}): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: { readonly row: number; readonly at: number } | undefined;
  let before = 0;
  let fast = 0;
  return {
    moved(row) {
      const at = now();
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          last = undefined;
          fast = 0;
          onRest();
        },
        Math.abs(row - before) > FAR ? FAR_REST_MS : REST_MS,
      );
      before = row;
      const passed = last ? at - last.at : Infinity;
      const rows = last ? Math.abs(row - last.row) : 0;
      const follows = passed < (rows > FAR ? DRAG_MS : REST_MS);
      fast = follows && rows * 1000 > FAST * passed ? fast + 1 : 0;
      last = { row, at };
      return fast >= FLIGHT;
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
