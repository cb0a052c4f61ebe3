import { describe, expect, it } from 'vitest';
import { matchesWords } from '../../../../renderer/features/prompt/matches.ts';
import { sentenceParts, underlineOf } from '../../../../renderer/features/prompt/sentence-parts.ts';

const phrase = (words: string, span?: readonly [number, number], weight = 1) => ({
  phrase: words,
  weight,
  muted: false,
  span,
});

describe('the parts of a sentence', () => {
  it('are the whole sentence, cut at its phrases in their order', () => {
    const parts = sentenceParts('a kid with a red hat', [
      phrase('red hat', undefined, 1.6),
      phrase('kid', [2, 5]),
    ]);
    expect(parts.map(({ text }) => text)).toEqual(['a ', 'kid', ' with a ', 'red hat']);
    expect(parts.map(({ stress }) => stress?.thick)).toEqual([undefined, 2, undefined, 3]);
  });

  it('leave out a phrase that does not stand there or lies on another', () => {
    const parts = sentenceParts('a red hat', [
      phrase('red hat'),
      phrase('hat'),
      phrase('robot'),
      phrase('x', [7, 40]),
    ]);
    expect(parts.map(({ text, stress }) => [text, stress !== undefined])).toEqual([
      ['a ', false],
      ['red hat', true],
    ]);
    expect(sentenceParts('', [])).toEqual([]);
  });

  it('are underlined as thick as they weigh', () => {
    expect([0, 0.8, 0.9, 1.3, 1.4, 1.7, 1.8, 2].map(underlineOf)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });
});

describe('words that are searched for', () => {
  it('each begin a word, without capitals and accents', () => {
    expect(matchesWords('A café with a Red hat', 'cafe red')).toBe(true);
    expect(matchesWords('A café with a Red hat', 'at')).toBe(false);
    expect(matchesWords('anything', '  ')).toBe(true);
  });
});
