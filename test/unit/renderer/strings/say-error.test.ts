import { describe, expect, it } from 'vitest';
import { AppError, ERROR_CODES, REASONS, because } from '#contract';
import { GERMAN_CODES, GERMAN_REASONS } from '../../../../renderer/strings/errors-de.ts';
import { LANGUAGES } from '../../../../renderer/strings/index.ts';

const english = LANGUAGES.en.error.said;
const german = LANGUAGES.de.error.said;
const placesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');

describe('an error in the language of the page', () => {
  it('has words for every code, in both languages', () => {
    for (const code of ERROR_CODES) {
      const error = new AppError(code, `The host says ${code}.`);
      expect(english(error)).toBe(error.message);
      expect(german(error)).toBe(GERMAN_CODES[code]);
      expect(GERMAN_CODES[code]).toMatch(/^\p{Lu}.*\.$/u);
    }
  });

  it('has words for every reason, with no value that the reason does not bring', () => {
    expect(Object.keys(GERMAN_REASONS).sort()).toEqual(Object.keys(REASONS).sort());
    for (const [reason, [, text]] of Object.entries(REASONS)) {
      const said = GERMAN_REASONS[reason as keyof typeof REASONS];
      expect([...placesOf(text), 'code'], reason).toEqual(expect.arrayContaining(placesOf(said)));
    }
  });

  it('names the values', () => {
    expect(german(because('root_offline', { folder: 'Urlaub' }))).toMatch(/^Der Ordner „Urlaub“ ist gerade/);
    expect(english(because('root_offline', { folder: 'Urlaub' }))).toMatch(/^The folder "Urlaub" is not/);
  });

  it('calls arms as the page does', () => {
    expect(german(because('half_is_there', { arm: 'refined' }))).toContain('„Verfeinert“');
  });

  it('says what is behind a reason by its code', () => {
    const full = because('pictures_unwritten', { why: 'The disk is full.' }, { code: 'disk_full' });
    expect(german(full)).toContain(GERMAN_CODES.disk_full);
  });

  it('says only the code for a reason that is unknown or lacks a value', () => {
    const said = (details: object): string => german({ code: 'conflict', message: 'No.', details });
    expect(said({ reason: 'of_a_later_year' })).toBe(GERMAN_CODES.conflict);
    expect(said({ reason: 'toString' })).toBe(GERMAN_CODES.conflict);
    expect(said({ reason: 'study_taken' })).toBe(GERMAN_CODES.conflict);
  });

  it('gives the words of the host for a code that it does not know', () => {
    expect(german({ code: 'of_a_later_year', message: 'Something new.' })).toBe('Something new.');
  });
});
