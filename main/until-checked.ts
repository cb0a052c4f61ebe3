/** What may go on while the catalog's file is still being checked, and what waits for it. */
import type { CallContext, Contract, Services } from '#contract';

type Handler = (input: unknown, context: CallContext) => unknown;

/** Methods that only read the catalog, or do without it: what a page shows first, and searches. */
export const READING: ReadonlySet<string> = new Set([
  ...[
    'roots',
    'search',
    'references',
    'images',
    'image',
    'detail',
    'duplicates',
    'choices',
    'backups',
    'complete',
  ].map((method) => `catalog.${method}`),
  ...['catalog.activity', 'catalog.vectorPasses', 'packs.list', 'packs.card', 'packs.checkText'],
  ...['list', 'pair', 'recipe', 'browse', 'window', 'ofImages', 'facets'].map(
    (method) => `gallery.${method}`,
  ),
  ...['settings.get', 'settings.set', 'settings.storage', 'settings.place'],
]);

/**
 * The same services; a method that is not in `early` waits until `passed` resolves. When it rejects, every call from then on
 * fails with that error.
 */
export function untilChecked<C extends Contract>(
  contract: C,
  services: Services<C>,
  passed: Promise<void>,
  early: ReadonlySet<string> = READING,
): Services<C> {
  let state: 'open' | 'waiting' | 'refused' = 'waiting';
  passed.then(
    () => (state = 'open'),
    () => (state = 'refused'),
  );
  async function* later(make: () => AsyncIterable<unknown>): AsyncGenerator<unknown> {
    await passed;
    yield* make();
  }
  const handlers = services as unknown as Record<string, Record<string, Handler>>;
  const guarded = Object.entries(contract).map(([name, methods]) => [
    name,
    Object.fromEntries(
      Object.entries(methods).map(([method, { kind }]): [string, Handler] => {
        const handler = handlers[name]?.[method] as Handler;
        const isEarly = early.has(`${name}.${method}`);
        return [
          method,
          (input, context) => {
            if (state === 'open' || (state === 'waiting' && isEarly)) return handler(input, context);
            return kind === 'stream'
              ? later(() => handler(input, context) as AsyncIterable<unknown>)
              : passed.then(() => handler(input, context));
          },
        ];
      }),
    ),
  ]);
  // Built from the very contract that the type is computed from.
  return Object.fromEntries(guarded) as Services<C>;
}
