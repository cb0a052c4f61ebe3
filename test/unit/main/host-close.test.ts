/** Closing the host while things run: they end, with an error where they must, and the catalog is free afterwards. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryPair } from '#contract';
import type { AppError, ImportEvent } from '#contract';
import { createHost } from '../../../main/host.ts';
import type { Host } from '../../../main/host.ts';
import { forkSpawn } from '../../../main/link/index.ts';
import type { ChildHandle, Spawn } from '../../../main/link/index.ts';
import { idle, importAll, request, writePictures } from '../../support/host.ts';
import { pngOf } from '../../support/images.ts';
import { writeTinyPack } from '../../support/tiny-pack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-close-'));
  mkdirSync(join(folder, 'packs'));
  writeTinyPack(join(folder, 'packs'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const fork = forkSpawn({ ACCENT_THREADS: '1' });
function open(spawn: Spawn = fork, closeMs?: number): Host {
  return createHost(
    { home: join(folder, 'home'), packFolders: [join(folder, 'packs')], sampleFolder: folder, port: null },
    { spawn, appVersion: '0.0.0-test', ...(closeMs === undefined ? {} : { closeMs }) },
  );
}

/** A process that takes calls and never answers; it only ends when it is killed. */
function deaf(killed: string[], entry: string, lost: () => AppError): ChildHandle {
  const [link] = memoryPair();
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  return {
    link,
    ended,
    kill: () => {
      killed.push(entry);
      link.close(lost());
      finish();
    },
  };
}

async function imported(): Promise<void> {
  await writePictures(join(folder, 'pictures'));
  const host = open();
  await importAll(host, join(folder, 'pictures'));
  await host.close();
}

/** The error of a promise that must fail; settles at once when it has failed already. */
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => {
      throw new Error(`it went through: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

async function secondsOf(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return (performance.now() - began) / 1000;
}

describe('closing the host', () => {
  it('stops an import in the middle, also one that nobody reads on, and keeps what was committed', async () => {
    const pictures = join(folder, 'pictures');
    mkdirSync(pictures);
    for (let i = 0; i < 40; i++)
      writeFileSync(join(pictures, `${String(i).padStart(2, '0')}.png`), await pngOf([i, 255 - i, 3 * i]));
    // A folder is read by one import at a time, so the one that nobody reads on has a folder of its own.
    const others = join(folder, 'others');
    mkdirSync(others);
    for (let i = 0; i < 40; i++)
      writeFileSync(join(others, `${String(i).padStart(2, '0')}.png`), await pngOf([255 - i, i, 4 * i]));
    const host = open();
    const { rootId } = await host.registerRoot(pictures);
    const other = await host.registerRoot(others);
    const start = (id: string) =>
      host.services.catalog.importFolder({ rootId: id, packId: 'tiny' }, idle)[Symbol.asyncIterator]();
    const read = start(rootId);
    const left = start(other.rootId);
    await left.next();
    for (let event: IteratorResult<ImportEvent, unknown> = await read.next(); ; event = await read.next())
      if (event.done === true || (event.value.type === 'progress' && event.value.imported >= 32)) break;
    const rest = failure(
      (async () => {
        while (!(await read.next()).done);
      })(),
    );
    expect(await secondsOf(host.close())).toBeLessThan(10);
    expect(await rest).toMatchObject({ code: 'link_closed' });
    expect((await left.next()).done).toBe(true);

    const again = open();
    const { report } = await importAll(again, pictures);
    expect(report.unchanged).toBeGreaterThanOrEqual(32);
    expect(report.imported + report.unchanged).toBe(40);
    await again.close();
  }, 60_000);

  it('interrupts the running job, tells its watchers, and refuses new calls', async () => {
    const host = open();
    const input = request({ emphases: [], arms: ['sentence'], steps: 1000, upscale: false });
    const { jobId } = await host.services.jobs.submit(input, idle);
    const types: string[] = [];
    const watching = (async () => {
      for await (const event of host.services.jobs.watch({ jobId, after: 0 }, idle)) types.push(event.type);
    })();
    while (!types.includes('step')) await new Promise((resolve) => setTimeout(resolve, 10));
    const closing = host.close();
    expect(await failure(Promise.resolve(host.services.jobs.submit(input, idle)))).toMatchObject({
      code: 'link_closed',
    });
    await closing;
    await watching;
    expect(types.at(-1)).toBe('failed');
    expect(await failure(host.asset('anything'))).toMatchObject({ code: 'link_closed' });
    await host.close();
  });

  it('kills an engine that does not answer, and whoever waits for it gets an error', async () => {
    await imported();
    const killed: string[] = [];
    const host = open(
      (entry, lost) => (entry === 'engine' ? deaf(killed, entry, lost) : fork(entry, lost)),
      300,
    );
    const search = failure(
      Promise.resolve(host.services.catalog.search({ text: 'red', k: 3, packId: 'tiny' }, idle)),
    );
    const { jobId } = await host.services.jobs.submit(request({ emphases: [] }), idle);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await secondsOf(host.close())).toBeLessThan(10);
    expect(killed).toEqual(['engine']);
    expect(await search).toMatchObject({ code: expect.stringMatching(/link_closed|engine_lost/) as string });

    const again = open();
    const { items } = await again.services.jobs.list({ limit: 1 }, idle);
    expect(items).toMatchObject([{ jobId, state: 'interrupted' }]);
    await again.close();
  }, 60_000);
});
