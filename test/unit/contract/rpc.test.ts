import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  AppError,
  call,
  connect,
  decodeFrame,
  encodeFrame,
  memoryPair,
  serve,
  stream,
} from '../../../contract/index.ts';
import type { Link, Services } from '../../../contract/index.ts';

const contract = {
  s: {
    number: call(v.strictObject({}), v.number()),
    fail: call(v.strictObject({}), v.null()),
    slow: call(v.strictObject({}), v.null()),
    many: stream(v.strictObject({}), v.number()),
  },
} as const;

/** A promise with its resolver outside. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

function rig(services: Partial<Services<typeof contract>['s']>, wrap: (far: Link) => Link = (far) => far) {
  const [near, far] = memoryPair();
  const errors: AppError[] = [];
  const full = {
    number: () => 1,
    fail: () => null,
    slow: () => null,
    async *many() {
      yield await Promise.resolve(1);
    },
    ...services,
  };
  const server = serve(contract, { s: full }, wrap(far), { onError: (error) => errors.push(error) });
  return { near, far, server, errors, client: connect(contract, near) };
}

describe('the remote calls', () => {
  it('turn an answer that cannot be sent into an internal error of the host', async () => {
    const { client } = rig({ number: () => NaN });
    await expect(client.s.number({})).rejects.toMatchObject({ code: 'internal' });
  });

  it('send an error even when its details cannot be sent', async () => {
    const { client, errors } = rig({
      fail: () => {
        throw new AppError('not_found', 'No such thing.', { details: { at: new Date(0) } });
      },
    });
    await expect(client.s.fail({})).rejects.toMatchObject({ code: 'not_found', message: 'No such thing.' });
    expect(errors.map((error) => error.code)).toEqual(['not_found', 'internal']);
  });

  it('ignore a second request with an id in use, and serve the first', async () => {
    const { opened, open } = gate();
    let calls = 0;
    const { near, errors } = rig({
      slow: async () => {
        calls++;
        await opened;
        return null;
      },
    });
    const answers: unknown[] = [];
    near.onMessage((bytes) => answers.push(decodeFrame(bytes)));
    const frame = encodeFrame({ type: 'call', id: 5, method: 's.slow', input: {} });
    await near.send(frame);
    await near.send(frame);
    await settle();
    open();
    await settle();
    expect(calls).toBe(1);
    expect(answers).toEqual([{ type: 'ok', id: 5, value: null }]);
    expect(errors.map((error) => error.code)).toEqual(['bad_frame']);
  });

  it('do not start a handler whose request was cancelled before it was parsed', async () => {
    let calls = 0;
    const { near, server } = rig({
      slow: () => {
        calls++;
        return null;
      },
    });
    await Promise.all([
      near.send(encodeFrame({ type: 'call', id: 1, method: 's.slow', input: {} })),
      near.send(encodeFrame({ type: 'cancel', id: 1 })),
    ]);
    await settle();
    expect(calls).toBe(0);
    expect(server.active()).toBe(0);
  });

  it('let a stream wait for a link that is full', async () => {
    const { opened, open } = gate();
    let made = 0;
    const { client } = rig(
      {
        async *many() {
          for (made = 1; made <= 5; made++) yield await Promise.resolve(made);
        },
      },
      (far) => ({
        ...far,
        send: async (bytes) => {
          await far.send(bytes);
          await opened;
        },
      }),
    );
    const numbers = client.s.many({});
    expect((await numbers.next()).value).toBe(1);
    await settle();
    expect(made).toBe(1);
    open();
    const rest: number[] = [];
    for await (const n of numbers) rest.push(n);
    expect(rest).toEqual([2, 3, 4, 5]);
  });

  it('reject with the reason that a link closed for', async () => {
    const { client, near, far } = rig({ slow: () => new Promise(() => undefined) });
    const pending = client.s.slow({});
    far.close(new AppError('engine_lost', 'The engine stopped.'));
    await expect(pending).rejects.toMatchObject({ code: 'engine_lost' });
    await expect(client.s.number({})).rejects.toMatchObject({ code: 'engine_lost' });
    expect(() => near.send(new Uint8Array())).toThrow('The engine stopped.');
  });

  it('answer a call whose signal aborted with the reason of the abort', async () => {
    const { client } = rig({ slow: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const pending = client.s.slow({}, { signal: controller.signal });
    controller.abort(new AppError('timeout', 'It took too long.'));
    await expect(pending).rejects.toMatchObject({ code: 'timeout' });
  });

  it('keep frames that come before anybody listens', async () => {
    const [near, far] = memoryPair();
    const client = connect(contract, near);
    const pending = client.s.number({});
    await settle();
    serve(contract, { s: { number: () => 7, fail: () => null, slow: () => null, many: emptyStream } }, far);
    expect(await pending).toBe(7);
  });
});

async function* emptyStream(): AsyncGenerator<number> {
  // Nothing to yield.
}

/** Lets everything run that is ready to run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
