/**
 * What every link must do, seen from both ends. A link joins by calling `linkSuite` with a function that opens a
 * connected pair; nothing here knows what carries the bytes.
 */
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, call, connect } from '../../contract/index.ts';
import { Nothing, suiteContract } from './suite-contract.ts';
import type { Client, Link } from '../../contract/index.ts';
import type { Look, OpenPair, SuiteHost } from './suite-contract.ts';

export { suiteHost } from './suite-contract.ts';
export type { Look, OpenPair, SuiteHost } from './suite-contract.ts';

/** Runs the whole suite over one kind of link. */
export function linkSuite(name: string, open: () => OpenPair | Promise<OpenPair>): void {
  describe(`the contract over ${name}`, () => {
    const opened: OpenPair[] = [];

    interface Rig {
      readonly near: Link;
      readonly host: SuiteHost;
      readonly client: Client<typeof suiteContract>;
      /** Waits until what the host saw fits. */
      readonly sees: (fits: (look: Look) => boolean) => Promise<void>;
    }

    async function rig(): Promise<Rig> {
      const pair = await open();
      opened.push(pair);
      const { near, host } = pair;
      const sees = (fits: (look: Look) => boolean): Promise<void> =>
        until(async () => fits(await host.look()));
      return { near, host, client: connect(suiteContract, near), sees };
    }

    afterEach(async () => {
      for (const pair of opened.splice(0)) {
        pair.near.close();
        pair.host.close();
        await pair.dispose?.();
      }
    });

    it('answers a call and fills in defaults', async () => {
      const { client } = await rig();
      expect(await client.math.add({ a: 1 })).toBe(11);
      expect(await client.math.add({ a: 1, b: 2 })).toBe(3);
    });

    it('answers many calls at once, each to its caller', async () => {
      const { client, sees } = await rig();
      const sums = await Promise.all(Array.from({ length: 100 }, (_, a) => client.math.add({ a, b: a })));
      expect(sums).toEqual(Array.from({ length: 100 }, (_, a) => 2 * a));
      await sees((look) => look.active === 0);
    });

    it('carries typed arrays both ways, also empty and of odd length', async () => {
      const { client } = await rig();
      const raw = Uint8Array.from({ length: 13 }, (_, i) => i);
      const answer = await client.math.scale({ values: Float32Array.of(1, NaN, -0.5), raw, factor: 2 });
      expect(answer.values).toEqual(Float32Array.of(2, NaN, -1));
      expect(Array.from(answer.raw)).toEqual(Array.from(raw).reverse());
      expect(answer.nested[0]?.values).toEqual(Float32Array.of(NaN, -1));
      const empty = await client.math.scale({ values: new Float32Array(), raw: new Uint8Array(), factor: 1 });
      expect(empty.values).toHaveLength(0);
    });

    it('carries a hundred thousand numbers unchanged', async () => {
      const { client } = await rig();
      const values = Float32Array.from({ length: 100_000 }, (_, i) => i);
      const answer = await client.math.scale({ values, raw: new Uint8Array(1), factor: 1 });
      expect(Buffer.compare(Buffer.from(answer.values.slice().buffer), Buffer.from(values.buffer))).toBe(0);
    });

    it('refuses input that does not fit, naming the field, and goes on', async () => {
      const { client, sees } = await rig();
      const wrong = { a: 'one' } as unknown as { a: number };
      const error = await failure(client.math.add(wrong));
      expect(error.code).toBe('invalid_input');
      expect(error.message).toContain('math.add: a:');
      expect(error.details?.issues).toMatchObject([{ path: 'a' }]);
      const extra = { a: 1, c: 2 } as { a: number };
      expect((await failure(client.math.add(extra))).code).toBe('invalid_input');
      await sees(({ errors }) => errors.filter((e) => e.code === 'invalid_input').length === 2);
      expect(await client.math.add({ a: 1 })).toBe(11);
    });

    it('refuses what cannot be sent before it is sent', async () => {
      const { client, host } = await rig();
      const error = await failure(client.math.add({ a: NaN }));
      expect(error.code).toBe('invalid_input');
      expect(error.message).toContain('a: NaN cannot be sent');
      expect(await client.math.add({ a: 1 })).toBe(11);
      expect((await host.look()).errors).toEqual([]);
    });

    it('refuses a method that does not exist, also one that every object has', async () => {
      const { near } = await rig();
      const more = {
        math: { constructor: call(Nothing, v.null()) },
        toString: { call: call(Nothing, v.null()) },
      };
      const stranger = connect(more, near);
      expect((await failure(stranger.math.constructor({}))).code).toBe('unknown_method');
      expect((await failure(stranger.toString.call({}))).code).toBe('unknown_method');
    });

    it('carries a typed error with its details, without cause and stack', async () => {
      const { client, sees } = await rig();
      const error = await failure(client.trouble.typed({}));
      expect(error.code).toBe('disk_full');
      expect(error.message).toContain('5 MB needed');
      expect(error.details).toEqual({ needed: 5 });
      expect(error.cause).toBeUndefined();
      await sees(({ errors }) => errors.length === 1);
    });

    it('hides the text of an unexpected error but keeps it for the log', async () => {
      const { client, sees } = await rig();
      const error = await failure(client.trouble.untyped({}));
      expect(error.code).toBe('internal');
      expect(error.message).not.toContain('secret');
      await sees(({ errors }) => errors[0]?.cause === 'TypeError');
    });

    it('does not let a misfit answer out', async () => {
      const { client } = await rig();
      const error = await failure(client.trouble.badAnswer({}));
      expect(error.code).toBe('internal');
      expect(error.message).toContain('the answer of trouble.badAnswer: n:');
    });

    it('streams in order and ends', async () => {
      const { client, sees } = await rig();
      const seen: number[] = [];
      for await (const { n, data } of client.math.count({ to: 50 })) {
        seen.push(n);
        expect(data[1]).toBe(n / 2);
      }
      expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      await sees(({ finished, active }) => finished.includes('count') && active === 0);
    });

    it('gives what came before a stream failed, then the error, then the end', async () => {
      const { client } = await rig();
      const numbers = client.trouble.midway({ after: 2 });
      expect(await numbers.next()).toEqual({ done: false, value: 1 });
      expect(await numbers.next()).toEqual({ done: false, value: 2 });
      expect((await failure(numbers.next())).code).toBe('root_offline');
      expect(await numbers.next()).toEqual({ done: true, value: undefined });
    });

    it('starts a stream only when it is asked for', async () => {
      const { client, sees, host } = await rig();
      const idle = client.trouble.hangStream({});
      expect(await client.math.add({ a: 1 })).toBe(11);
      await sees((look) => look.active === 0);
      await idle.return?.();
      expect(await idle.next()).toEqual({ done: true, value: undefined });
      expect((await host.look()).finished).toEqual([]);
    });

    it('stops a stream on the host when the loop is left', async () => {
      const { client, sees } = await rig();
      for await (const n of client.trouble.hangStream({})) {
        expect(n).toBe(1);
        break;
      }
      await sees(({ finished, active }) => finished.includes('hangStream') && active === 0);
    });

    it('stops a running stream when its signal aborts, also in the middle of a wait', async () => {
      const { client, sees } = await rig();
      const controller = new AbortController();
      const numbers = client.trouble.hangStream({}, { signal: controller.signal });
      expect((await numbers.next()).value).toBe(1);
      const waiting = failure(numbers.next());
      await sees(({ started }) => started.includes('hangStream'));
      controller.abort();
      expect((await waiting).code).toBe('cancelled');
      await sees(({ aborted, active }) => aborted.includes('hangStream') && active === 0);
    });

    it('does not start a call whose signal is aborted already', async () => {
      const { client, host } = await rig();
      expect((await failure(client.trouble.hang({}, { signal: AbortSignal.abort() }))).code).toBe(
        'cancelled',
      );
      expect(await client.math.add({ a: 1 })).toBe(11);
      expect((await host.look()).started).toEqual([]);
    });

    it('cancels a running call: the caller at once, the host through its signal', async () => {
      const { client, sees, host } = await rig();
      const controller = new AbortController();
      const hanging = failure(client.trouble.hang({}, { signal: controller.signal }));
      await sees(({ started }) => started.includes('hang'));
      controller.abort();
      expect((await hanging).code).toBe('cancelled');
      await sees(({ aborted, active }) => aborted.includes('hang') && active === 0);
      expect((await host.look()).errors).toEqual([]);
    });

    it('takes no notice of an abort after the answer', async () => {
      const { client } = await rig();
      const controller = new AbortController();
      expect(await client.math.add({ a: 1 }, { signal: controller.signal })).toBe(11);
      controller.abort();
      expect(await client.math.add({ a: 2 })).toBe(12);
    });

    it('remembers that the link closed: pending and later requests reject', async () => {
      const { client, host, sees } = await rig();
      const hanging = failure(client.trouble.hang({}));
      const numbers = client.trouble.hangStream({});
      await numbers.next();
      const next = failure(numbers.next());
      await sees(({ started }) => started.length === 2);
      host.close();
      expect((await hanging).code).toBe('link_closed');
      expect((await next).code).toBe('link_closed');
      expect((await failure(client.math.add({ a: 1 }))).code).toBe('link_closed');
      expect((await failure(client.math.count({ to: 1 }).next())).code).toBe('link_closed');
    });

    it('aborts what runs on the host when the caller goes away', async () => {
      const { client, near, sees } = await rig();
      const hanging = failure(client.trouble.hang({}));
      await sees(({ started }) => started.includes('hang'));
      near.close();
      expect((await hanging).code).toBe('link_closed');
      await sees(({ aborted, active }) => aborted.includes('hang') && active === 0);
    });

    it('tells a late close listener too, and each only once', async () => {
      const { near, host } = await rig();
      let early = 0;
      near.onClose(() => early++);
      host.close();
      await until(() => early === 1);
      let late = 0;
      near.onClose(() => late++);
      near.close();
      await until(() => late === 1);
      expect(early).toBe(1);
    });

    it('closes on bytes that are no frame', async () => {
      const { near, client, sees } = await rig();
      await near.send(Uint8Array.of(255, 255, 255, 255, 0));
      await sees(({ errors }) => errors.some((e) => e.code === 'bad_frame'));
      // In one process the reason comes along; other links cannot carry it.
      await until(async () => {
        const error = await client.math.add({ a: 1 }).then(
          () => undefined,
          (e: unknown) => e as AppError,
        );
        return error?.code === 'link_closed' || error?.code === 'bad_frame';
      });
    });
  });
}

/** The error that a promise rejects with; fails the test when it does not. */
async function failure(promise: Promise<unknown>): Promise<AppError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`Expected a rejection, got ${JSON.stringify(outcome.value)}.`);
  if (!(outcome.error instanceof AppError)) throw outcome.error;
  return outcome.error;
}

/** Waits until a condition holds, at most 5 seconds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited 5 s in vain for: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
