/** True when every word begins a word of the text; capitals and accents do not count. No words: always. Pure. */
export function matchesWords(text: string, words: string): boolean {
  const plain = (value: string): string[] =>
    value
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const has = plain(text);
  return plain(words).every((word) => has.some((each) => each.startsWith(word)));
}
