/** The queue: one at a time, cancelled at any moment, and nothing in between after a crash (parts of T2). */
import { spawn as start } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent } from '../../../../../contract/index.ts';
import { forkSpawn } from '../../../../../main/link/index.ts';
import type { ChildHandle } from '../../../../../main/link/index.ts';
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
const engines: ChildHandle[] = [];
beforeAll(async () => {
  const fork = forkSpawn({ ACCENT_THREADS: '1' });
  test = makeTestHost((entry, lost) => {
    const handle = fork(entry, lost);
    if (entry === 'engine') engines.push(handle);
    return handle;
  });
  await writePictures(join(test.folder, 'pictures'));
  await importAll(test.host, join(test.folder, 'pictures'));
});
afterAll(async () => {
  await test.dispose();
});

const jobs = () => test.host.services.jobs;
const submit = async (steps: number, seed = 1): Promise<string> =>
  (await jobs().submit(request({ steps, seed, window: [0, 1000], upscale: false }), idle)).jobId;
const stateOf = async (jobId: string) =>
  (await jobs().list({ limit: 100 }, idle)).items.find((j) => j.jobId === jobId)?.state;

/** Waits for the first event that fits. */
async function until(jobId: string, fits: (event: JobEvent) => boolean): Promise<JobEvent> {
  for await (const event of jobs().watch({ jobId, after: 0 }, idle)) if (fits(event)) return event;
  throw new Error('the job ended before');
}

describe('the queue', () => {
  it('runs one job at a time, in order, and says how many are before', async () => {
    const ids = [await submit(3, 1), await submit(3, 2), await submit(3, 3)];
    const logs = await Promise.all(ids.map((id) => follow(test.host, id)));
    expect(logs.map((log) => log.at(-1)?.type)).toEqual(['done', 'done', 'done']);
    expect(logs.map((log) => (log[0] as JobEvent & { type: 'queued' }).position)).toEqual([0, 1, 2]);
    const [first, second] = logs as [JobEvent[], JobEvent[]];
    expect(second.find((e) => e.type === 'started')?.at).toBeGreaterThanOrEqual(first.at(-1)?.at as number);
  });

  it('cancels a job that waits', async () => {
    const running = await submit(300);
    const waiting = await submit(3);
    expect(await jobs().cancel({ jobId: waiting }, idle)).toEqual({ state: 'cancelled' });
    expect((await follow(test.host, waiting)).map((e) => e.type)).toEqual(['queued', 'cancelled']);
    await jobs().cancel({ jobId: running }, idle);
  });

  it('cancels the job that runs, soon, without a picture, and goes on with the next', async () => {
    const running = await submit(1000);
    const next = await submit(3);
    await until(running, (e) => e.type === 'step' && e.i >= 5);
    const began = performance.now();
    expect(await jobs().cancel({ jobId: running }, idle)).toEqual({ state: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(1000);
    const log = await follow(test.host, running);
    expect(log.at(-1)?.type).toBe('cancelled');
    expect(log.some((e) => e.type === 'step' && e.i === 1000)).toBe(false);
    expect((await follow(test.host, next)).at(-1)?.type).toBe('done');
    const { items } = await test.host.services.gallery.list({ limit: 100 }, idle);
    expect(items.some((p) => p.jobId === running)).toBe(false);
  });

  it('cancelling a finished job changes nothing; an unknown one is an error', async () => {
    const id = await submit(3);
    await follow(test.host, id);
    expect(await jobs().cancel({ jobId: id }, idle)).toEqual({ state: 'done' });
    await expect(jobs().cancel({ jobId: 'absent' }, idle)).rejects.toMatchObject({ code: 'not_found' });
    await expect(follow(test.host, 'absent')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('replays and follows: two watchers see the same, from any number on', async () => {
    const id = await submit(60);
    await until(id, (e) => e.type === 'step' && e.i === 3);
    const [all, later] = await Promise.all([follow(test.host, id), follow(test.host, id, 4)]);
    const steps = (log: JobEvent[]) => log.filter((e) => e.type === 'step').map((e) => e.seq);
    expect(steps(later)).toEqual(steps(all).filter((seq) => seq > 4));
    expect(later.at(-1)).toEqual(all.at(-1));
  });

  it('keeps only the last preview of each arm', async () => {
    const id = await submit(400);
    const live = await follow(test.host, id);
    const kept = await follow(test.host, id);
    const previews = (log: JobEvent[], arm: string) =>
      log.filter((e) => e.type === 'preview' && e.arm === arm);
    for (const arm of ['coarse', 'refined']) {
      expect(previews(kept, arm)).toHaveLength(1);
      expect(previews(kept, arm)[0]).toEqual(previews(live, arm).at(-1));
    }
    const seconds = ((live.at(-1)?.at as number) - (live[0]?.at as number)) / 1000;
    expect(live.filter((e) => e.type === 'preview').length).toBeLessThanOrEqual(4 * seconds + 2);
  });

  it('ends a watch when its signal aborts', async () => {
    const id = await submit(1000);
    const abort = new AbortController();
    const watching = (async () => {
      for await (const event of jobs().watch({ jobId: id, after: 0 }, { signal: abort.signal }))
        if (event.type === 'step') abort.abort();
    })();
    await watching;
    await jobs().cancel({ jobId: id }, idle);
  });

  it('fails the running job when the engine dies, and runs the next in a new one', async () => {
    const running = await submit(1000);
    const next = await submit(3);
    await until(running, (e) => e.type === 'step');
    engines.at(-1)?.kill();
    expect((await follow(test.host, running)).at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'engine_lost' },
    });
    expect((await follow(test.host, next)).at(-1)?.type).toBe('done');
    expect(await stateOf(running)).toBe('failed');
  });

  it('fails a request whose references are not there, naming them', async () => {
    const ghost = 'ab'.repeat(32);
    const { jobId } = await jobs().submit(
      request({ emphases: [{ id: 'e', phrase: 'red beard', references: [{ contentHash: ghost }] }] }),
      idle,
    );
    expect((await follow(test.host, jobId)).at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'no_references', message: expect.stringContaining(ghost.slice(0, 12)) as string },
    });
  });
});

describe('after an orderly close', () => {
  it('the running job is interrupted and the waiting one runs at the next start', async () => {
    const running = await submit(1000);
    const waiting = await submit(3);
    await until(running, (e) => e.type === 'step');
    await test.restart();
    expect((await follow(test.host, running)).at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'interrupted' },
    });
    expect(await stateOf(running)).toBe('interrupted');
    expect((await follow(test.host, waiting)).at(-1)?.type).toBe('done');
  });
});

