import { AppError, toAppError } from './errors.ts';
import { decodeFrame, encodeFrame } from './codec.ts';
import { readUpFrame } from './frames.ts';
import { parse } from './parse.ts';
import { linkClosedError } from './link.ts';
import type { CallContext, Contract, Method, Services } from './define.ts';
import type { DownFrame, UpFrame } from './frames.ts';
import type { Link } from './link.ts';

export interface ServeOptions {
  /** Also parse what handlers return (development and tests); a misfit answers `internal`. Default false. */
  readonly parseOutput?: boolean;
  /**
   * Told of every error that a handler threw (with stack and cause, which never cross the link) and of every
   * malformed frame. Cancelled calls are not errors.
   */
  readonly onError?: (error: AppError, method: string | undefined) => void;
}

export interface Server {
  /** Number of calls and streams that run. */
  active(): number;
  /** Aborts whatever runs and closes the link. */
  close(): void;
}

type Handler = (input: unknown, context: CallContext) => unknown;

/**
 * Answers the calls that arrive on a link. Input is always parsed; the handler's signal aborts on cancel and when
 * the link closes. A malformed frame closes the link with `bad_frame`: the other side does not speak the protocol.
 */
export function serve<C extends Contract>(
  contract: C,
  services: Services<C>,
  link: Link,
  options: ServeOptions = {},
): Server {
  const running = new Map<number, AbortController>();
  const report = options.onError ?? (() => undefined);

  async function send(frame: DownFrame): Promise<void> {
    try {
      await link.send(encodeFrame(frame));
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'invalid_input') throw new AppError('internal', error.message, { cause: error });
      throw error;
    }
  }

  async function answer(frame: UpFrame & { type: 'call' }, signal: AbortSignal): Promise<void> {
    const { id } = frame;
    const { method, handler } = find(contract, services, frame.method);
    const input: unknown = await parse(method.input, frame.input, frame.method);
    if (signal.aborted) throw toAppError(signal.reason, 'cancelled');
    const check = (value: unknown): unknown =>
      options.parseOutput ? parseOutput(method, value, frame.method) : value;
    if (method.kind === 'call') {
      const value: unknown = await untilAborted(Promise.resolve(handler(input, { signal })), signal);
      await send({ type: 'ok', id, value: await check(value) });
      return;
    }
    const iterator = (handler(input, { signal }) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await untilAborted(iterator.next(), signal);
        if (next.done) break;
        await send({ type: 'next', id, value: await check(next.value) });
      }
    } catch (thrown) {
      // Not awaited: a generator that waits for something slow would hold up the answer. Its `finally` still runs.
      void Promise.resolve(iterator.return?.()).catch((error: unknown) => {
        report(toAppError(error), frame.method);
      });
      throw thrown;
    }
    await send({ type: 'ok', id });
  }

  async function run(frame: UpFrame & { type: 'call' }): Promise<void> {
    const controller = new AbortController();
    running.set(frame.id, controller);
    try {
      await answer(frame, controller.signal);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'cancelled' && error.code !== 'link_closed') report(error, frame.method);
      await fail(frame.id, error);
    } finally {
      running.delete(frame.id);
    }
  }

  async function fail(id: number, error: AppError): Promise<void> {
    const { code, message, details } = error;
    try {
      await send({ type: 'err', id, code, message, details });
    } catch (thrown) {
      const failure = toAppError(thrown);
      // A closed link takes no answer. Details that cannot be sent must not swallow the error itself.
      if (failure.code !== 'internal') return;
      report(failure, undefined);
      await send({ type: 'err', id, code, message }).catch(() => undefined);
    }
  }

  link.onMessage((bytes) => {
    let frame: UpFrame;
    try {
      frame = readUpFrame(decodeFrame(bytes));
    } catch (thrown) {
      const error = toAppError(thrown, 'bad_frame');
      report(error, undefined);
      link.close(error);
      return;
    }
    if (frame.type === 'cancel') {
      running.get(frame.id)?.abort(new AppError('cancelled', 'The caller cancelled the request.'));
    } else if (running.has(frame.id)) {
      report(
        new AppError('bad_frame', `The request id ${frame.id} is in use; the second request is ignored.`),
        frame.method,
      );
    } else {
      void run(frame);
    }
  });
  link.onClose((reason) => {
    for (const controller of running.values()) controller.abort(linkClosedError(reason));
  });
  return {
    active: () => running.size,
    close: () => {
      link.close();
    },
  };
}

function find(contract: Contract, services: unknown, name: string): { method: Method; handler: Handler } {
  const [service = '', member = '', ...rest] = name.split('.');
  const methods = Object.hasOwn(contract, service) ? contract[service] : undefined;
  const method = methods && Object.hasOwn(methods, member) ? methods[member] : undefined;
  if (!method || rest.length > 0) {
    throw new AppError('unknown_method', `There is no method "${name.slice(0, 80)}".`);
  }
  // Services<C> has exactly the contract's members; the type system cannot follow a name that came as text.
  const own = (services as Record<string, Record<string, Handler>>)[service];
  return { method, handler: (input, context) => own?.[member]?.(input, context) };
}

async function parseOutput(method: Method, value: unknown, name: string): Promise<unknown> {
  try {
    return await parse(method.output, value, `the answer of ${name}`);
  } catch (cause) {
    const { message, details } = toAppError(cause);
    throw new AppError('internal', message, details ? { cause, details } : { cause });
  }
}

/** Settles with the promise, or rejects as soon as the signal aborts; the promise's own late failure is dropped. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(toAppError(signal.reason, 'cancelled'));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
