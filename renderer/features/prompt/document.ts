/**
 * The sentence and its stressed phrases, as pure values. Offsets are UTF-16 units of the plain sentence, which is
 * exactly what the editor shows: weights and marks are never part of the text.
 */

/** A stressed phrase: the words `text.slice(begin, end)`. */
export interface Chip {
  readonly id: string;
  readonly begin: number;
  readonly end: number;
  /** 0 .. 2, in steps of 0.1; 1 is ordinary. */
  readonly weight: number;
  /** Without effect for now; its weight and references are kept. */
  readonly muted: boolean;
}

export interface PromptDocument {
  readonly text: string;
  /** In the order of the text; they never overlap and are never empty. */
  readonly chips: readonly Chip[];
}

export const EMPTY_DOCUMENT: PromptDocument = { text: '', chips: [] };
export const WEIGHT_STEP = 0.1;
const WORD = /[\p{L}\p{N}\p{M}'’_-]/u;

/** A weight within 0 .. 2 on the grid of tenths; not a number becomes 1. */
export function clampWeight(weight: number): number {
  if (!Number.isFinite(weight)) return 1;
  return Math.min(2, Math.max(0, Math.round(weight * 10) / 10));
}

/** The words of a chip. */
export function phraseOf(document: PromptDocument, chip: Chip): string {
  return document.text.slice(chip.begin, chip.end);
}

/**
 * Replaces [begin, end) by `insert`. Text that is typed inside a chip joins it; at its edges it stays outside. A chip
 * whose words are all gone goes with them. `pasted` are chips inside `insert` (offsets from its beginning); they are
 * left out when the place lies inside a chip, since chips never overlap.
 */
export function replaceText(
  document: PromptDocument,
  begin: number,
  end: number,
  insert: string,
  pasted: readonly Chip[] = [],
): PromptDocument {
  const text = document.text.slice(0, begin) + insert + document.text.slice(end);
  const delta = insert.length - (end - begin);
  const moved = document.chips.flatMap((chip): Chip[] => {
    if (chip.end <= begin) return [chip];
    if (chip.begin >= end) return [{ ...chip, begin: chip.begin + delta, end: chip.end + delta }];
    const inside = chip.begin < begin && end < chip.end;
    if (inside) return [{ ...chip, end: chip.end + delta }];
    // The head of a chip that was cut, its tail, or all of it.
    const next =
      chip.begin < begin
        ? { ...chip, end: begin }
        : { ...chip, begin: begin + insert.length, end: Math.max(begin + insert.length, chip.end + delta) };
    return [next];
  });
  const shifted = pasted.map((chip) => ({ ...chip, begin: chip.begin + begin, end: chip.end + begin }));
  return tidy({ text, chips: [...moved, ...shifted] });
}

/**
 * Stresses the words of [begin, end): spaces and marks at the edges are left out, half words are completed. Chips that
 * it touches give way to the new one. Returns the same document when no word is in the range.
 */
export function stress(document: PromptDocument, begin: number, end: number, id: string): PromptDocument {
  const range = wordsIn(document.text, begin, end);
  if (!range) return document;
  const chip: Chip = { id, begin: range[0], end: range[1], weight: 1, muted: false };
  const others = document.chips.filter((other) => other.end <= chip.begin || other.begin >= chip.end);
  return tidy({ text: document.text, chips: [...others, chip] });
}

/** The same words, no longer stressed. */
export function unstress(document: PromptDocument, id: string): PromptDocument {
  return { ...document, chips: document.chips.filter((chip) => chip.id !== id) };
}

/** Changes weight or muting of one chip. */
export function changeChip(
  document: PromptDocument,
  id: string,
  change: Partial<Pick<Chip, 'weight' | 'muted'>>,
): PromptDocument {
  return {
    ...document,
    chips: document.chips.map((chip) =>
      chip.id === id ? { ...chip, ...change, weight: clampWeight(change.weight ?? chip.weight) } : chip,
    ),
  };
}

/** The chip that a caret or a selection touches, edges included; the first one of several. */
export function chipAt(document: PromptDocument, begin: number, end = begin): Chip | undefined {
  const inside = document.chips.find((chip) => begin < chip.end && end > chip.begin);
  return inside ?? document.chips.find((chip) => begin <= chip.end && end >= chip.begin);
}

/** Whole words within or around a range, without the spaces at its edges; undefined when there is none. */
export function wordsIn(text: string, begin: number, end: number): [number, number] | undefined {
  let from = begin;
  let to = end;
  while (from < to && !isWord(text, from)) from++;
  while (to > from && !isWord(text, to - 1)) to--;
  if (from === to && begin !== end) return undefined;
  while (from > 0 && isWord(text, from - 1)) from--;
  while (to < text.length && isWord(text, to)) to++;
  return from < to ? [from, to] : undefined;
}

function isWord(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  // Halves of a surrogate pair (an emoji, a rare script) stay together.
  if (unit >= 0xd800 && unit <= 0xdfff) return true;
  return WORD.test(text.charAt(at));
}

/** Chips in order, without empty ones and without the spaces that an edit left at their edges. */
function tidy({ text, chips }: PromptDocument): PromptDocument {
  const kept: Chip[] = [];
  for (const chip of [...chips].sort((a, b) => a.begin - b.begin)) {
    let { begin, end } = chip;
    while (begin < end && isSpace(text, begin)) begin++;
    while (end > begin && isSpace(text, end - 1)) end--;
    const last = kept.at(-1);
    if (begin < end && (!last || last.end <= begin)) kept.push({ ...chip, begin, end });
  }
  return { text, chips: kept };
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text.charAt(at));
}
