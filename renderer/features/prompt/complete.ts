/** Phrases that what is being typed may become. Pure. */

export interface Completion {
  /** Where the typed beginning starts, UTF-16 units; it ends at the caret. */
  readonly begin: number;
  /** Best first. */
  readonly phrases: readonly string[];
}

const MOST_WORDS = 4;
const LEAST = 2;

/** What the last one to four words before the caret may be the beginning of, longest first. */
export function beginningsAt(
  text: string,
  caret: number,
): { readonly begin: number; readonly typed: string }[] {
  // Within a word there is nothing to complete.
  if (/^[\p{L}\p{N}]/u.test(text.slice(caret))) return [];
  const before = text.slice(0, caret);
  const starts = [...before.matchAll(/(?<![\p{L}\p{N}'’-])[\p{L}\p{N}]/gu)].map(({ index }) => index);
  return starts
    .slice(-MOST_WORDS)
    .map((begin) => ({ begin, typed: before.slice(begin).toLowerCase() }))
    .filter(({ typed }) => typed.length >= LEAST && !/[,.;:!?\n]/.test(typed));
}

/**
 * What the last one to four words before the caret begin, if they begin a known phrase. `phrases` are in order of use;
 * a phrase that is typed out already is not offered. Undefined when there is nothing to offer.
 */
export function completionAt(
  text: string,
  caret: number,
  phrases: readonly string[],
  limit = 6,
): Completion | undefined {
  for (const { begin, typed } of beginningsAt(text, caret)) {
    const found = phrases.filter((phrase) => {
      const known = phrase.toLowerCase();
      return known.startsWith(typed) && known !== typed;
    });
    if (found.length > 0) return { begin, phrases: [...new Set(found)].slice(0, limit) };
  }
  return undefined;
}
