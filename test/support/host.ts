/** A whole host over the tiny pack in a folder of its own, with real child processes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  GenerateRequest,
  GenerateRequestInput,
  ImportReport,
  JobEvent,
  Root,
} from '../../contract/index.ts';
import { GenerateRequest as Schema, isFinal } from '../../contract/index.ts';
import type { Config } from '../../main/config.ts';
import { createHost } from '../../main/host.ts';
import type { Host } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import type { Spawn } from '../../main/link/index.ts';
import * as v from 'valibot';
import { jpegOf, pngOf } from './images.ts';
import { writeTinyPack } from './tiny-pack.ts';

export interface TestHost {
  readonly folder: string;
  readonly home: string;
  readonly packs: string;
  host: Host;
  close(): Promise<void>;
  /** Closes the host, if it is open, and opens the same catalog again, from now on with this change of its config. */
  restart(change?: Partial<Config>): Promise<void>;
  dispose(): Promise<void>;
}

export const idle = { signal: new AbortController().signal };

/** `spawn` may be replaced, for processes that fail. */
export function makeTestHost(spawn: Spawn = forkSpawn({ ACCENT_THREADS: '1' })): TestHost {
  const folder = mkdtempSync(join(tmpdir(), 'accent-host-'));
  const [home, packs] = [join(folder, 'home'), join(folder, 'packs')];
  mkdirSync(packs);
  writeTinyPack(packs);
  let config: Config = { home, packFolders: [packs], sampleFolder: join(folder, 'none'), port: null };
  const open = (): Host => createHost(config, { spawn, appVersion: '0.0.0-test' });
  let isOpen = true;
  const made: TestHost = {
    folder,
    home,
    packs,
    host: open(),
    async close() {
      if (isOpen) await made.host.close();
      isOpen = false;
    },
    async restart(change = {}) {
      await made.close();
      config = { ...config, ...change };
      made.host = open();
      isOpen = true;
    },
    async dispose() {
      await made.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return made;
}

/** Six pictures that the tiny pack can tell apart, two of each colour. */
export async function writePictures(folder: string): Promise<void> {
  mkdirSync(join(folder, 'more'), { recursive: true });
  writeFileSync(join(folder, 'red-1.jpg'), await jpegOf([220, 20, 20]));
  writeFileSync(join(folder, 'red-2.png'), await pngOf([180, 30, 10]));
  writeFileSync(join(folder, 'green-1.jpg'), await jpegOf([20, 220, 20]));
  writeFileSync(join(folder, 'green-2.png'), await pngOf([30, 180, 10]));
  writeFileSync(join(folder, 'more', 'blue-1.jpg'), await jpegOf([20, 20, 220]));
  writeFileSync(join(folder, 'more', 'blue-2.png'), await pngOf([30, 10, 180]));
}

/** Writes the pictures into a folder of the test's and takes them in. */
export async function importPictures({ host, folder }: TestHost): Promise<void> {
  const pictures = join(folder, 'pictures');
  await writePictures(pictures);
  await importAll(host, pictures);
}

/** Imports a folder to its end. */
export async function importAll(
  host: Host,
  folder: string,
  packId = 'tiny',
): Promise<{ root: Root; report: ImportReport }> {
  const root = await host.registerRoot(folder);
  let report: ImportReport | undefined;
  for await (const event of host.services.catalog.importFolder({ rootId: root.rootId, packId }, idle))
    if (event.type === 'report') report = event.report;
  if (!report) throw new Error('the import gave no report');
  return { root, report };
}

/** A request as the contract's schema completes it. */
export function request(change: Partial<GenerateRequestInput> = {}): GenerateRequest {
  return v.parse(Schema, {
    prompt: 'a person with a red beard',
    emphases: [{ id: 'e1', phrase: 'red beard' }],
    arms: ['coarse', 'refined'],
    packId: 'tiny',
    seed: 7,
    referencesPerEmphasis: 2,
    ...change,
  });
}

/** All events of a job after `after`, to the final one. */
export async function follow(host: Host, jobId: string, after = 0): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of host.services.jobs.watch({ jobId, after }, idle)) events.push(event);
  return events;
}

/** Submits and waits: the job's id, its events, and its final event. */
export async function generate(host: Host, change: Partial<GenerateRequestInput> = {}) {
  const { jobId } = await host.services.jobs.submit(request(change), idle);
  const events = await follow(host, jobId);
  const last = events.at(-1);
  if (!last || !isFinal(last)) throw new Error('the job has no final event');
  return { jobId, events, last };
}

/** The same, for a job that must be done. */
export async function generateDone(host: Host, change: Partial<GenerateRequestInput> = {}) {
  const made = await generate(host, change);
  if (made.last.type !== 'done') throw new Error(`expected done, got ${JSON.stringify(made.last)}`);
  return { ...made, done: made.last };
}
