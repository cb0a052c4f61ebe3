import { describe, expect, it } from 'vitest';
import { completionAt } from '../../../../renderer/features/prompt/complete.ts';

const KNOWN = ['full beard', 'full moon', 'Green mohawk', 'mohawk, green', 'be'];
const at = (marked: string): ReturnType<typeof completionAt> => {
  const caret = marked.indexOf('|');
  return completionAt(marked.replace('|', ''), caret, KNOWN);
};

describe('completing from phrases that were stressed before', () => {
  it('offers what the last words begin, the longest beginning first', () => {
    expect(at('a person with a fu|')).toEqual({ begin: 16, phrases: ['full beard', 'full moon'] });
    expect(at('a person with a full be|')).toEqual({ begin: 16, phrases: ['full beard'] });
    expect(at('GREEN|')).toEqual({ begin: 0, phrases: ['Green mohawk'] });
  });

  it('offers nothing for one letter, inside a word, over a comma, or for what is typed out', () => {
    for (const text of ['a f|', 'fu|r', 'full, be|', 'a full beard|', 'a full beard |', '|', 'zz|'])
      expect(at(text), text).toBeUndefined();
  });
});
