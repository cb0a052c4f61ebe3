/** Terms of one beginning up to which they are asked for one by one. */
const MOST_TERMS = 24;

/**
 * An FTS5 query that finds texts in which every word begins a word; null where the text has no letter or digit. Each word
 * is quoted, so that nothing in it is read as the query language. FTS5 gathers all texts of a beginning before it gives the
 * first; those of whole terms it gives one by one. So where few terms begin so, these are asked for: `nextTerm` gives the
 * first term of the index from a text on.
 */
export function wordsQuery(text: string, nextTerm?: (from: string) => string | undefined): string | null {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  if (words.length === 0) return null;
  return words
    .map((word) => {
      const terms = nextTerm && termsOf(word.toLowerCase(), nextTerm);
      return terms ? `(${terms.map((term) => `"${term}"`).join(' OR ')})` : `"${word}"*`;
    })
    .join(' AND ');
}

/** All terms that begin so; undefined where they are none, too many, or not of plain letters, which the index may fold. */
function termsOf(start: string, nextTerm: (from: string) => string | undefined): string[] | undefined {
  const terms: string[] = [];
  for (let from = start; /^[a-z0-9]+$/.test(start);) {
    const term = nextTerm(from);
    if (term?.startsWith(start) !== true) return terms.length > 0 ? terms : undefined;
    if (!/^[a-z0-9]+$/.test(term) || terms.push(term) > MOST_TERMS) return undefined;
    // No term holds this character, so it is the first text after the term.
    from = `${term}\u0001`;
  }
  return undefined;
}
