import { expect, it } from 'vitest';
import { makeFailureLimit } from '../../../../main/serve/failure-limit.ts';

it('lets 14 failures through, then 2 a minute, counting by time and not by tries', () => {
  let time = 0;
  const limit = makeFailureLimit(() => time);
  let through = 0;
  const guess = (): void => {
    if (limit.wait() > 0) return;
    through++;
    limit.failed();
  };
  for (let i = 0; i < 10_000; i++) guess();
  expect(through).toBe(14);
  expect(limit.wait()).toBe(30_000);
  time = 29_999;
  guess();
  expect(through).toBe(14);
  time = 60_000;
  for (let i = 0; i < 100; i++) guess();
  expect(through).toBe(16);
});

it('lets at most 2 a minute and 12 more an hour through, however patient the guesser', () => {
  let time = 0;
  const limit = makeFailureLimit(() => time);
  let through = 0;
  for (time = 0; time < 3_600_000; time += 1000) {
    if (limit.wait() > 0) continue;
    through++;
    limit.failed();
  }
  expect(through).toBeLessThanOrEqual(2 + 120 + 12 + 12);
});

it('never goes wrong when the clock goes back', () => {
  let time = 1000;
  const limit = makeFailureLimit(() => time);
  time = 0;
  expect(limit.wait()).toBe(0);
  for (let i = 0; i < 14; i++) limit.failed();
  expect(limit.wait()).toBeGreaterThan(0);
});
