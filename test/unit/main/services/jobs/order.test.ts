/** The order of the queue: moved, replaced and paused, told to whoever watches, and kept over a restart. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueueState } from '../../../../../contract/index.ts';
import { follow, idle, importAll, makeTestHost, request, writePictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';

let test: TestHost;
beforeAll(async () => {
  test = makeTestHost();
  await writePictures(join(test.folder, 'pictures'));
  await importAll(test.host, join(test.folder, 'pictures'));
});
afterAll(async () => {
  await test.dispose();
});

const jobs = () => test.host.services.jobs;
const asked = (seed: number) => request({ steps: 2, seed, arms: ['coarse'], upscale: false });
const submit = async (seed: number): Promise<string> => (await jobs().submit(asked(seed), idle)).jobId;

/** The state of the queue now. */
async function state(): Promise<QueueState> {
  for await (const now of jobs().queue({}, idle)) return now;
  throw new Error('the queue said nothing');
}

describe('the order of the queue', () => {
  it('is kept while it is paused, over a restart too, and is what runs afterwards', async () => {
    await jobs().pause({ paused: true }, idle);
    const [a, b, c, d] = [await submit(1), await submit(2), await submit(3), await submit(4)];
    expect(await state()).toEqual({ paused: true, running: null, turn: null, waiting: [a, b, c, d] });

    expect((await jobs().move({ jobId: d, before: a }, idle)).waiting).toEqual([d, a, b, c]);
    expect((await jobs().move({ jobId: a, before: null }, idle)).waiting).toEqual([d, b, c, a]);
    const { jobId: e } = await jobs().replace({ jobId: b, request: asked(5) }, idle);
    expect(await state()).toEqual({ paused: true, running: null, turn: null, waiting: [d, e, c, a] });
    expect((await follow(test.host, b)).map(({ type }) => type)).toEqual(['queued', 'cancelled']);

    await test.restart();
    expect(await state()).toEqual({ paused: true, running: null, turn: null, waiting: [d, e, c, a] });

    const told: QueueState[] = [];
    const end = new AbortController();
    const watching = (async () => {
      for await (const now of jobs().queue({}, { signal: end.signal })) {
        told.push(now);
        if (!now.paused && now.running === null && now.waiting.length === 0) return;
      }
    })();
    await jobs().pause({ paused: false }, idle);
    const logs = await Promise.all([d, e, c, a].map((id) => follow(test.host, id)));
    await watching;
    const starts = logs.map((log) => log.find(({ type }) => type === 'started')?.at ?? 0);
    expect(starts).toEqual([...starts].sort((x, y) => x - y));
    expect(logs.map((log) => log.at(-1)?.type)).toEqual(['done', 'done', 'done', 'done']);
    expect(told.some(({ running }) => running === e)).toBe(true);
  });

  it('lets a new run take the place of all that waits', async () => {
    await jobs().pause({ paused: true }, idle);
    const [a, b] = [await submit(1), await submit(2)];
    const { jobId: c } = await jobs().replace({ request: asked(3) }, idle);
    expect((await state()).waiting).toEqual([c]);
    for (const id of [a, b]) expect((await follow(test.host, id)).at(-1)?.type).toBe('cancelled');
    await jobs().pause({ paused: false }, idle);
    expect((await follow(test.host, c)).at(-1)?.type).toBe('done');
  });

  it('refuses what does not wait, and changes nothing then', async () => {
    const done = await submit(1);
    await follow(test.host, done);
    await expect(async () => jobs().move({ jobId: done, before: null }, idle)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(async () => jobs().move({ jobId: 'none', before: null }, idle)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(jobs().replace({ jobId: done, request: asked(2) }, idle)).rejects.toMatchObject({
      code: 'conflict',
    });
    const elsewhere = { ...asked(2), packId: 'none' };
    await expect(jobs().replace({ request: elsewhere }, idle)).rejects.toMatchObject({ code: 'not_found' });
    expect(await state()).toEqual({ paused: false, running: null, turn: null, waiting: [] });
  });
});