describe('after SIGKILL of the host', () => {
  const script = fileURLToPath(new URL('../../../../support/host-child.ts', import.meta.url));

  /** Starts a host on the test's catalog and kills it as soon as its output fits. */
  async function killAt(fits: (output: string) => boolean, count: number, steps: number): Promise<void> {
    const child = start(
      process.execPath,
      [script, test.home, test.packs, String(count), String(steps), '50'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (fits(output)) child.kill('SIGKILL');
    });
    const signal = await new Promise((resolve) => child.on('close', (_, s) => resolve(s)));
    expect(signal).toBe('SIGKILL');
  }

  it.each([
    ['while a job runs', /^0 step$/m, 150],
    ['just after a job was done', /^0 done$/m, 2],
  ])(
    '%s: every job is in exactly one state, and done means that its picture is there',
    async (_, line, steps) => {
      await test.close();
      await killAt((output) => line.test(output), 3, steps);
      await test.restart();
      const { items } = await jobs().list({ limit: 3 }, idle);
      const ends = await Promise.all(items.map((j) => follow(test.host, j.jobId)));
      for (const log of ends)
        expect(log.filter((e) => ['done', 'failed', 'cancelled'].includes(e.type))).toHaveLength(1);
      const after = (await jobs().list({ limit: 3 }, idle)).items;
      for (const job of after) {
        expect(['done', 'interrupted']).toContain(job.state);
        if (job.state !== 'done') continue;
        const { results } = await test.host.services.gallery.pair({ pairId: job.pairId ?? '' }, idle);
        for (const result of results) {
          const asset = await test.host.asset(result.imageId);
          expect(
            createHash('sha256')
              .update(asset?.bytes ?? new Uint8Array())
              .digest('hex'),
          ).toBe(result.contentHash);
        }
      }
      // The jobs that waited ran by themselves; none ran twice.
      expect(after.filter((j) => j.state === 'done').length).toBeGreaterThanOrEqual(2);
      expect(after.every((j) => j.attempts === 1)).toBe(true);
      const again = await generateDone(test.host, { seed: 1234, upscale: false });
      expect(again.done.results).toHaveLength(2);
      const files = readdirSync(join(test.home, 'images'));
      expect(files.every((f) => readFileSync(join(test.home, 'images', f)).length > 0)).toBe(true);
    },
    // Three starts of a host, which a busy machine takes its time for.
    120_000,
  );
});
