/** A disk that really is full: a small file system in memory. Skipped where none can be mounted. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../../../../../main/host.ts';
import type { Host } from '../../../../../main/host.ts';
import { forkSpawn } from '../../../../../main/link/index.ts';
import { generateDone, idle, request } from '../../../../support/host.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

const folder = mkdtempSync(join(tmpdir(), 'accent-full-'));
const [disk, packs] = [join(folder, 'disk'), join(folder, 'packs')];
mkdirSync(disk);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status === 0;
const filler = join(disk, 'filler');

/** Takes every free block. */
function fill(): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, new Uint8Array(bavail * bsize));
}

let host: Host;
const open = (): Host =>
  createHost(
    { home: join(disk, 'home'), packFolders: [packs], sampleFolder: join(folder, 'none'), port: null },
    { spawn: forkSpawn({ ACCENT_THREADS: '1' }), appVersion: '0.0.0-test' },
  );
beforeEach(() => {
  writeTinyPack(packs);
  if (mounted) host = open();
});
afterEach(async () => {
  if (mounted) await host.close();
});
afterAll(() => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!mounted)('a full disk', () => {
  it('fails the job, leaves no half picture, and the next one works when there is room', async () => {
    const one = { emphases: [], arms: ['sentence' as const], upscale: false };
    await generateDone(host, one);
    const before = readdirSync(join(disk, 'home', 'images'));
    const { jobId } = await host.services.jobs.submit(request({ ...one, steps: 60 }), idle);
    let last;
    for await (const event of host.services.jobs.watch({ jobId, after: 0 }, idle)) {
      if (event.type === 'started') fill();
      last = event;
    }
    expect(last).toMatchObject({ type: 'failed', error: { code: 'disk_full' } });
    expect(readdirSync(join(disk, 'home', 'images'))).toEqual(before);
    rmSync(filler);
    await host.close();
    host = open();
    const { items } = await host.services.jobs.list({ limit: 10 }, idle);
    expect(items.find((j) => j.jobId === jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'disk_full' },
    });
    await generateDone(host, one);
    expect(readdirSync(join(disk, 'home', 'images')).length).toBe(before.length + 1);
  });
});
