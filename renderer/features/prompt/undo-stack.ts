/** Undo and redo over whole values. Edits of one kind that follow each other quickly are one step. */

export interface UndoStack<T> {
  /** Keeps the value before a change. `kind` joins runs of the same kind within `joinMs`; null never joins. */
  push(before: T, kind: string | null, now: number): void;
  /** The value to go back to, or undefined; `current` is kept for redo. */
  undo(current: T): T | undefined;
  redo(current: T): T | undefined;
  clear(): void;
}

/** A stack of at most `limit` steps. */
export function undoStack<T>(limit = 500, joinMs = 800): UndoStack<T> {
  let past: T[] = [];
  let future: T[] = [];
  let lastKind: string | null = null;
  let lastAt = -Infinity;
  return {
    push(before, kind, now) {
      const joins = kind !== null && kind === lastKind && now - lastAt < joinMs;
      lastKind = kind;
      lastAt = now;
      future = [];
      if (joins && past.length > 0) return;
      past.push(before);
      if (past.length > limit) past.shift();
    },
    undo(current) {
      const before = past.pop();
      if (before === undefined) return undefined;
      future.push(current);
      lastKind = null;
      return before;
    },
    redo(current) {
      const next = future.pop();
      if (next === undefined) return undefined;
      past.push(current);
      lastKind = null;
      return next;
    },
    clear() {
      past = [];
      future = [];
      lastKind = null;
    },
  };
}
