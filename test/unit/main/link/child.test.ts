import { describe, expect, it } from 'vitest';
import { memoryPair } from '#contract';
import { makeChild } from '../../../../main/link/index.ts';
import type { ChildHandle } from '../../../../main/link/index.ts';

/** Processes that end when they are killed; with `deaf` they do not end when their link closes. */
function fakeSpawn(deaf: boolean) {
  const killed: number[] = [];
  let count = 0;
  const spawn = (): ChildHandle => {
    const number = ++count;
    const [link] = memoryPair();
    let finish: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (finish = resolve));
    if (!deaf) link.onClose(finish);
    return {
      link,
      ended,
      kill: () => {
        killed.push(number);
        finish();
        link.close();
      },
    };
  };
  return { spawn, killed };
}

describe('a child process', () => {
  it('is killed by its own session only, not by that of the process before', async () => {
    const { spawn, killed } = fakeSpawn(false);
    const child = makeChild('decode', {}, spawn, 'decode_lost');
    const first = await child.session();
    first.kill();
    const second = await child.session();
    first.kill();
    expect(await child.session()).toBe(second);
    expect(killed).toEqual([1, 1]);
  });

  it('is started again after a start that failed', async () => {
    const { spawn, killed } = fakeSpawn(false);
    let works = false;
    const child = makeChild('engine', {}, spawn, 'engine_lost', async () => {
      if (!works) throw new Error('the settings cannot be read');
      await Promise.resolve();
    });
    await expect(child.client()).rejects.toThrow('the settings cannot be read');
    expect(killed).toEqual([1]);
    works = true;
    await child.client();
    expect(killed).toEqual([1]);
  });

  it('is killed when it does not end by itself after its link was closed', async () => {
    const { spawn, killed } = fakeSpawn(true);
    const child = makeChild('engine', {}, spawn, 'engine_lost');
    await child.client();
    await child.close();
    expect(killed).toEqual([1]);
  }, 10_000);
});
