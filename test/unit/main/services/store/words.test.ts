/** Which texts words find: each word begins one of theirs, however the question is put to the index. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';
import type { Store } from '../../../../../main/services/store/index.ts';
import { wordsQuery } from '../../../../../main/services/store/words.ts';

describe('the query of words', () => {
  const among =
    (terms: readonly string[]) =>
    (from: string): string | undefined =>
      [...terms].sort().find((term) => term >= from);

  it('names the terms of a beginning where they are few', () => {
    const next = among(['cat', 'holiday', 'holidays', 'hollow']);
    expect(wordsQuery('Holiday cat', next)).toBe('("holiday" OR "holidays") AND ("cat")');
    expect(wordsQuery('hol', next)).toBe('("holiday" OR "holidays" OR "hollow")');
  });

  it('asks for the beginning where they are many, none, or not of plain letters', () => {
    expect(wordsQuery('3', among(Array.from({ length: 25 }, (_, i) => `3${i}`)))).toBe('"3"*');
    expect(wordsQuery('3', among(Array.from({ length: 24 }, (_, i) => `3${i}`)))).toContain('"323"');
    expect(wordsQuery('x', among(['a', 'y']))).toBe('"x"*');
    expect(wordsQuery('str', among(['straße']))).toBe('"str"*');
    expect(wordsQuery('Café', among(['cafe']))).toBe('"Café"*');
    expect(wordsQuery('a b')).toBe('"a"* AND "b"*');
    expect(wordsQuery('... "')).toBeNull();
  });
});

describe('texts found by words', () => {
  let home: string;
  let store: Store;
  const names: string[] = [];
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'accent-words-'));
    store = makeStore(openStore(home));
    const some = [
      'holiday',
      'Holidays',
      'hollow',
      'café',
      'Cafés',
      'cafeteria',
      'Straße',
      'OR',
      'near',
      'x"y',
    ];
    store.transaction(() => {
      for (let n = 0; n < 120; n++) {
        const content_hash = n.toString(16).padStart(64, '0');
        const name = `${some[n % some.length]} ${some[(n * 7) % some.length]} ${n}.jpg`;
        names.push(name);
        const image = { image_id: `i${n}`, content_hash, name, width: 1, height: 1, imported_at: n };
        store.write.images.image({ ...image, root_id: null });
        const facts = { content_hash, format: 'jpeg', bytes: 1, taken_at: null, at: n, look: null, name };
        store.write.facts.put({ ...facts, caption: '' });
      }
    });
  });
  afterAll(() => {
    store.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** What unicode61 with remove_diacritics makes of a text. */
  const termsOf = (text: string): string[] =>
    text
      .toLowerCase()
      .normalize('NFD')
      .replace(/[\u0300-\u036f]/g, '')
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean);

  it.each([
    'holiday',
    'HOL',
    'cafe',
    'Café',
    'cafes',
    'holiday caf',
    'or',
    'near 1',
    '1',
    'str',
    'x',
    'jp',
    'none',
  ])('"%s" finds them all, the newest first, page by page', (words) => {
    const wanted = names.filter((name) =>
      termsOf(words).every((w) => termsOf(name).some((term) => term.startsWith(w))),
    );
    const found: string[] = [];
    for (let below: number | undefined; ;) {
      const page = store.read.facts.page({ words }, below, 7);
      found.push(...page.map((i) => i.name));
      below = page.at(-1)?.number;
      if (page.length < 7) break;
    }
    expect(found).toEqual([...wanted].reverse());
    expect(store.read.facts.matching({ words })).toHaveLength(wanted.length);
  });
});
