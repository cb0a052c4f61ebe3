/** The queue through the real studio: two tabs see one run, and a restart loses nothing that waits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { live, openSuite, soon } from './studio-suite.ts';
import type { Suite } from './studio-suite.ts';

let suite: Suite;
let studio: Suite['studio'];
let user: Suite['user'];
beforeAll(async () => {
  suite = await openSuite();
  ({ studio, user } = suite);
});
afterAll(async () => {
  await suite?.close();
});

const states = async (): Promise<string[]> => {
  const { items } = await studio.host.services.jobs.list({ limit: 100 }, live);
  return items.map(({ request, state }) => `${request.prompt}: ${state}`);
};

describe('a run that two tabs look at', () => {
  it('goes on over a reload of one, is seen in the other, and is cancelled from there', async () => {
    await user.write('a person with blue shades');
    await user.setNumber('steps', 200);
    await user.generate();
    await user.reachesStep(2);
    const other = await user.otherTab(studio.served.newUrl());
    await other.reachesStep(4);
    await user.reload();
    await user.reachesStep(6);
    await other.cancel();
    await Promise.all([user.isIdle(), other.isIdle()]);
    expect(await states()).toEqual(['a person with blue shades: cancelled']);
    expect([...user.complaints, ...other.complaints, ...studio.errors]).toEqual([]);
    await other.page.close();
  });
});

describe('what waits', () => {
  it('stands in its order after a restart of the studio, still paused, and is made when the queue goes on', async () => {
    const sentences = ['one red beanie', 'two green shades', 'three blue beard'];
    await user.setNumber('steps', 4);
    await user.queue.toggle();
    await user.queue.pause();
    await soon(() => user.queue.line()).toContain('Paused');
    await user.queue.toggle();
    for (const [i, sentence] of sentences.entries()) {
      await user.write(sentence);
      await user.generate();
      await soon(async () => (await states()).length).toBe(2 + i);
    }
    await studio.restart();
    await user.open(studio.served.newUrl());
    // The sentence is the tab's own and outlives the studio.
    expect(await user.sentence()).toBe(sentences[2]);
    await user.queue.toggle();
    await soon(() => user.queue.sentences()).toEqual(sentences);
    await soon(() => user.queue.line()).toContain('Paused');
    await user.queue.pause();
    await soon(() => user.queue.sentences()).toEqual([]);
    expect((await states()).slice(0, 3).reverse()).toEqual(sentences.map((sentence) => `${sentence}: done`));
    expect([...user.complaints, ...studio.errors]).toEqual([]);
  });
});
