import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { GalleryFilter } from '#contract';
import { hasToken, readQuery, toggleToken } from '../../../../renderer/features/gallery/query.ts';

describe("the gallery's search", () => {
  it('reads words and filters in any order, and passes the contract', () => {
    const hash = 'ab'.repeat(32);
    const filter = readQuery(
      `red chip:"full beard" hat tag:cover pack:voxel-people ref:${hash} after:2026-01-31 is:starred`,
    );
    expect(filter).toEqual({
      words: 'red hat',
      emphasis: 'full beard',
      tag: 'cover',
      packId: 'voxel-people',
      reference: hash,
      from: new Date('2026-01-31T00:00').getTime(),
      starred: true,
    });
    expect(v.parse(GalleryFilter, { ...filter, deleted: false })).toMatchObject(filter);
  });

  it('loses nothing that is typed: what is no filter is searched for', () => {
    expect(readQuery('time:noon ref:123 after:soon pack:"My Pack"').words).toBe(
      'time noon 123 after:soon My Pack',
    );
    expect(readQuery('  ')).toEqual({});
    expect(readQuery('chip:"half a quote')).toEqual({ emphasis: 'half a quote' });
  });

  it('puts a filter in, takes it out, and lets another value of the same kind take its place', () => {
    const one = toggleToken('red hat', 'chip', 'full beard');
    expect(one).toBe('red hat chip:"full beard"');
    expect(hasToken(one, 'chip', 'full beard')).toBe(true);
    expect(hasToken(one, 'chip', 'beard')).toBe(false);
    expect(toggleToken(one, 'chip', 'smile')).toBe('red hat chip:smile');
    expect(toggleToken(one, 'chip', 'full beard')).toBe('red hat');
  });
});
