import { expect, it } from 'vitest';
import { makeBell } from '../../../main/bell.ts';

const order = async (steps: (say: (word: string) => void) => Promise<void>): Promise<string[]> => {
  const said: string[] = [];
  await steps((word) => said.push(word));
  return said;
};

it('wakes the one who waits, and keeps one ring for the next who comes', async () => {
  const bell = makeBell();
  const said = await order(async (say) => {
    const woken = bell.rung().then(() => {
      say('woken');
    });
    await Promise.resolve();
    say('ring');
    bell.ring();
    await woken;
    bell.ring();
    bell.ring();
    await bell.rung();
    say('missed');
    const again = bell.rung().then(() => {
      say('again');
    });
    await Promise.resolve();
    say('only one was kept');
    bell.ring();
    await again;
  });
  expect(said).toEqual(['ring', 'woken', 'missed', 'only one was kept', 'again']);
});

it('lets go of the waiting when the signal aborts, before or meanwhile', async () => {
  const bell = makeBell();
  const abort = new AbortController();
  const waiting = bell.rung(abort.signal);
  abort.abort();
  await waiting;
  await bell.rung(abort.signal);
  // A ring after the abort is not lost to the next one.
  bell.ring();
  await bell.rung();
});
