/**
 * An FTS5 query that finds texts in which every word begins a word; null where the text has no letter or digit. Each word
 * is quoted, so that nothing in it is read as the query language.
 */
export function wordsQuery(text: string): string | null {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.length === 0 ? null : words.map((w) => `"${w}"*`).join(' ');
}
