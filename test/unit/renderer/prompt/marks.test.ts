import { describe, expect, it } from 'vitest';
import { phraseOf } from '../../../../renderer/features/prompt/document.ts';
import { readMarks, writeMarks } from '../../../../renderer/features/prompt/marks.ts';
import { normalisePrompt } from '../../../../renderer/features/prompt/normalise.ts';

function read(text: string): { text: string; chips: [string, number][] } {
  let last = 0;
  const document = readMarks(text, () => `c${++last}`);
  return {
    text: document.text,
    chips: document.chips.map((chip) => [phraseOf(document, chip), chip.weight]),
  };
}

describe('weight marks', () => {
  it('reads brackets with and without a weight', () => {
    expect(read('a kid with (round glasses:1.4), (a hat) and shoes')).toEqual({
      text: 'a kid with round glasses, a hat and shoes',
      chips: [
        ['round glasses', 1.4],
        ['a hat', 1.1],
      ],
    });
  });

  it('reads plus and minus signs behind words and brackets', () => {
    expect(read('beard++ and (blue hat)-- and scarf+').chips).toEqual([
      ['beard', 1.2],
      ['blue hat', 0.8],
      ['scarf', 1.1],
    ]);
  });

  it('leaves alone what is no mark', () => {
    for (const text of ['a well-known face', 'C++y', '()', 'x - y', 'a (half open bracket', 'one-two']) {
      expect(read(text)).toEqual({ text, chips: [] });
    }
  });

  it('holds weights within 0 to 2', () => {
    expect(read('(x:9)').chips).toEqual([['x', 2]]);
  });

  it('writes what it reads, with brackets, plus signs and dashes in the sentence', () => {
    const text = 'f(x) -- a C++ book\\ by (nobody)';
    let last = 0;
    const next = (): string => `c${++last}`;
    const document = {
      text,
      chips: [
        { id: 'c1', begin: 0, end: 4, weight: 0.6, muted: false },
        { id: 'c2', begin: 10, end: 18, weight: 1.4, muted: false },
      ],
    };
    expect(readMarks(writeMarks(document), next)).toEqual(document);
  });

  it('writes a part, and a muted chip as weight 0', () => {
    const document = {
      text: 'one two three',
      chips: [{ id: 'a', begin: 4, end: 7, weight: 1.2, muted: true }],
    };
    expect(writeMarks(document, 4)).toBe('(two:0.0) three');
    expect(writeMarks(document, 0, 5)).toBe('one t');
  });
});

describe('the sentence that is sent', () => {
  it('has one space for each run, none at the ends, and spans that fit it', () => {
    const text = '  a\n\tkid  with a  cafe\u0301  cup ';
    const begin = text.indexOf('cafe');
    const sent = normalisePrompt({
      text,
      chips: [{ id: 'c', begin, end: text.length - 1, weight: 1, muted: false }],
    });
    expect(sent.prompt).toBe('a kid with a café cup');
    expect(sent.phrases.map(({ phrase, span }) => [phrase, sent.prompt.slice(...span)])).toEqual([
      ['café cup', 'café cup'],
    ]);
  });

  it('keeps the span of the first word', () => {
    const sent = normalisePrompt({
      text: '   full  beard',
      chips: [{ id: 'c', begin: 3, end: 14, weight: 1, muted: false }],
    });
    expect(sent.phrases[0]?.span).toEqual([0, 10]);
  });
});
