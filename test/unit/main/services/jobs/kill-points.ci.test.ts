/** SIGKILL of the host at each point of a job's life (T2): one clear state, no half file, and the same pictures later. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipeOf } from '../../../../../main/host.ts';
import { follow, generateDone, idle, makeTestHost, importPictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';
import { KILL_POINTS } from '../../../../support/kill-points.ts';

const script = fileURLToPath(new URL('../../../../support/host-child.ts', import.meta.url));
const STEPS = 6;
const SEED = 50;
let test: TestHost;
let wanted: string[];

/** Hashes of the pixels that a request gives, picture by picture; each file is what its row says. */
async function pixels(pairId: string): Promise<string[]> {
  const { results } = await test.host.services.gallery.pair({ pairId }, idle);
  return Promise.all(
    results.map(async ({ imageId, contentHash }) => {
      const bytes = (await test.host.asset(imageId))?.bytes ?? new Uint8Array();
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(contentHash);
      return recipeOf(bytes).output.pixelsHash;
    }),
  );
}
const again = async (): Promise<string[]> =>
  pixels((await generateDone(test.host, { steps: STEPS, seed: SEED })).done.pairId);
const listed = async () => (await test.host.services.jobs.list({ limit: 100 }, idle)).items;
const pairs = async () => (await test.host.services.gallery.list({ limit: 100 }, idle)).items;
const parts = (): string[] =>
  (readdirSync(test.home, { recursive: true }) as string[]).filter((f) => f.endsWith('.part'));

beforeAll(async () => {
  test = makeTestHost();
  await importPictures(test);
  wanted = await again();
});
afterAll(async () => {
  await test.dispose();
});

describe('a kill of the host while it has a job', () => {
  it.each(Object.entries(KILL_POINTS))('%s', async (name, { left }) => {
    const known = new Set((await listed()).map((j) => j.jobId));
    const shown = (await pairs()).length;
    await test.close();
    const args = [script, test.home, test.packs, '1', String(STEPS), String(SEED), name];
    expect(spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }).signal).toBe(
      'SIGKILL',
    );
    await test.restart();
    const fresh = (await listed()).filter((j) => !known.has(j.jobId));
    if (left === 'nothing') expect(fresh).toEqual([]);
    else {
      expect(fresh).toHaveLength(1);
      const jobId = fresh[0]?.jobId ?? '';
      const log = await follow(test.host, jobId);
      const ends = log.filter((e) => ['done', 'failed', 'cancelled'].includes(e.type));
      expect(ends).toHaveLength(1);
      expect(log.at(-1)).toBe(ends[0]);
      const job = (await listed()).find((j) => j.jobId === jobId);
      expect(job?.attempts).toBe(1);
      if (left === 'queued') {
        expect(job?.state).toBe('done');
        expect(await pixels(job?.pairId ?? '')).toEqual(wanted);
      } else {
        expect(job).toMatchObject({ state: 'interrupted', pairId: null, error: { code: 'interrupted' } });
        expect(await pairs()).toHaveLength(shown);
      }
    }
    await expect.poll(parts).toEqual([]);
    expect(await again()).toEqual(wanted);
  });
});
