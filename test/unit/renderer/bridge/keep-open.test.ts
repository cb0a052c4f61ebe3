import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError, memoryPair } from '#contract';
import type { Link } from '#contract';
import { keepOpen } from '../../../../renderer/bridge/index.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const gone = (): Promise<Link> => Promise.reject(new AppError('link_closed', 'gone'));

/** Opens with these functions in turn, the last one again and again. */
function rig(opens: (() => Promise<Link>)[], reopens = true) {
  const seen: (string | number | null)[] = [];
  let tries = 0;
  const keeper = keepOpen(
    {
      reopens,
      open: () => {
        const open = opens[Math.min(tries++, opens.length - 1)];
        return open ? open() : gone();
      },
    },
    {
      opened: () => void seen.push('opened'),
      lost: (error, retryInMs) => void seen.push(error.code, retryInMs),
    },
    () => 0,
  );
  return { seen, keeper, tries: () => tries };
}

describe('keeping a link open', () => {
  it('waits longer after each failure, up to eight seconds', async () => {
    const { seen, keeper } = rig([gone]);
    await vi.advanceTimersByTimeAsync(40_000);
    const waits = seen.filter((entry) => typeof entry === 'number');
    expect(waits.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    keeper.stop();
  });

  it('opens again when the link closes, and starts with the short pause again', async () => {
    const [near, far] = memoryPair();
    const [second] = memoryPair();
    const { seen, keeper } = rig([gone, () => Promise.resolve(near), () => Promise.resolve(second)]);
    await vi.advanceTimersByTimeAsync(300);
    far.close();
    await vi.advanceTimersByTimeAsync(300);
    expect(seen).toEqual(['link_closed', 250, 'opened', 'link_closed', 250, 'opened']);
    keeper.stop();
  });

  it('gives up where trying again is of no use', async () => {
    const refused = rig([() => Promise.reject(new AppError('unauthorized', 'who?'))]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refused.seen).toEqual(['unauthorized', null]);

    const [near, far] = memoryPair();
    const desktop = rig([() => Promise.resolve(near)], false);
    await vi.advanceTimersByTimeAsync(0);
    far.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(desktop.seen).toEqual(['opened', 'link_closed', null]);
    expect(desktop.tries()).toBe(1);
  });

  it('tries at once when asked, and not at all once stopped', async () => {
    const { keeper, tries } = rig([gone]);
    await vi.advanceTimersByTimeAsync(0);
    keeper.retry();
    await vi.advanceTimersByTimeAsync(0);
    expect(tries()).toBe(2);
    keeper.stop();
    keeper.retry();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries()).toBe(2);
  });
});
