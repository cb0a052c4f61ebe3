/** Reads weight marks out of a sentence: `(blue beanie:1.3)`, `(blue beanie)`, `beanie++`, `(blue beanie)-`. */

export interface MarkedPhrase {
  readonly phrase: string;
  readonly weight: number;
  /** Place in the plain sentence, UTF-16 units. */
  readonly span: readonly [number, number];
}

export interface ParsedPrompt {
  /** The sentence without marks. */
  readonly prompt: string;
  readonly phrases: readonly MarkedPhrase[];
}

const MARK =
  /\\([()\\])|\(([^()\\]+?)(?::(\d*\.?\d+))?\)(\++|-+)?|([\p{L}\p{N}'-]*[\p{L}\p{N}])(\+{1,5}|-{2,5})(?=[\s,.;]|$)/gu;
const clampWeight = (w: number): number => Math.min(2, Math.max(0, Math.round(w * 100) / 100));

/** `\(` and `\)` are plain brackets. A weight is held within 0 .. 2; `(x)` and `x+` mean 1.1, `x++` 1.21, `x--` 0.81. */
export function parseEmphasis(text: string): ParsedPrompt {
  const phrases: MarkedPhrase[] = [];
  let prompt = '';
  let last = 0;
  for (const match of text.matchAll(MARK)) {
    prompt += text.slice(last, match.index);
    last = match.index + match[0].length;
    const [, escaped, inBrackets, weight, bracketSigns, word, wordSigns] = match;
    if (escaped !== undefined) {
      prompt += escaped;
      continue;
    }
    const phrase = (inBrackets ?? word ?? '').trim();
    if (phrase === '') {
      prompt += match[0];
      continue;
    }
    const signs = bracketSigns ?? wordSigns ?? '';
    const bySigns = signs === '' ? 1.1 : (signs.startsWith('+') ? 1.1 : 0.9) ** signs.length;
    const begin = prompt.length;
    prompt += phrase;
    phrases.push({
      phrase,
      weight: clampWeight(weight === undefined ? bySigns : Number(weight)),
      span: [begin, prompt.length],
    });
  }
  prompt += text.slice(last);
  return { prompt, phrases };
}

/** `full beard` or `blue beanie:1.4` as the command line's --emphasize has it. */
export function parsePhraseOption(option: string): { phrase: string; weight: number } {
  const match = /^(.*?):(\d*\.?\d+)$/.exec(option.trim());
  return match
    ? { phrase: (match[1] ?? '').trim(), weight: clampWeight(Number(match[2])) }
    : { phrase: option.trim(), weight: 1 };
}
