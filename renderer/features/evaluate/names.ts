/** Names that nobody has to think of. Pure. */

/** The first of `word-1`, `word-2`, ... that is not taken. */
export function usualName(word: string, taken: readonly string[]): string {
  let n = 1;
  while (taken.includes(`${word}-${n}`)) n++;
  return `${word}-${n}`;
}
