/** What docs/comparison.md and docs/tour.md lean on is there: tests, pictures and headings by the names that they give. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (name: string): string => readFileSync(`${root}/docs/${name}`, 'utf8');
const comparison = read('comparison.md');
const tour = read('tour.md');

/** Number, ours, and what shows it, of each row that has a number. */
const rows = comparison.split('\n').flatMap((line) => {
  const [, number = '', , , ours = '', shown = ''] = line.split('|').map((cell) => cell.trim());
  return /^\d+$/.test(number) ? [{ number: Number(number), ours, shown }] : [];
});
const testsOf = (text: string): string[] =>
  [...text.matchAll(/`((?:unit|e2e|native|contract|bench)\/[^`]+)`/g)].map(([, path]) => String(path));
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/tour, ([A-Z]\w+)/g)].map(([, name]) => String(name));

describe('the comparison', () => {
  it('has every row of the anchors, each with a word of its own', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 55 }, (_, i) => i + 1));
    expect(rows.filter(({ ours }) => !['yes', 'part', 'no'].includes(ours))).toEqual([]);
  });

  it('names a test or a picture for everything that it says there is', () => {
    const bare = rows.filter(
      ({ ours, shown }) => ours === 'yes' && testsOf(shown).length + headingsOf(shown).length === 0,
    );
    expect(bare.map(({ number }) => number)).toEqual([]);
  });

  it('names tests that exist', () => {
    const gone = testsOf(comparison).filter((path) => !existsSync(`${root}/test/${path}`));
    expect(gone).toEqual([]);
    expect(testsOf(comparison).length).toBeGreaterThan(20);
  });

  it('names parts of the tour that have a picture', () => {
    const parts = new Map(
      tour.split(/^#+ /m).map((part) => [part.split('\n')[0]?.trim() ?? '', part.includes('](images/')]),
    );
    const bare = headingsOf(comparison).filter(
      (name) =>
        ![...parts].some(
          ([heading, hasPicture]) => heading.toLowerCase().includes(name.toLowerCase()) && hasPicture,
        ),
    );
    expect(bare).toEqual([]);
  });
});

describe('the tour', () => {
  it('shows pictures that exist, and every picture that is kept for it', () => {
    const shown = [...tour.matchAll(/\]\((images\/tour\/[^)]+)\)/g)].map(([, path]) => String(path));
    expect(shown.filter((path) => !existsSync(`${root}/docs/${path}`))).toEqual([]);
    const kept = readdirSync(`${root}/docs/images/tour`).map((name) => `images/tour/${name}`);
    expect(kept.filter((path) => !shown.includes(path))).toEqual([]);
  });
});
