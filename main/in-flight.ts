/** What runs on the host: every call and stream is counted, told to stop at the end, and waited for. */
import { AppError } from '#contract';
import type { CallContext, Contract, Services } from '#contract';

export interface InFlight {
  /** The same services with every method watched. */
  watch<C extends Contract>(contract: C, services: Services<C>): Services<C>;
  /** A piece of work beside the services, watched in the same way. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** From now on new calls are refused with `link_closed`; what runs goes on. */
  refuse(): void;
  /** Aborts the signals of all that runs, ends suspended streams; resolves when all has settled. */
  stop(): Promise<void>;
}

type Handler = (input: unknown, context: CallContext) => unknown;

const closing = (): AppError =>
  new AppError('link_closed', 'The studio is closing. Start it again and repeat the request.');

export function makeInFlight(): InFlight {
  const end = new AbortController();
  let refused = false;
  const running = new Set<Promise<unknown>>();
  const streams = new Set<AsyncIterator<unknown>>();

  function follow<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    running.add(settled);
    void settled.then(() => running.delete(settled));
    return work;
  }

  /** Watches a stream from its first `next()` until it is exhausted, fails or is returned. */
  function watchStream(make: () => AsyncIterable<unknown>): AsyncIterableIterator<unknown> {
    let source: AsyncIterator<unknown> | undefined;
    const forget = (): void => {
      if (source) streams.delete(source);
    };
    const step = async (
      ask: (from: AsyncIterator<unknown>) => Promise<IteratorResult<unknown>> | undefined,
    ): Promise<IteratorResult<unknown>> => {
      try {
        if (!source) {
          if (refused) throw closing();
          source = make()[Symbol.asyncIterator]();
          streams.add(source);
        }
        const result = await ask(source);
        if (!result || result.done) forget();
        return result ?? { done: true, value: undefined };
      } catch (error) {
        forget();
        throw error;
      }
    };
    return {
      next: () => follow(step((from) => from.next())),
      return() {
        if (!source) return Promise.resolve({ done: true, value: undefined });
        return follow(step((from) => from.return?.()));
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  const watchMethod =
    (kind: 'call' | 'stream', handler: Handler): Handler =>
    (input, { signal, ...rest }) => {
      const context = { ...rest, signal: AbortSignal.any([signal, end.signal]) };
      if (kind === 'stream') return watchStream(() => handler(input, context) as AsyncIterable<unknown>);
      if (refused) return Promise.reject(closing());
      const value = handler(input, context);
      return value instanceof Promise ? follow(value) : value;
    };

  return {
    watch<C extends Contract>(contract: C, services: Services<C>) {
      const handlers = services as unknown as Record<string, Record<string, Handler>>;
      const watched = Object.entries(contract).map(([name, methods]) => [
        name,
        Object.fromEntries(
          Object.entries(methods).map(([method, { kind }]) => [
            method,
            watchMethod(kind, handlers[name]?.[method] as Handler),
          ]),
        ),
      ]);
      // Built from the very contract that the type is computed from.
      return Object.fromEntries(watched) as Services<C>;
    },
    run: (work) => (refused ? Promise.reject(closing()) : follow(work())),
    refuse() {
      refused = true;
    },
    async stop() {
      refused = true;
      end.abort(closing());
      for (const stream of streams) void follow(Promise.resolve(stream.return?.()));
      while (running.size > 0) await Promise.all(running);
    },
  };
}
