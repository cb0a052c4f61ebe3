import { describe, expect, it } from 'vitest';
import { makePace, makePause } from '../../../../../main/services/catalog/pace.ts';
import { batches, purse, stage } from '../../../../../main/services/catalog/stage.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Counts what was asked of it, and whether it was told to stop. */
function source(n: number, failAt = Infinity) {
  const seen = { pulled: 0, stopped: false };
  async function* items(): AsyncGenerator<number> {
    try {
      for (let i = 0; i < n; i++) {
        seen.pulled++;
        if (i === failAt) throw new Error(`item ${i}`);
        yield i;
        await Promise.resolve();
      }
    } finally {
      seen.stopped = true;
    }
  }
  return { seen, items: items() };
}

describe('a stage', () => {
  it('works beside its reader, in order, on no more at once than it may', async () => {
    let running = 0;
    let most = 0;
    const results = stage(source(40).items, { atOnce: 3, ahead: 8 }, async (i) => {
      most = Math.max(most, ++running);
      for (let n = 0; n < (i * 7) % 5; n++) await tick();
      running--;
      return i * 2;
    });
    const out: number[] = [];
    for await (const x of results) out.push(x);
    expect(out).toEqual(Array.from({ length: 40 }, (_, i) => i * 2));
    expect(most).toBe(3);
  });

  it('goes no further ahead of a slow reader than its buffer (back-pressure)', async () => {
    const { seen, items } = source(1000);
    const results = stage(items, { atOnce: 2, ahead: 5 }, (i) => i);
    await results.next();
    for (let n = 0; n < 50; n++) await tick();
    // Five wait or are made, one was given, and one more may be in the hand of the one that waits for room.
    expect(seen.pulled).toBeLessThanOrEqual(7);
    await results.next();
    for (let n = 0; n < 50; n++) await tick();
    expect(seen.pulled).toBeLessThanOrEqual(8);
    await results.return(undefined);
    expect(seen.stopped).toBe(true);
    expect(seen.pulled).toBeLessThanOrEqual(8);
  });

  it('lets two stages in a row overlap', async () => {
    const log: string[] = [];
    const first = stage(source(4).items, { atOnce: 1, ahead: 2 }, async (i) => {
      await tick();
      log.push(`a${i}`);
      return i;
    });
    for await (const i of stage(first, { atOnce: 1, ahead: 2 }, (x) => x)) {
      for (let n = 0; n < 6; n++) await tick();
      log.push(`b${i}`);
    }
    expect(log.indexOf('a2')).toBeLessThan(log.indexOf('b0'));
  });

  it('throws the error of a work or of its source in its place', async () => {
    const got: number[] = [];
    const read = async (results: AsyncIterable<number>): Promise<void> => {
      for await (const x of results) got.push(x);
    };
    const failing = stage(source(9).items, { atOnce: 3, ahead: 9 }, (i) => {
      if (i === 4) throw new Error('work 4');
      return i;
    });
    await expect(read(failing)).rejects.toThrow('work 4');
    expect(got).toEqual([0, 1, 2, 3]);
    got.length = 0;
    await expect(read(stage(source(9, 2).items, { atOnce: 3, ahead: 9 }, (i) => i))).rejects.toThrow(
      'item 2',
    );
    expect(got).toEqual([0, 1]);
  });
});

describe('what goes with it', () => {
  it('makes lists of at most so many, earlier when they are heavy', async () => {
    const all = async (full?: (batch: readonly number[]) => boolean): Promise<number[][]> => {
      const out = [];
      for await (const batch of batches(source(7).items, 3, full)) out.push(batch);
      return out;
    };
    expect(await all()).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(await all((b) => b.includes(1))).toEqual([
      [0, 1],
      [2, 3, 4],
      [5, 6],
    ]);
  });

  it('gives memory in the order of asking, and all of it to who wants more', async () => {
    const memory = purse(10);
    const order: string[] = [];
    const ask = (name: string, n: number): Promise<void> => memory.take(n).then(() => void order.push(name));
    void ask('a', 6);
    void ask('b', 99);
    void ask('c', 1);
    await tick();
    expect(order).toEqual(['a']);
    memory.give(6);
    await tick();
    expect(order).toEqual(['a', 'b']);
    memory.give(99);
    await tick();
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('tells the rate and the time left, without the rests', () => {
    const pace = makePace(0);
    expect(pace.secondsLeft(100)).toBeNull();
    for (let s = 1; s <= 30; s++) pace.at(s * 10, s * 1000);
    expect(pace.perSecond).toBeCloseTo(10, 6);
    expect(pace.secondsLeft(400)).toBeCloseTo(10, 6);
    pace.rest(600_000);
    pace.at(310, 601_000);
    expect(pace.perSecond).toBeCloseTo(10, 6);
    for (let s = 602; s <= 700; s++) pace.at(310 + (s - 601) * 40, s * 1000);
    expect(pace.perSecond).toBeGreaterThan(38);
  });

  it('lets wait while it is paused, and no longer than the signal', async () => {
    const pause = makePause();
    const abort = new AbortController();
    await pause.passed(abort.signal);
    pause.set(true);
    let passed = false;
    const waiting = pause.passed(abort.signal).then(() => (passed = true));
    await tick();
    expect(passed).toBe(false);
    pause.set(false);
    await waiting;
    pause.set(true);
    const cut = pause.passed(abort.signal);
    abort.abort();
    await expect(cut).rejects.toMatchObject({ name: 'AbortError' });
  });
});
