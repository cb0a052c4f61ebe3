import { describe, expect, it } from 'vitest';
import { makeTurns } from '../../../../../main/services/jobs/turns.ts';

function rig() {
  const now = { free: true, began: 0, ended: 0 };
  const turns = makeTurns({
    free: () => now.free,
    began: () => now.began++,
    ended: () => {
      now.ended++;
      turns.grant();
    },
  });
  return { now, turns };
}
const live = new AbortController().signal;

describe('turns', () => {
  it('come at once where nothing runs, and one after another', async () => {
    const { now, turns } = rig();
    const [first, second, third] = [
      turns.take('explain', live),
      turns.take('explain', live),
      turns.take('explain', live),
    ];
    expect([first.waits, second.waits, third.waits]).toEqual([false, true, true]);
    await first.come;
    first.end();
    await second.come;
    expect([turns.holder(), now.began, now.ended]).toEqual(['explain', 2, 1]);
    second.end();
    await third.come;
    third.end();
    third.end();
    expect([turns.holder(), now.ended]).toEqual([null, 3]);
  });

  it('wait until somebody says that nothing runs any more', async () => {
    const { now, turns } = rig();
    now.free = false;
    const turn = turns.take('explain', live);
    expect([turn.waits, turns.holder()]).toEqual([true, null]);
    turns.grant();
    await turn.come;
    expect(turns.holder()).toBe('explain');
  });

  it('leave the line when they are aborted or given back, and take nobody’s turn', async () => {
    const { now, turns } = rig();
    now.free = false;
    const abort = new AbortController();
    const [aborted, left, last] = [
      turns.take('explain', abort.signal),
      turns.take('explain', live),
      turns.take('explain', live),
    ];
    const reason = new Error('no longer wanted');
    abort.abort(reason);
    left.end();
    await expect(aborted.come).rejects.toBe(reason);
    expect(now.ended).toBe(0);
    turns.grant();
    await last.come;
    await expect(turns.take('explain', abort.signal).come).rejects.toBe(reason);
    expect(turns.holder()).toBe('explain');
  });

  it('stay with whoever has one, also where its signal is aborted, until it is given back', async () => {
    const { now, turns } = rig();
    const abort = new AbortController();
    const turn = turns.take('explain', abort.signal);
    await turn.come;
    abort.abort();
    expect([turns.holder(), now.ended]).toEqual(['explain', 0]);
    turn.end();
    expect([turns.holder(), now.ended]).toEqual([null, 1]);
  });
});
