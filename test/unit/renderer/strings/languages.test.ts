import { describe, expect, it } from 'vitest';
import { LANGUAGES, speak, t } from '../../../../renderer/strings/index.ts';
import { COMMAND_IDS } from '../../../../renderer/features/keys/commands.ts';

/** Paths of all words: `run.pair`, functions marked by how many values they take. */
function pathsOf(value: unknown, path = ''): string[] {
  if (typeof value === 'function') return [`${path}(${value.length})`];
  if (Array.isArray(value)) return [`${path}[${value.length}]`];
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(wordsOf);
}

describe('the languages', () => {
  it('have the same words, each with the same places for values', () => {
    const english = pathsOf(LANGUAGES.en);
    expect(english.length).toBeGreaterThan(300);
    expect(pathsOf(LANGUAGES.de)).toEqual(english);
  });

  it('name every command', () => {
    for (const strings of Object.values(LANGUAGES)) {
      expect(Object.keys(strings.commands)).toEqual(COMMAND_IDS);
    }
  });

  it('are not copies of each other', () => {
    const [english, german] = [wordsOf(LANGUAGES.en), wordsOf(LANGUAGES.de)];
    const same = german.filter((word, index) => word.length > 12 && word === english[index]);
    expect(same).toEqual(Object.values(LANGUAGES.en.example).map(({ text }) => text));
  });

  it('change at once', () => {
    expect(t.run.pair).toBe('Generate pair');
    speak('de');
    expect(t.run.pair).toBe('Paar erzeugen');
    expect(t.emphases.images(12_345)).toBe('12\u202f345 Bildern');
    speak('en');
    expect(t.run.pair).toBe('Generate pair');
  });
});
