/**
 * The text form of a sentence with stressed words: `a kid with (round glasses:1.2)`. Reading it back gives the same
 * sentence, chips and weights; a muted chip is written with the weight 0, since the form has no word for muting.
 */
import { clampWeight } from './document.ts';
import type { Chip, PromptDocument } from './document.ts';

const MARK =
  /\\([()\\+-])|\(((?:[^()\\]|\\[()\\+-])+?)(?::(\d*\.?\d+))?\)(\++|-+)?|([\p{L}\p{N}'’-]*[\p{L}\p{N}])(\+{1,5}|-{2,5})(?=[\s,.;!?]|$)/gu;

/**
 * Reads weight marks: `(x:1.2)`, `(x)` and `x+` (1.1), `x++` (1.2), `(x)--` (0.8); `\(` is a bracket, `\+` a plus. Weights are
 * held on the grid of chips. `nextId` names the chips.
 */
export function readMarks(marked: string, nextId: () => string): PromptDocument {
  const chips: Chip[] = [];
  let text = '';
  let last = 0;
  for (const match of marked.matchAll(MARK)) {
    text += marked.slice(last, match.index);
    last = match.index + match[0].length;
    const [, escaped, inBrackets, weight, bracketSigns, word, wordSigns] = match;
    if (escaped !== undefined) {
      text += escaped;
      continue;
    }
    const phrase = unescape(inBrackets ?? word ?? '').trim();
    if (phrase === '') {
      text += match[0];
      continue;
    }
    const signs = bracketSigns ?? wordSigns ?? '';
    const begin = text.length;
    text += phrase;
    chips.push({
      id: nextId(),
      begin,
      end: text.length,
      weight: clampWeight(weight === undefined ? bySigns(signs) : Number(weight)),
      muted: false,
    });
  }
  return { text: text + marked.slice(last), chips };
}

function bySigns(signs: string): number {
  if (signs === '') return 1.1;
  return (signs.startsWith('+') ? 1.1 : 0.9) ** signs.length;
}

/** Writes a document, or the part [begin, end) of it, with its marks; brackets of the sentence are escaped. */
export function writeMarks(document: PromptDocument, begin = 0, end = document.text.length): string {
  const plain = (from: number, to: number): string => escape(document.text.slice(from, to));
  let out = '';
  let at = begin;
  for (const chip of document.chips) {
    if (chip.begin < begin || chip.end > end) continue;
    const weight = chip.muted ? 0 : chip.weight;
    out += `${plain(at, chip.begin)}(${plain(chip.begin, chip.end)}:${weight.toFixed(1)})`;
    at = chip.end;
  }
  return out + plain(at, end);
}

/** Everything that reading would take for a mark. */
function escape(text: string): string {
  return text.replace(/[()\\+]|-(?=-)|(?<=-)-/g, '\\$&');
}

function unescape(text: string): string {
  return text.replace(/\\([()\\+-])/g, '$1');
}
