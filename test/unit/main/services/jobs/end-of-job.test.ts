/** A job's end: state, pair and final event are one, whatever throws, is cancelled, or was cut off. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobEvent } from '#contract';
import { makeSchedule, samplingLevels } from '../../../../../main/engine/index.ts';
import type { SampleEvent } from '../../../../../main/engine/index.ts';
import type { Catalog } from '../../../../../main/services/catalog/index.ts';
import { makeGallery } from '../../../../../main/services/gallery/index.ts';
import type { Gallery } from '../../../../../main/services/gallery/index.ts';
import { makeJobs } from '../../../../../main/services/jobs/index.ts';
import type { Jobs } from '../../../../../main/services/jobs/index.ts';
import type { InstalledPack } from '../../../../../main/services/packs/index.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';
import type { Store } from '../../../../../main/services/store/index.ts';
import { idle, request } from '../../../../support/host.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

let folder: string;
let pack: InstalledPack;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-end-'));
  const written = writeTinyPack(folder);
  pack = { ...written, summary: {} as InstalledPack['summary'] };
  store = makeStore(openStore(folder));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const RESULT: SampleEvent = {
  type: 'result',
  arm: 'sentence',
  size: 8,
  rgb: new Uint8Array(8 * 8 * 3).fill(90),
  large: null,
  embedding: new Float32Array(8).fill(0.3),
  counters: { denoiserCalls: 1, vjpCalls: 0 },
  unrefinedSteps: [],
  backends: {},
  seconds: { denoiser: 0, gradient: 0, total: 0 },
};

interface Change {
  readonly store?: Store;
  readonly gallery?: (own: Gallery) => Gallery;
  readonly writer?: ReturnType<Catalog['resultWriter']>;
}

/** The queue over a real store and gallery; the engine gives one picture at once. */
function start({ gallery = (own) => own, writer, store: given = store }: Change = {}): Jobs {
  const quiet = { write: () => undefined, follow: () => undefined };
  const jobs = makeJobs({
    store: given,
    packs: {
      get: () => Promise.resolve(pack),
      list: () => Promise.resolve({ packs: [], refused: [] }),
      checked: () => [],
    },
    catalog: { resultWriter: () => writer ?? quiet } as unknown as Catalog,
    gallery: gallery(makeGallery(given, folder, Date.now)),
    engine: {
      text: () => Promise.resolve({ embedding: new Float32Array(8).fill(0.3) }),
      prior: (_, text) => Promise.resolve(text),
      noised: () => Promise.reject(new Error('there are no references')),
      async *sample() {
        await Promise.resolve();
        yield RESULT;
      },
    },
    levelsOf: ({ kind, levels }, { steps }) => ({
      levels: samplingLevels(makeSchedule(kind, levels), steps),
      gradientLevels: [],
    }),
    settings: () => Promise.resolve({ previews: true, embedRecipe: true }),
    appVersion: '0.0.0-test',
    now: Date.now,
    retryMs: 20,
  });
  jobs.start();
  return jobs;
}

const submit = async (jobs: Jobs): Promise<string> =>
  (await jobs.service.submit(request({ emphases: [], arms: ['sentence'], upscale: false }), idle)).jobId;

async function follow(jobs: Jobs, jobId: string, after = 0): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of jobs.service.watch({ jobId, after }, idle)) events.push(event);
  return events;
}

const row = (jobId: string) => store.read.jobs.one(jobId);
const files = (): string[] => readdirSync(join(folder, 'images'));

