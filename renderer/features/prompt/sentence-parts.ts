/** A sentence cut at its stressed phrases, for whoever shows it. Pure. */

export interface StressedPhrase {
  readonly phrase: string;
  readonly weight: number;
  readonly muted: boolean;
  /** [begin, end) in the sentence, UTF-16 units; without it the phrase is looked for. */
  readonly span?: readonly [number, number] | undefined;
}

export interface SentencePart {
  readonly text: string;
  /** Undefined for words that are not stressed. */
  readonly stress: { readonly weight: number; readonly muted: boolean; readonly thick: number } | undefined;
}

/** Thickness of a phrase's underline in pixels: 1 up to weight 0.8, 2 from there, 3 from 1.4, 4 from 1.8. */
export function underlineOf(weight: number): 1 | 2 | 3 | 4 {
  if (weight <= 0.8) return 1;
  if (weight < 1.4) return 2;
  return weight < 1.8 ? 3 : 4;
}

/** The parts in order; together they are the whole sentence. Where two phrases overlap the first one counts. */
export function sentenceParts(prompt: string, phrases: readonly StressedPhrase[]): SentencePart[] {
  const found = phrases
    .flatMap(({ phrase, weight, muted, span }) => {
      const at = prompt.indexOf(phrase);
      const [begin, end] = span ?? [at, at + phrase.length];
      return begin < 0 || end > prompt.length || begin >= end ? [] : [{ weight, muted, begin, end }];
    })
    .sort((a, b) => a.begin - b.begin);
  const out: SentencePart[] = [];
  let at = 0;
  const plain = (end: number): void => {
    if (end > at) out.push({ text: prompt.slice(at, end), stress: undefined });
  };
  for (const { begin, end, weight, muted } of found) {
    if (begin < at) continue;
    plain(begin);
    out.push({ text: prompt.slice(begin, end), stress: { weight, muted, thick: underlineOf(weight) } });
    at = end;
  }
  plain(prompt.length);
  return out;
}
