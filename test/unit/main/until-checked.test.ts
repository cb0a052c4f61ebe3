/** Which calls wait for the check of the catalog, and what becomes of all of them when it fails. */
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { AppError, call, contract, stream } from '../../../contract/index.ts';
import type { Services } from '../../../contract/index.ts';
import { READING, untilChecked } from '../../../main/until-checked.ts';

const small = {
  catalog: { search: call(v.string(), v.string()), choose: call(v.string(), v.string()) },
  jobs: { watch: stream(v.string(), v.string()) },
};
const context = { signal: new AbortController().signal };

function guarded() {
  const settle = Promise.withResolvers<undefined>();
  const passed = settle.promise.then(() => undefined);
  const done: string[] = [];
  const services: Services<typeof small> = {
    catalog: {
      search: (x) => `found ${x}`,
      choose: (x) => {
        done.push(x);
        return x;
      },
    },
    jobs: {
      watch: async function* (x) {
        yield x;
      },
    },
  };
  return { done, settle, services: untilChecked(small, services, passed) };
}

describe('until the catalog is checked', () => {
  it('reading goes on and the rest waits', async () => {
    const { done, settle, services } = guarded();
    expect(services.catalog.search('a', context)).toBe('found a');
    const chosen = services.catalog.choose('b', context);
    const event = services.jobs.watch('c', context)[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(done).toEqual([]);
    settle.resolve(undefined);
    expect(await chosen).toBe('b');
    expect(await event).toEqual({ done: false, value: 'c' });
    expect(services.catalog.choose('d', context)).toBe('d');
  });

  it('every call fails from the moment on when it is found damaged', async () => {
    const { done, settle, services } = guarded();
    const chosen = services.catalog.choose('b', context);
    settle.reject(new AppError('catalog_damaged', 'It is damaged.'));
    await expect(chosen).rejects.toMatchObject({ code: 'catalog_damaged' });
    await expect(services.catalog.search('a', context)).rejects.toMatchObject({ code: 'catalog_damaged' });
    const event = services.jobs.watch('c', context)[Symbol.asyncIterator]().next();
    await expect(event).rejects.toMatchObject({ code: 'catalog_damaged' });
    expect(done).toEqual([]);
  });

  it('names only methods that there are', () => {
    const all = Object.entries(contract).flatMap(([name, methods]) =>
      Object.keys(methods).map((method) => `${name}.${method}`),
    );
    expect([...READING].filter((name) => !all.includes(name))).toEqual([]);
  });
});
