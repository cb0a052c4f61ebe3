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

  it('is killed when it does not end by itself after its link was closed', async () => {
    const { spawn, killed } = fakeSpawn(true);
    const child = makeChild('engine', {}, spawn, 'engine_lost');
    await child.client();
    await child.close();
    expect(killed).toEqual([1]);
  }, 10_000);
});
