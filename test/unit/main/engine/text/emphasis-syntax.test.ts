import { describe, expect, it } from 'vitest';
import { parseEmphasis, parsePhraseOption } from '../../../../../main/engine/index.ts';

describe('weight marks in the sentence', () => {
  it.each([
    ['plain words', 'plain words', []],
    ['a (blue beanie:1.3) on', 'a blue beanie on', [['blue beanie', 1.3]]],
    ['a (blue beanie) on', 'a blue beanie on', [['blue beanie', 1.1]]],
    ['a (blue beanie)++ on', 'a blue beanie on', [['blue beanie', 1.21]]],
    ['a (blue beanie)- on', 'a blue beanie on', [['blue beanie', 0.9]]],
    [
      'beard+ and shades--',
      'beard and shades',
      [
        ['beard', 1.1],
        ['shades', 0.81],
      ],
    ],
    [
      '(a:0) (b:2)',
      'a b',
      [
        ['a', 0],
        ['b', 2],
      ],
    ],
    ['(a:.5)', 'a', [['a', 0.5]]],
    ['(too much:9)', 'too much', [['too much', 2]]],
    ['a well-known face- no mark', 'a well-known face- no mark', []],
    ['\\(not stressed\\)', '(not stressed)', []],
    ['a backslash \\\\ stays one', 'a backslash \\ stays one', []],
    ['(open', '(open', []],
    ['( ) and ()', '( ) and ()', []],
    ['(été:1.2)', 'été', [['été', 1.2]]],
  ] as const)('%s', (text, prompt, phrases) => {
    const parsed = parseEmphasis(text);
    expect(parsed.prompt).toBe(prompt);
    expect(parsed.phrases.map((p) => [p.phrase, p.weight])).toEqual(phrases);
    for (const p of parsed.phrases) expect(parsed.prompt.slice(...p.span)).toBe(p.phrase);
  });

  it('takes long hostile text without hanging', () => {
    const began = performance.now();
    parseEmphasis('('.repeat(2000));
    parseEmphasis('a+'.repeat(1000));
    parseEmphasis(`(${'x:1.'.repeat(500)}`);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('--emphasize', () => {
  it.each([
    ['full beard', 'full beard', 1],
    ['blue beanie:1.4', 'blue beanie', 1.4],
    [' blue beanie : 1.4', 'blue beanie : 1.4', 1],
    ['ratio 3:4 face', 'ratio 3:4 face', 1],
    ['shades:7', 'shades', 2],
  ])('%s', (option, phrase, weight) => {
    expect(parsePhraseOption(option)).toEqual({ phrase, weight });
  });
});
