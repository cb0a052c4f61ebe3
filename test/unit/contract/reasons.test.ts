import { describe, expect, it } from 'vitest';
import {
  REASONS,
  because,
  connect,
  contract,
  errorBody,
  errorOf,
  fillIn,
  memoryPair,
  serve,
} from '#contract';
import type { StudioServices } from '#contract';

describe('a reason', () => {
  it('gives its code, its sentence with the values in it, and both for a program', () => {
    const cause = new Error('inner');
    const error = because('sheet_lacks', { rater: 'ann', open: 3, items: 12 }, { cause, details: { at: 7 } });
    expect(error.code).toBe('conflict');
    expect(error.message).toBe('The sheet of "ann" lacks 3 of 12 answers; it cannot be sealed yet.');
    expect(error.details).toEqual({ reason: 'sheet_lacks', rater: 'ann', open: 3, items: 12, at: 7 });
    expect(error.cause).toBe(cause);
  });

  it('may come with the code of what is behind it', () => {
    expect(because('pictures_unwritten', { why: 'Full.' }, { code: 'disk_full' }).code).toBe('disk_full');
  });

  it('has a sentence of its own', () => {
    const sentences = Object.values(REASONS).map(([, text]) => text);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('crosses a link, and an answer that carries it', async () => {
    const [host, page] = memoryPair();
    const services = {
      packs: {
        remove: () => {
          throw because('pack_stays', { pack: 'mine' });
        },
      },
    } as unknown as StudioServices;
    serve(contract, services, host);
    const came = await connect(contract, page)
      .packs.remove({ packId: 'mine' })
      .catch((error: unknown) => error);
    const told = errorOf(errorBody(came));
    expect(told.code).toBe('forbidden');
    expect(told.details).toEqual({ reason: 'pack_stays', pack: 'mine' });
  });
});

describe('filling in', () => {
  it('puts values that look like places down as they are', () => {
    expect(fillIn('"{a}" and {b}', { a: '{b}', b: '$&' })).toBe('"{b}" and $&');
  });

  it('gives nothing where a value is missing, is none, or is inherited', () => {
    expect(fillIn('{a}', {})).toBeUndefined();
    expect(fillIn('{a}', { a: {} })).toBeUndefined();
    expect(fillIn('{toString}', {})).toBeUndefined();
  });
});
