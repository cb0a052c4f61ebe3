import { describe, expect, it } from 'vitest';
import type { GalleryPair } from '../../../../contract/index.ts';
import { FIRST, PAGE, makePairPages } from '../../../../renderer/stores/pair-pages.ts';

// The list looks at nothing of a pair but its id.
const pairsOf = (first: number, count: number): GalleryPair[] =>
  Array.from({ length: count }, (_, i) => ({ pairId: `pair-${first + i}` }) as GalleryPair);
const TOTAL = 1000;

/** A list of a thousand pairs of which pages [first, last) came. */
function having(first: number, last: number) {
  const pages = makePairPages();
  pages.keep(first, { items: pairsOf(first * PAGE, (last - first) * PAGE), total: TOTAL });
  return pages;
}

describe('the pages of the gallery', () => {
  it('gives a pair by its place, and none where nothing came', () => {
    const pages = having(2, 4);
    expect(pages.at(2 * PAGE + 5)?.pairId).toBe(`pair-${2 * PAGE + 5}`);
    expect(pages.at(4 * PAGE)).toBeUndefined();
    expect(pages.all.value).toHaveLength(2 * PAGE);
  });

  it('asks for what is in sight and lacks, and for nothing beyond after a jump', () => {
    const pages = having(0, FIRST / PAGE);
    pages.sight(600, 660);
    expect(pages.next()).toEqual([50, 55]);
    pages.keep(50, { items: pairsOf(600, 60), total: TOTAL });
    expect(pages.next()).toBeUndefined();
  });

  it('asks ahead on the way that what is in sight moves', () => {
    const pages = having(50, 55);
    pages.sight(600, 648);
    pages.sight(612, 660);
    expect(pages.next()).toEqual([55, 60]);
    pages.sight(600, 648);
    expect(pages.next()).toEqual([45, 50]);
  });

  it('asks for nothing beyond the end', () => {
    const pages = having(0, 1);
    pages.sight(TOTAL - 4, TOTAL + 50);
    expect(pages.next()).toEqual([83, 84]);
  });

  it('changes a pair where it stands', () => {
    const pages = having(0, 2);
    pages.change((pair) => (pair.pairId === 'pair-13' ? { ...pair, starred: true } : pair));
    expect(pages.at(13)?.starred).toBe(true);
    expect(pages.at(14)?.starred).toBeUndefined();
  });

  it('lets the pages go that were asked for longest ago', () => {
    const pages = having(0, 1);
    pages.keep(10, { items: pairsOf(10 * PAGE, 200 * PAGE), total: 5000 });
    expect(pages.at(0)).toBeUndefined();
    expect(pages.at(10 * PAGE)).toBeDefined();
  });
});
