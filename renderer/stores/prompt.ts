import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import {
  EMPTY_DOCUMENT,
  WEIGHT_STEP,
  changeChip,
  chipAt,
  clampWeight,
  phraseOf,
  replaceText,
  stress,
  unstress,
} from '../features/prompt/document.ts';
import { readMarks } from '../features/prompt/marks.ts';
import { undoStack } from '../features/prompt/undo-stack.ts';
import type { Chip, PromptDocument } from '../features/prompt/document.ts';

/** Where the caret or the selection is, UTF-16 units, begin <= end. */
export interface TextRange {
  readonly begin: number;
  readonly end: number;
}

interface Moment {
  readonly document: PromptDocument;
  readonly selection: TextRange;
  readonly selectedId: string | null;
  /** What else one undo brings back; undefined as long as nothing else takes part. */
  readonly beside: unknown;
}

/** Something beside the sentence that has its steps in the same stack. */
export interface Beside {
  readonly take: () => unknown;
  readonly restore: (value: unknown) => void;
}

/** The sentence, its chips, the caret and the one undo stack over them. */
export const usePromptStore = defineStore('prompt', () => {
  const document = shallowRef<PromptDocument>(EMPTY_DOCUMENT);
  const selection = shallowRef<TextRange>({ begin: 0, end: 0 });
  const selectedId = ref<string | null>(null);
  const stack = undoStack<Moment>();
  let beside: Beside | undefined;
  /** Set while one step is made of several changes, or while a moment is brought back. */
  let held = 0;

  const chips = computed(() =>
    document.value.chips.map((chip) => ({ ...chip, phrase: phraseOf(document.value, chip) })),
  );
  const selected = computed(() => chips.value.find((chip) => chip.id === selectedId.value));
  /** What Ctrl+E would stress now: true when the selection (or the word at the caret) is not a whole chip already. */
  const isEmpty = computed(() => document.value.text.trim() === '');

  function commit(next: PromptDocument, kind: string | null, caret?: number): void {
    if (next === document.value) return;
    if (held === 0) stack.push(now(), kind, performance.now());
    document.value = next;
    if (caret !== undefined) selection.value = { begin: caret, end: caret };
    if (selectedId.value !== null && !next.chips.some((chip) => chip.id === selectedId.value)) {
      selectedId.value = null;
    }
  }

  /** Types, deletes or pastes: replaces [begin, end) by plain text and puts the caret behind it. */
  function replace(begin: number, end: number, insert: string, kind: string | null): void {
    commit(replaceText(document.value, begin, end, insert), kind, begin + insert.length);
  }

  /** Pastes text whose weight marks become chips. */
  function paste(begin: number, end: number, marked: string): void {
    const pasted = readMarks(marked, newId);
    commit(
      replaceText(document.value, begin, end, pasted.text, pasted.chips),
      null,
      begin + pasted.text.length,
    );
    const last = pasted.chips.at(-1);
    if (last && document.value.chips.some(({ id }) => id === last.id)) selectedId.value = last.id;
  }

  /** Replaces what was typed by a whole phrase and stresses it, in one step of undo. */
  function complete(begin: number, end: number, phrase: string, id: string): void {
    const written = replaceText(document.value, begin, end, phrase);
    commit(stress(written, begin, begin + phrase.length, id), null, begin + phrase.length);
    selectedId.value = id;
  }

  /** Follows the caret; a chip under it becomes the selected one. */
  function select(range: TextRange): void {
    selection.value = range;
    const chip = chipAt(document.value, range.begin, range.end);
    if (chip) selectedId.value = chip.id;
  }

  /** Selects a chip from the list (the caret stays) or none. */
  function selectChip(id: string | null): void {
    selectedId.value = id;
  }

  /** Stresses the selected words or the word at the caret; returns false when there is none. */
  function stressSelection(): boolean {
    const { begin, end } = selection.value;
    const same = chipAt(document.value, begin, end);
    if (same && begin >= same.begin && end <= same.end) {
      selectedId.value = same.id;
      return true;
    }
    const id = newId();
    const next = stress(document.value, begin, end, id);
    if (next === document.value) return false;
    commit(next, null);
    selectedId.value = id;
    return true;
  }

  function setWeight(id: string, weight: number): void {
    commit(changeChip(document.value, id, { weight }), `weight ${id}`);
  }

  /**
   * One step up or down for the chip at the caret, else for the selected one; a word that is not stressed yet
   * becomes stressed first.
   */
  function stepWeight(direction: 1 | -1, fromText: boolean): void {
    if (fromText && !stressSelection()) return;
    const chip = selected.value;
    if (chip) setWeight(chip.id, clampWeight(chip.weight + direction * WEIGHT_STEP));
  }

  function setMuted(id: string, muted: boolean): void {
    commit(changeChip(document.value, id, { muted }), null);
  }

  /** Mutes or unmutes the chip at the caret, else the selected one. */
  function toggleMute(fromText: boolean): void {
    const { begin, end } = selection.value;
    const chip = (fromText ? chipAt(document.value, begin, end) : undefined) ?? selected.value;
    if (chip) setMuted(chip.id, !chip.muted);
  }

  function removeChip(id: string): void {
    commit(unstress(document.value, id), null);
  }

  /** The next or previous chip in the text, around the ends. */
  function stepSelection(direction: 1 | -1): Chip | undefined {
    const list = document.value.chips;
    if (list.length === 0) return undefined;
    const at = list.findIndex((chip) => chip.id === selectedId.value);
    const start = at < 0 && direction < 0 ? 0 : at;
    const next = list[(start + direction + list.length) % list.length];
    if (next) {
      selectedId.value = next.id;
      selection.value = { begin: next.end, end: next.end };
    }
    return next;
  }

  function restore(moment: Moment | undefined): void {
    if (!moment) return;
    document.value = moment.document;
    selection.value = moment.selection;
    held++;
    if (moment.beside !== undefined) beside?.restore(moment.beside);
    held--;
    const has = (id: string | null): boolean => moment.document.chips.some((chip) => chip.id === id);
    if (!has(selectedId.value)) selectedId.value = has(moment.selectedId) ? moment.selectedId : null;
  }

  const now = (): Moment => ({
    document: document.value,
    selection: selection.value,
    selectedId: selectedId.value,
    beside: beside?.take(),
  });

  /** Lets something else take part in undo. Its owner tells of each change with `changed`. */
  function join(other: Beside): void {
    beside = other;
  }

  /** A change beside the sentence is a step too; `before` is what `take` gave before it. */
  function changed(before: unknown, kind: string): void {
    if (held === 0) stack.push({ ...now(), beside: before }, kind, performance.now());
  }

  /** Everything that is changed inside is one step. */
  function asOne(change: () => void): void {
    if (held === 0) stack.push(now(), null, performance.now());
    held++;
    try {
      change();
    } finally {
      held--;
    }
  }

  /** Replaces everything (a draft, a recalled recipe); can be undone unless `fresh`. */
  function load(next: PromptDocument, fresh = false): void {
    if (fresh) {
      document.value = next;
      stack.clear();
    } else commit(next, null, next.text.length);
    selectedId.value = next.chips[0]?.id ?? null;
  }

  return {
    document,
    selection,
    selectedId,
    chips,
    selected,
    isEmpty,
    replace,
    paste,
    complete,
    select,
    selectChip,
    stressSelection,
    setWeight,
    stepWeight,
    setMuted,
    toggleMute,
    removeChip,
    stepSelection,
    join,
    changed,
    asOne,
    load,
    undo: () => {
      restore(stack.undo(now()));
    },
    redo: () => {
      restore(stack.redo(now()));
    },
  };
});

/** A new chip's id: 64 random bits. */
export function newId(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return `e${[...words].map((word) => word.toString(36)).join('')}`;
}
