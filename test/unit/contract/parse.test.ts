import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { misfit } from '../../../contract/index.ts';

const Sheet = v.pipe(v.string(), v.parseJson(), v.strictObject({ rows: v.array(v.number()) }));
const said = (text: unknown): string => misfit(v.safeParse(Sheet, text).issues ?? [], 'the sheet');

describe('misfit', () => {
  it('names the first field that does not fit and why, in one line', () => {
    expect(said('{"rows": [1, "two", "three"]}')).toMatch(/^rows\.1: .*two/);
  });

  it('names the whole where there is no field', () => {
    expect(said('{')).toMatch(/^the sheet: \S/);
    expect(said(7)).toMatch(/^the sheet: \S/);
  });

  it('cuts a value that is repeated at length', () => {
    expect(said(JSON.stringify({ rows: ['x'.repeat(5000)] })).length).toBeLessThan(300);
  });
});
