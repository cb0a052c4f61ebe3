import { errorOf, toAppError } from './errors.ts';
import type { AppError } from './errors.ts';
import { decodeFrame, encodeFrame } from './codec.ts';
import { readDownFrame } from './frames.ts';
import { linkClosedError } from './link.ts';
import type { CallOptions, Client, Contract } from './define.ts';
import type { DownFrame, UpFrame } from './frames.ts';
import type { Link } from './link.ts';

/** What a pending call or stream does with the host's frames. Each request is settled at most once. */
interface Pending {
  next(value: unknown): void;
  end(value: unknown): void;
  fail(error: AppError): void;
}

/** Starts one request and returns the function that cancels it on the host. */
type Start = (method: string, input: unknown, pending: Pending, options: CallOptions) => () => void;

/**
 * Makes a client of a link. Once the link has closed, pending requests reject and later ones reject at once, with the
 * link's reason if it gave one and `link_closed` otherwise: a client never waits for a host that is gone.
 */
export function connect<C extends Contract>(contract: C, link: Link): Client<C> {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let closed: AppError | undefined;

  function send(frame: UpFrame, onFailure: (error: AppError) => void): void {
    try {
      void Promise.resolve(link.send(encodeFrame(frame))).catch((thrown: unknown) => {
        onFailure(toAppError(thrown, 'link_closed'));
      });
    } catch (thrown) {
      onFailure(toAppError(thrown, 'link_closed'));
    }
  }

  const start: Start = (method, input, target, { signal }) => {
    if (closed || signal?.aborted) {
      target.fail(closed ?? toAppError(signal?.reason, 'cancelled'));
      return () => undefined;
    }
    const id = ++lastId;
    const forget = (): boolean => {
      signal?.removeEventListener('abort', onAbort);
      return pending.delete(id);
    };
    const cancel = (): void => {
      if (forget()) send({ type: 'cancel', id }, () => undefined);
    };
    const onAbort = (): void => {
      cancel();
      target.fail(toAppError(signal?.reason, 'cancelled'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    pending.set(id, {
      next: (value) => {
        target.next(value);
      },
      end: (value) => {
        if (forget()) target.end(value);
      },
      fail: (error) => {
        if (forget()) target.fail(error);
      },
    });
    send({ type: 'call', id, method, input }, (error) => pending.get(id)?.fail(error));
    return cancel;
  };

  link.onMessage((bytes) => {
    let frame: DownFrame;
    try {
      frame = readDownFrame(decodeFrame(bytes));
    } catch (thrown) {
      link.close(toAppError(thrown, 'bad_frame'));
      return;
    }
    // An answer to a request that was cancelled meanwhile finds nobody, and that is right.
    const target = pending.get(frame.id);
    if (frame.type === 'next') target?.next(frame.value);
    else if (frame.type === 'ok') target?.end(frame.value);
    else target?.fail(errorOf(frame));
  });
  link.onClose((reason) => {
    closed = reason ?? linkClosedError();
    for (const target of [...pending.values()]) target.fail(closed);
  });
  return buildClient(contract, start);
}

function buildClient<C extends Contract>(contract: C, start: Start): Client<C> {
  const services = Object.entries(contract).map(([service, methods]) => {
    const members = Object.entries(methods).map(([name, method]) => {
      const full = `${service}.${name}`;
      const invoke = (input: unknown, options: CallOptions = {}): unknown =>
        method.kind === 'call'
          ? callOnce(start, full, input, options)
          : openStream(start, full, input, options);
      return [name, invoke] as const;
    });
    return [service, Object.fromEntries(members)] as const;
  });
  // Built from the very contract that the type is computed from.
  return Object.fromEntries(services) as Client<C>;
}

function callOnce(start: Start, method: string, input: unknown, options: CallOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    start(method, input, { next: () => undefined, end: resolve, fail: reject }, options);
  });
}

/** Values wait in `ready` until somebody asks; askers wait in `askers` until something comes. */
function openStream(
  start: Start,
  method: string,
  input: unknown,
  options: CallOptions,
): AsyncIterableIterator<unknown> {
  const ready: unknown[] = [];
  const askers: { resolve: (r: IteratorResult<unknown>) => void; reject: (e: AppError) => void }[] = [];
  let cancel: (() => void) | undefined;
  let ended = false;
  let error: AppError | undefined;

  function finish(reason?: AppError): void {
    if (ended) return;
    ended = true;
    error = reason;
    const [first, ...rest] = askers.splice(0);
    if (first && error) {
      first.reject(error);
      error = undefined;
    } else first?.resolve({ done: true, value: undefined });
    for (const asker of rest) asker.resolve({ done: true, value: undefined });
  }

  function begin(): void {
    // Set first: a start that fails at once must not begin again.
    cancel = () => undefined;
    const target: Pending = {
      next(value) {
        if (ended) return;
        const asker = askers.shift();
        if (asker) asker.resolve({ done: false, value });
        else ready.push(value);
      },
      end: () => {
        finish();
      },
      fail: finish,
    };
    cancel = start(method, input, target, options);
  }

  return {
    next() {
      if (!cancel) begin();
      if (ready.length > 0) return Promise.resolve({ done: false, value: ready.shift() });
      if (error) {
        const reason = error;
        error = undefined;
        return Promise.reject(reason);
      }
      if (ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve, reject) => askers.push({ resolve, reject }));
    },
    return() {
      const stop = cancel;
      cancel ??= () => undefined;
      ready.length = 0;
      finish();
      error = undefined;
      stop?.();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