describe('the end of a job', () => {
  it('is done together with its pair and its last event', async () => {
    const jobs = start();
    const jobId = await submit(jobs);
    const last = (await follow(jobs, jobId)).at(-1);
    expect(last).toMatchObject({ type: 'done', pairId: row(jobId)?.pair_id });
    expect(store.read.gallery.results(row(jobId)?.pair_id ?? '')).toHaveLength(1);
  });

  it('stays done when what follows it fails', async () => {
    const follows = () => {
      throw new Error('no index');
    };
    const jobs = start({ writer: { write: () => undefined, follow: follows } });
    const jobId = await submit(jobs);
    await follow(jobs, jobId);
    await jobs.close();
    expect(row(jobId)).toMatchObject({ state: 'done', error: null });
    expect((await follow(jobs, jobId)).filter((e) => e.type === 'failed')).toEqual([]);
  });

  it('leaves nothing behind when it cannot be written', async () => {
    const write = () => {
      throw new Error('no room');
    };
    const jobs = start({ writer: { write, follow: () => undefined } });
    const jobId = await submit(jobs);
    expect((await follow(jobs, jobId)).at(-1)?.type).toBe('failed');
    expect(row(jobId)).toMatchObject({ state: 'failed', pair_id: null });
    expect(store.read.gallery.page(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    expect(files()).toEqual([]);
  });

  it('fails clearly when the folder of the pictures cannot be written, and the queue goes on', async () => {
    // A file in its place stops every user, root included.
    writeFileSync(join(folder, 'images'), '');
    const jobs = start();
    const jobId = await submit(jobs);
    expect((await follow(jobs, jobId)).at(-1)).toMatchObject({
      type: 'failed',
      error: {
        code: 'io_error',
        message: expect.stringMatching(/could not be written\. A file stands .* same pictures\.$/) as string,
      },
    });
    expect(row(jobId)).toMatchObject({ state: 'failed', pair_id: null });
    rmSync(join(folder, 'images'));
    const again = await submit(jobs);
    expect((await follow(jobs, again)).at(-1)?.type).toBe('done');
    await jobs.close();
  });

  it('is told at once when the disk is full, and is written down when there is room again', async () => {
    const disk: { full: boolean | 'at the commit' } = { full: false };
    let tries = 0;
    const checked =
      <T>(write: (work: () => T) => T) =>
      (work: () => T): T => {
        if (disk.full === 'at the commit')
          return write(() => {
            work();
            tries++;
            throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
          });
        if (disk.full) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
        return write(work);
      };
    const small = {
      ...store,
      transaction: checked(store.transaction),
      relaxed: checked(store.relaxed),
    };
    const jobs = start({
      store: small,
      gallery: (own) => ({
        ...own,
        add(...args) {
          disk.full = true;
          return own.add(...args);
        },
      }),
    });
    const jobId = await submit(jobs);
    const told = await follow(jobs, jobId);
    expect(told.map((e) => e.type)).toEqual(['queued', 'started', 'failed']);
    expect(told.at(-1)).toMatchObject({ error: { code: 'disk_full' } });
    expect(files()).toEqual([]);
    // The catalog could not hear of it; everybody who asks does.
    expect(row(jobId)?.state).toBe('running');
    const [listed] = (await jobs.service.list({ limit: 10 }, idle)).items;
    expect(listed).toMatchObject({ jobId, state: 'failed', error: { code: 'disk_full' } });
    expect(await jobs.service.cancel({ jobId }, idle)).toEqual({ state: 'failed' });
    expect(await follow(jobs, jobId, told.at(-1)?.seq)).toEqual([]);
    await expect(submit(jobs)).rejects.toMatchObject({ code: 'SQLITE_FULL' });
    // A try that fails as late as at its commit takes nothing from those who ask.
    disk.full = 'at the commit';
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(tries).toBeGreaterThan(0);
    expect((await follow(jobs, jobId)).at(-1)).toEqual(told.at(-1));
    disk.full = false;
    await expect.poll(() => row(jobId)?.state).toBe('failed');
    expect((await follow(jobs, jobId)).map((e) => [e.seq, e.type])).toEqual(told.map((e) => [e.seq, e.type]));
    await jobs.close();
  });

  it('is an interruption at the next start when it never could be written down', async () => {
    const disk = { full: false };
    const transaction: Store['transaction'] = (work) => {
      if (disk.full) throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
      return store.transaction(work);
    };
    const jobs = start({
      store: { ...store, transaction },
      gallery: (own) => ({
        ...own,
        add(...args) {
          disk.full = true;
          return own.add(...args);
        },
      }),
    });
    const jobId = await submit(jobs);
    await follow(jobs, jobId);
    await jobs.close();
    expect(row(jobId)?.state).toBe('running');
    const later = start();
    expect((await follow(later, jobId)).at(-1)).toMatchObject({ error: { code: 'interrupted' } });
    await later.close();
  });

  it('is a cancel when that comes while the pictures are written, and no pair stays', async () => {
    let cancelled: Promise<unknown> = Promise.resolve();
    const jobs: Jobs = start({
      gallery: (own) => ({
        ...own,
        add(pair, pictures, also) {
          cancelled = Promise.resolve(jobs.service.cancel({ jobId: pair.jobId }, idle));
          return own.add(pair, pictures, also);
        },
      }),
    });
    const jobId = await submit(jobs);
    expect((await follow(jobs, jobId)).map((e) => e.type)).toEqual(['queued', 'started', 'cancelled']);
    expect(await cancelled).toEqual({ state: 'cancelled' });
    expect(store.read.gallery.page(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    expect(files()).toEqual([]);
  });

  it('stays done when a cancel comes after it', async () => {
    let cancelled: Promise<unknown> = Promise.resolve();
    const jobs: Jobs = start({
      gallery: (own) => ({
        ...own,
        async add(pair, pictures, also) {
          const added = await own.add(pair, pictures, also);
          cancelled = Promise.resolve(jobs.service.cancel({ jobId: pair.jobId }, idle));
          return added;
        },
      }),
    });
    const jobId = await submit(jobs);
    expect((await follow(jobs, jobId)).map((e) => e.type)).toEqual(['queued', 'started', 'done']);
    expect(await cancelled).toEqual({ state: 'done' });
  });

  it('ends a watch from behind it at once', async () => {
    const jobs = start();
    const jobId = await submit(jobs);
    const last = (await follow(jobs, jobId)).at(-1)?.seq ?? 0;
    expect(await follow(jobs, jobId, last)).toEqual([]);
    expect(await follow(jobs, jobId, last + 5)).toEqual([]);
  });

  it('gets its last event at the next start when that was lost', async () => {
    const first = start();
    const done = await submit(first);
    const before = (await follow(first, done)).at(-1);
    await first.close();
    const at = { started: Date.now(), ended: Date.now() + 1500 };
    for (const [id, state, error] of [
      ['f', 'failed', '{"code":"engine_lost","message":"It died."}'],
      ['i', 'interrupted', null],
      ['c', 'cancelled', null],
    ] as const) {
      store.write.jobs.add(id, JSON.stringify(request()), at.started);
      store.write.jobs.end(id, state, at.ended, null, error);
    }
    store.close();
    const db = new Database(join(folder, 'catalog.db'));
    db.prepare(`DELETE FROM events WHERE type = 'done'`).run();
    db.close();

    store = makeStore(openStore(folder));
    const second = start();
    expect((await follow(second, done)).at(-1)).toMatchObject({
      type: 'done',
      pairId: row(done)?.pair_id,
      results: before?.type === 'done' ? before.results : [],
    });
    const lastOf = async (id: string) => (await follow(second, id)).at(-1);
    expect(await lastOf('f')).toMatchObject({ type: 'failed', error: { code: 'engine_lost' } });
    expect(await lastOf('i')).toMatchObject({ type: 'failed', error: { code: 'interrupted' } });
    expect(await lastOf('c')).toMatchObject({ type: 'cancelled' });
    await second.close();
  });
});
