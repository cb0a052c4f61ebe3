import { describe, expect, it } from 'vitest';
import { makeTokenizer } from '../../../../../main/engine/text/word-piece.ts';

const words = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'blue',
  'bean',
  '##ie',
  '##s',
  'cafe',
  ',',
  '(',
  ')',
  '-',
  'a',
  '##a',
  '山',
  '川',
];
const id = (w: string): number => words.indexOf(w);
const json = JSON.stringify({
  model: { type: 'WordPiece', unk_token: '[UNK]', vocab: Object.fromEntries(words.map((w, i) => [w, i])) },
});
const tokenizer = makeTokenizer(json);
const ids = (text: string): number[] => tokenizer.tokenize(text, 64).ids.slice(1, -1);

describe('WordPiece', () => {
  it('frames the text with [CLS] and [SEP]', () => {
    expect(tokenizer.tokenize('', 8)).toEqual({ ids: [id('[CLS]'), id('[SEP]')], cutAt: null, unknown: [] });
  });

  it('takes the longest piece first', () => {
    expect(ids('blue beanies')).toEqual(['blue', 'bean', '##ie', '##s'].map(id));
    expect(ids('aaa')).toEqual(['a', '##a', '##a'].map(id));
  });

  it('lower-cases, drops accents, splits punctuation and ideographs', () => {
    expect(ids('  Blue,CAFÉ ')).toEqual(['blue', ',', 'cafe'].map(id));
    expect(ids('(blue-bean)')).toEqual(['(', 'blue', '-', 'bean', ')'].map(id));
    expect(ids('cafe\u0301\tblue\n')).toEqual(['cafe', 'blue'].map(id));
    expect(ids('山川')).toEqual(['山', '川'].map(id));
  });

  it('makes a whole word unknown when a piece is, and says where it stood', () => {
    const { ids: all, unknown } = tokenizer.tokenize('blue beanx 🙂 bean', 64);
    expect(all.slice(1, -1)).toEqual(['blue', '[UNK]', '[UNK]', 'bean'].map(id));
    expect(unknown).toEqual([
      [5, 10],
      [11, 13],
    ]);
    expect(ids('a'.repeat(101))).toEqual([id('[UNK]')]);
    expect(tokenizer.tokenize('a'.repeat(100), 200).ids).toHaveLength(102);
  });

  it('never reads a special token out of the text', () => {
    expect(ids('[SEP]')).not.toContain(id('[SEP]'));
  });

  it('cuts between words and says from where', () => {
    const { ids: all, cutAt, unknown } = tokenizer.tokenize('blue bean beanies zzz', 6);
    expect(all).toEqual(['[CLS]', 'blue', 'bean', '[SEP]'].map(id));
    expect(cutAt).toBe(10);
    expect(unknown).toEqual([]);
    expect(tokenizer.tokenize('blue bean', 4).cutAt).toBeNull();
    expect(tokenizer.tokenize('blue bean', 3).cutAt).toBe(5);
  });

  it('refuses files that are no vocabulary', () => {
    expect(() => makeTokenizer('nonsense')).toThrow(/not JSON/);
    expect(() => makeTokenizer('{"model":{"type":"BPE"}}')).toThrow(/model.vocab/);
    expect(() => makeTokenizer('{"model":{"vocab":{"[CLS]":0,"[UNK]":1}}}')).toThrow(/no token \[SEP\]/);
  });
});
