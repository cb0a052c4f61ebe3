import { describe, expect, it } from 'vitest';
import {
  changeChip,
  chipAt,
  clampWeight,
  phraseOf,
  replaceText,
  stress,
  unstress,
  wordsIn,
} from '../../../../renderer/features/prompt/document.ts';
import type { PromptDocument } from '../../../../renderer/features/prompt/document.ts';

const TEXT = 'a kid with a full beard and shades';
const at = (text: string, words: string): [number, number] => [
  text.indexOf(words),
  text.indexOf(words) + words.length,
];

function withChips(text: string, ...phrases: string[]): PromptDocument {
  return phrases.reduce<PromptDocument>((document, phrase) => stress(document, ...at(text, phrase), phrase), {
    text,
    chips: [],
  });
}

const phrases = (document: PromptDocument): string[] =>
  document.chips.map((chip) => phraseOf(document, chip));

describe('stressing words', () => {
  it('completes half words and leaves out spaces and marks at the edges', () => {
    const begin = TEXT.indexOf(' full') - 1;
    expect(phrases(stress({ text: TEXT, chips: [] }, begin + 1, begin + 9, 'x'))).toEqual(['full beard']);
    const marked = stress({ text: 'red, "blue hat", green', chips: [] }, 4, 16, 'x');
    expect(phrases(marked)).toEqual(['blue hat']);
  });

  it('takes the word at the caret, also at its end', () => {
    expect(wordsIn('red hat', 1, 1)).toEqual([0, 3]);
    expect(wordsIn('red hat', 7, 7)).toEqual([4, 7]);
    expect(wordsIn('red  hat', 4, 4)).toBeUndefined();
    expect(wordsIn('red  hat', 3, 5)).toBeUndefined();
  });

  it('keeps an emoji whole', () => {
    expect(wordsIn('a 🦊 fox', 3, 3)).toEqual([2, 4]);
  });

  it('lets the new chip replace those that it touches', () => {
    const document = stress(withChips(TEXT, 'full', 'shades'), ...at(TEXT, 'full beard'), 'both');
    expect(document.chips.map((chip) => chip.id)).toEqual(['both', 'shades']);
  });

  it('changes nothing when no word is selected', () => {
    const document: PromptDocument = { text: 'a  b', chips: [] };
    expect(stress(document, 1, 3, 'x')).toBe(document);
  });
});

describe('editing around chips', () => {
  const document = withChips(TEXT, 'full beard', 'shades');
  const [begin, end] = at(TEXT, 'full beard');

  it('moves chips behind an edit', () => {
    expect(phrases(replaceText(document, 0, 1, 'one blocky'))).toEqual(['full beard', 'shades']);
  });

  it('joins what is typed inside, and leaves out what is typed at the edges', () => {
    expect(phrases(replaceText(document, begin + 4, begin + 4, ' red'))).toEqual([
      'full red beard',
      'shades',
    ]);
    expect(phrases(replaceText(document, end, end, 's'))).toEqual(['full beard', 'shades']);
    expect(phrases(replaceText(document, begin, begin, 'very '))).toEqual(['full beard', 'shades']);
  });

  it('cuts a chip at the end, at the front, and drops it when its words are gone', () => {
    expect(phrases(replaceText(document, begin + 4, end + 4, ''))).toEqual(['full', 'shades']);
    expect(phrases(replaceText(document, begin - 2, begin + 5, ''))).toEqual(['beard', 'shades']);
    expect(phrases(replaceText(document, begin, end, ''))).toEqual(['shades']);
    expect(phrases(replaceText(document, 0, TEXT.length, 'new'))).toEqual([]);
  });

  it('never leaves a chip empty, overlapping or out of order, whatever is replaced', () => {
    for (let from = 0; from <= TEXT.length; from++) {
      for (let to = from; to <= TEXT.length; to++) {
        for (const insert of ['', ' ', 'xy z']) {
          const next = replaceText(document, from, to, insert);
          expect(next.text).toBe(TEXT.slice(0, from) + insert + TEXT.slice(to));
          let last = 0;
          for (const chip of next.chips) {
            expect(chip.begin).toBeGreaterThanOrEqual(last);
            expect(chip.end).toBeGreaterThan(chip.begin);
            expect(chip.end).toBeLessThanOrEqual(next.text.length);
            expect(phraseOf(next, chip)).toBe(phraseOf(next, chip).trim());
            last = chip.end;
          }
        }
      }
    }
  });

  it('brings pasted chips in, but not into another chip', () => {
    const pasted = [{ id: 'p', begin: 0, end: 3, weight: 1.2, muted: false }];
    expect(phrases(replaceText(document, 0, 1, 'red', pasted))).toEqual(['red', 'full beard', 'shades']);
    expect(phrases(replaceText(document, begin + 2, begin + 2, 'red', pasted))).toEqual([
      'fured' + 'll beard',
      'shades',
    ]);
  });
});

describe('one chip', () => {
  const document = withChips(TEXT, 'full beard');

  it('holds weights on tenths from 0 to 2', () => {
    expect([0.1 + 0.2, -1, 9, Number.NaN].map(clampWeight)).toEqual([0.3, 0, 2, 1]);
    expect(changeChip(document, 'full beard', { weight: 1.449 }).chips[0]?.weight).toBe(1.4);
  });

  it('keeps its weight while muted', () => {
    const muted = changeChip(changeChip(document, 'full beard', { weight: 1.7 }), 'full beard', {
      muted: true,
    });
    expect(muted.chips[0]).toMatchObject({ weight: 1.7, muted: true });
  });

  it('is found at its edges and is gone after unstress', () => {
    const [begin, end] = at(TEXT, 'full beard');
    expect(chipAt(document, begin)?.id).toBe('full beard');
    expect(chipAt(document, end)?.id).toBe('full beard');
    expect(chipAt(document, end + 1)).toBeUndefined();
    expect(unstress(document, 'full beard')).toEqual({ text: TEXT, chips: [] });
  });
});
