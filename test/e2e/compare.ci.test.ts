/** Below the pictures, through the real studio: why a picture looks as it does, one phrase after another, a grid. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { live, openSuite, soon } from './studio-suite.ts';
import type { Suite } from './studio-suite.ts';

let suite: Suite;
let studio: Suite['studio'];
let user: Suite['user'];
beforeAll(async () => {
  suite = await openSuite();
  ({ studio, user } = suite);
  await user.write('a person with red beanie and green shades');
  await user.stress('red');
  await user.stress('green');
  await user.references();
  await user.setNumber('steps', 8);
  await user.generate();
  await user.hasResults(1);
  await user.isIdle();
});
afterAll(async () => {
  await suite?.close();
});

const calm = (): void => {
  expect(user.complaints).toEqual([]);
  expect(studio.errors).toEqual([]);
};

describe('Why', () => {
  it('waits for the run in progress, explains each phrase, goes through the steps, and is kept over a reload', async () => {
    await user.setNumber('steps', 400);
    await user.generate();
    await user.reachesStep(2);
    await user.showResult(0);
    await user.why.toggle();
    await user.why.ask();
    await soon(() => user.why.line()).toBe('Waits for the run in progress');
    await user.why.cancel();
    await user.why.canBeAsked();
    await user.why.ask();
    await soon(() => user.why.line()).toBe('Waits for the run in progress');
    await user.cancel();
    const found = await user.why.found();
    expect(found.map(({ phrase }) => phrase)).toEqual(['red', 'green']);
    const { items } = await studio.host.services.gallery.list({ limit: 1 }, live);
    const imageId = items[0]?.results.find(({ arm }) => arm === 'refined')?.imageId ?? '';
    const { explanation } = await studio.host.services.explain.kept({ imageId }, live);
    expect(explanation).toMatchObject({ same: true, steps: 8 });
    expect(found).toEqual(explanation?.phrases.map(({ phrase, verdict }) => ({ phrase, verdict })));
    const first = await user.why.nextStep();
    expect(first).toBe(explanation?.at[0]);
    expect(await user.why.nextStep()).toBe(explanation?.at[1]);

    await user.reload();
    await user.showResult(0);
    await user.why.toggle();
    expect(await user.why.found()).toEqual(found);
    await user.why.toggle();
    calm();
  });
});

describe('a strip', () => {
  it('adds the phrases one by one', async () => {
    await user.showResult(0);
    await user.set.strip();
    expect(await user.set.columns()).toEqual(['nothing stressed', '+ red', '+ green']);
    await user.set.has(3);
    calm();
  });
});

describe('a grid', () => {
  it('stops where it is cancelled, is found again after a reload, and goes on with what is missing', async () => {
    await user.reload();
    await user.showResult(0);
    await user.set.seeds([1, 2, 3, 4]);
    await user.set.has(1);
    await user.set.cancel();
    const done = await user.set.count('done');
    expect(done).toBeLessThan(4);
    expect(await user.set.count('cancelled')).toBe(4 - done);

    await user.reload();
    await user.showResult(0);
    await user.set.openEarlier();
    await user.set.resume();
    await user.set.has(4);
    const { items } = await studio.host.services.sets.list({ limit: 10 }, live);
    expect(items[0]).toMatchObject({ kind: 'grid', done: 4, of: 4 });
    calm();
  });

  it('goes on by itself after a restart of the studio, but for the picture that was in the making', async () => {
    await user.reload();
    await user.showResult(0);
    await user.set.seeds([11, 12, 13]);
    await soon(() => user.set.count('running')).toBe(1);
    await studio.restart();
    await user.open(studio.served.newUrl());
    await user.showResult(0);
    await user.set.openEarlier();
    await user.set.has(2);
    await soon(() => user.set.count('interrupted')).toBe(1);
    await user.set.resume();
    await user.set.has(3);
    calm();
  });
});
