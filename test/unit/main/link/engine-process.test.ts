import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineContract } from '../../../../main/engine/index.ts';
import { forkSpawn, makeChild } from '../../../../main/link/index.ts';
import type { ChildHandle, Spawn } from '../../../../main/link/index.ts';
import { writeTinyPack } from '../../../support/tiny-pack.ts';
import { eventsOf, resultsOf, sampleRequest } from '../../../support/tiny-pack-engine.ts';

let parent: string;
let tiny: ReturnType<typeof writeTinyPack>;
const started: ChildHandle[] = [];
const fork = forkSpawn({ ACCENT_THREADS: '1' });
const spawn: Spawn = (entry, lost) => {
  const handle = fork(entry, lost);
  started.push(handle);
  return handle;
};
const engine = makeChild('engine', engineContract, spawn, 'engine_lost', async (client) => {
  await client.engine.open(tiny);
});

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'accent-process-'));
  tiny = writeTinyPack(parent);
});
afterAll(async () => {
  await engine.close();
  rmSync(parent, { recursive: true });
});

describe('the engine as a child process', () => {
  it('gives the same bytes in two processes', async () => {
    const once = async () => {
      const { refined } = resultsOf(await eventsOf((await engine.client()).engine.sample(sampleRequest())));
      return Buffer.from(refined?.rgb ?? []).toString('hex');
    };
    const first = await once();
    engine.kill();
    expect(await once()).toBe(first);
    expect(first).toHaveLength(8 * 8 * 3 * 2);
    expect(started).toHaveLength(2);
  });

  it('answers other calls while it samples, and stops when it is cancelled', async () => {
    const client = await engine.client();
    const abort = new AbortController();
    const request = sampleRequest({ steps: 1000, window: [0, 1000] });
    const stream = client.engine.sample(request, { signal: abort.signal });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of stream) {
        if (event.type === 'step') seen.push(event.i);
        if (event.type === 'step' && event.i === 3) {
          await client.engine.embedText({ packId: 'tiny', text: 'red' });
          abort.abort();
        }
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen.at(-1)).toBeLessThan(1000);
    // Nothing runs on: the process takes (nearly) no processor time any more.
    await client.engine.embedText({ packId: 'tiny', text: 'red' });
    if (process.platform === 'linux') {
      const before = ticks();
      await wait(300);
      expect(ticks() - before).toBeLessThanOrEqual(8);
    }
  });

  it('fails the calls of a process that dies with engine_lost, and starts again for the next', async () => {
    const client = await engine.client();
    const stream = client.engine.sample(sampleRequest({ steps: 1000 }));
    await stream[Symbol.asyncIterator]().next();
    const handle = started.at(-1);
    handle?.kill();
    await handle?.ended;
    await expect(eventsOf(stream)).rejects.toMatchObject({
      code: 'engine_lost',
      message: expect.stringContaining('started again') as string,
    });
    const again = await engine.client();
    expect((await again.engine.embedText({ packId: 'tiny', text: 'red' })).embedding).toHaveLength(8);
  });

  it('ends with its parent’s channel, and takes no calls after close', async () => {
    const own = makeChild('engine', engineContract, spawn, 'engine_lost');
    await expect((await own.client()).engine.embedText({ packId: 'tiny', text: 'x' })).rejects.toMatchObject({
      code: 'pack_not_ready',
    });
    await own.close();
    await started.at(-1)?.ended;
    await expect(own.client()).rejects.toMatchObject({ code: 'link_closed' });
  });

  it('that cannot be started fails its calls, not the host', async () => {
    const own = makeChild('engine', engineContract, fork, 'engine_lost');
    const { execPath } = process;
    process.execPath = join(parent, 'no-such-program');
    try {
      const client = await own.client();
      await expect(client.engine.embedText({ packId: 'tiny', text: 'x' })).rejects.toMatchObject({
        code: expect.stringMatching(/engine_lost|link_closed/) as string,
      });
    } finally {
      process.execPath = execPath;
    }
    await expect((await own.client()).engine.embedText({ packId: 'tiny', text: 'x' })).rejects.toMatchObject({
      code: 'pack_not_ready',
    });
    await own.close();
  });
});

/** Clock ticks (10 ms) that children of this process have used: user and system. */
function ticks(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return children.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}
