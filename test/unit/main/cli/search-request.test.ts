import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { searchRequest } from '../../../../main/cli/search.ts';

const folder = mkdtempSync(join(tmpdir(), 'accent-cli-search-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('search on the command line', () => {
  it('asks by words, with a filter and folding', () => {
    expect(searchRequest(['a', 'red', 'robot'], { count: '5', words: 'beach', fold: 'look' })).toEqual({
      text: 'a red robot',
      k: 5,
      filter: { words: 'beach' },
      fold: 'look',
    });
  });

  it('asks by a sum of words', () => {
    expect(searchRequest(['robot'], { more: ['antennas', 'a: b:0.5'], less: ['wheels:2'] })).toEqual({
      k: 10,
      terms: [
        { text: 'robot', weight: 1 },
        { text: 'antennas', weight: 1 },
        { text: 'a: b', weight: 0.5 },
        { text: 'wheels', weight: -2 },
      ],
    });
    expect(searchRequest([], { more: ['robot'] })).toMatchObject({ terms: [{ text: 'robot', weight: 1 }] });
  });

  it('asks by a picture', () => {
    writeFileSync(join(folder, 'a.jpg'), Buffer.from([1, 2, 3]));
    expect(searchRequest([], { like: join(folder, 'a.jpg') })).toEqual({
      k: 10,
      picture: Uint8Array.of(1, 2, 3),
    });
  });

  it.each([
    [[], {}, /expected words or --like/],
    [['red'], { like: 'a.jpg' }, /expected words or --like/],
    [[], { like: 'absent.jpg' }, /cannot be read/],
    [[], { like: 'a.jpg', more: ['red'] }, /go with words/],
    [['red'], { more: ['blue:3'] }, /weight from 0 to 2/],
    [['red'], { less: [':1'] }, /expected --less WORDS/],
  ])('says what is wrong with %j %j', (rest, values, message) => {
    expect(() => searchRequest(rest, values)).toThrow(message);
  });
});
