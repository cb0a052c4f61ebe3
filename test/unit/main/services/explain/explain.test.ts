/** Why a kept picture looks as it does, over the tiny pack: asked once, kept with the picture, gone with it. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainEvent, Explanation, Result } from '../../../../../contract/index.ts';
import {
  follow,
  generateDone,
  idle,
  importAll,
  makeTestHost,
  request,
  writePictures,
} from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';

let test: TestHost;
let results: Result[];
let pairId: string;
beforeAll(async () => {
  test = makeTestHost();
  await writePictures(join(test.folder, 'pictures'));
  await importAll(test.host, join(test.folder, 'pictures'));
  const { done } = await generateDone(test.host, {
    prompt: 'a person with red beard and green shades',
    emphases: [
      { id: 'e1', phrase: 'red beard' },
      { id: 'e2', phrase: 'green shades', muted: true },
      { id: 'e3', phrase: 'blue', weight: 0.5 },
    ],
    steps: 12,
  });
  ({ results, pairId } = done);
});
afterAll(async () => {
  await test.dispose();
});

const service = () => test.host.services.explain;
const imageOf = (arm: string, large: boolean): string => {
  const own = results.filter((r) => r.arm === arm).sort((a, b) => a.width - b.width);
  return (large ? own.at(-1) : own[0])?.imageId ?? 'none';
};
const file = (): string => join(test.home, 'images', `${imageOf('refined', false)}.why`);

async function explain(imageId: string, signal = idle.signal): Promise<ExplainEvent[]> {
  const events: ExplainEvent[] = [];
  for await (const event of service().run({ imageId }, { signal })) events.push(event);
  return events;
}

const submit = async (steps: number): Promise<string> =>
  (await test.host.services.jobs.submit(request({ steps, upscale: false }), idle)).jobId;
const statesOf = async (...ids: string[]): Promise<(string | undefined)[]> => {
  const { items } = await test.host.services.jobs.list({ limit: 100 }, idle);
  return ids.map((id) => items.find(({ jobId }) => jobId === id)?.state);
};
/** Resolves when the job has made a step. */
async function begins(jobId: string): Promise<void> {
  for await (const event of test.host.services.jobs.watch({ jobId, after: 0 }, idle))
    if (event.type === 'step') return;
}

describe('why', () => {
  it('is nothing before it was asked', async () => {
    expect(await service().kept({ imageId: imageOf('refined', true) }, idle)).toEqual({ explanation: null });
  });

  it('can be stopped on the way, and then keeps nothing', async () => {
    for await (const event of service().run({ imageId: imageOf('refined', false) }, idle))
      if (event.type === 'step' && event.arm === 'refined') break;
    expect(existsSync(file())).toBe(false);
  });

  it('runs the kept picture again, explains each phrase that had an effect, and is kept over a restart', async () => {
    const events = await explain(imageOf('refined', true));
    expect(events.filter(({ type }) => type === 'step').length).toBeGreaterThanOrEqual(24);
    const last = events.at(-1);
    const made = last?.type === 'done' ? last.explanation : undefined;
    expect(made).toMatchObject({ imageId: imageOf('refined', false), same: true, steps: 12 });
    expect(made?.phrases.map(({ phrase, weight }) => [phrase, weight])).toEqual([
      ['red beard', 1],
      ['blue', 0.5],
    ]);
    await test.restart();
    const kept: { explanation: Explanation | null } = await service().kept(
      { imageId: imageOf('refined', false) },
      idle,
    );
    expect(kept.explanation).toEqual(made);
  });

  it('is made again where the file is not what this version writes', async () => {
    writeFileSync(file(), 'no frame');
    expect(await service().kept({ imageId: imageOf('refined', false) }, idle)).toEqual({ explanation: null });
    await explain(imageOf('refined', false));
    expect((await service().kept({ imageId: imageOf('refined', false) }, idle)).explanation).not.toBeNull();
  });

  it('waits for the job that runs, goes before those that wait, and lets none begin meanwhile', async () => {
    const [running, next] = [await submit(400), await submit(3)];
    await begins(running);
    const seen: string[] = [];
    for await (const event of service().run({ imageId: imageOf('refined', false) }, idle)) {
      if (seen.at(-1) !== event.type) seen.push(event.type);
      if (event.type === 'waiting') expect(await statesOf(running, next)).toEqual(['running', 'queued']);
      else expect(await statesOf(running, next)).toEqual(['done', 'queued']);
    }
    expect(seen).toEqual(['waiting', 'started', 'step', 'done']);
    expect((await follow(test.host, next)).at(-1)?.type).toBe('done');
  });

  it('waits for another one, and runs while the queue is paused', async () => {
    await test.host.services.jobs.pause({ paused: true }, idle);
    const order: string[] = [];
    const one = async (name: string): Promise<void> => {
      for await (const { type } of service().run({ imageId: imageOf('refined', false) }, idle))
        if (type !== 'step') order.push(`${name} ${type}`);
    };
    await Promise.all([one('first'), one('second')]);
    expect(order.filter((entry) => entry !== 'second waiting')).toEqual([
      'first started',
      'first done',
      'second started',
      'second done',
    ]);
    expect(order).toContain('second waiting');
    await test.host.services.jobs.pause({ paused: false }, idle);
  });

  it.each(['aborted', 'left'])('holds up nothing when it is %s while it waits', async (how) => {
    const [running, next] = [await submit(400), await submit(3)];
    await begins(running);
    const abort = new AbortController();
    const seen: string[] = [];
    const asked = async (): Promise<void> => {
      for await (const { type } of service().run({ imageId: imageOf('refined', false) }, abort)) {
        seen.push(type);
        if (how === 'left') break;
        abort.abort();
      }
    };
    if (how === 'left') await asked();
    else await expect(asked()).rejects.toThrow();
    expect(seen).toEqual(['waiting']);
    expect(await statesOf(running, next)).toEqual(['running', 'queued']);
    const ends = await Promise.all([running, next].map(async (id) => (await follow(test.host, id)).at(-1)));
    expect(ends.map((end) => end?.type)).toEqual(['done', 'done']);
  });

  it('is ended with the host, in the middle or while it waits, and the job that waited is done afterwards', async () => {
    const running = explain(imageOf('refined', false)).catch((error: unknown) => error);
    const waiting = explain(imageOf('refined', false)).catch((error: unknown) => error);
    const job = await submit(3);
    await test.restart();
    expect([await running, await waiting]).toEqual([
      expect.objectContaining({ code: 'link_closed' }),
      expect.objectContaining({ code: 'link_closed' }),
    ]);
    expect((await follow(test.host, job)).at(-1)?.type).toBe('done');
  });

  it('is asked of refined pictures only', async () => {
    await expect(explain(imageOf('coarse', false))).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(explain('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('goes with the picture', async () => {
    expect(existsSync(file())).toBe(true);
    await test.host.services.gallery.remove({ pairIds: [pairId] }, idle);
    await test.host.services.gallery.purge({ pairIds: [pairId] }, idle);
    const left = readdirSync(join(test.home, 'images'));
    expect(left.filter((name) => results.some(({ imageId }) => name.startsWith(imageId)))).toEqual([]);
  });
});
