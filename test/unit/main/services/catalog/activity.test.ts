import { describe, expect, it } from 'vitest';
import type { CatalogActivity, ImportEvent } from '#contract';
import { makeActivity } from '../../../../../main/services/catalog/activity.ts';
import { makeImports } from '../../../../../main/services/catalog/imports.ts';

const at = (done: number): ImportEvent => ({
  type: 'progress',
  done,
  of: 100,
  imported: done,
  skipped: 0,
  perSecond: 1,
  secondsLeft: null,
  paused: false,
});
const step = (done: number, running = true): CatalogActivity => ({
  type: 'import',
  rootId: 'a',
  running,
  last: at(done),
  error: null,
});

describe('the catalog tells what happens to it', () => {
  it('a watcher that comes late gets what runs, a slow one the newest state, never a backlog', async () => {
    const activity = makeActivity(20);
    activity.tell(step(1));
    const end = new AbortController();
    const told: CatalogActivity[] = [];
    const watching = (async () => {
      for await (const news of activity.watch(end.signal)) {
        told.push(news);
        if (news.type === 'import' && !news.running) end.abort();
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 2; i <= 50; i++) activity.tell(step(i));
    activity.tell({ type: 'changed' });
    activity.tell(step(51, false));
    await watching;
    expect(told).toEqual([step(1), step(51, false), { type: 'changed' }]);
  });

  it('says of an import when it begins, goes on and ends, and why it failed', async () => {
    const imports = makeImports(async function* (rootId) {
      yield at(1);
      if (rootId === 'bad') throw new Error('the disk is gone');
    });
    const end = new AbortController();
    const watching = imports.activity(end.signal);
    const first = watching.next();
    for await (const event of imports.start('good', 'tiny', end.signal)) expect(event).toEqual(at(1));
    expect((await first).value).toMatchObject({ type: 'import', rootId: 'good' });
    await expect(async () => {
      for await (const event of imports.start('bad', 'tiny', end.signal)) void event;
    }).rejects.toThrow('the disk is gone');
    const rest: CatalogActivity[] = [];
    for await (const news of watching) {
      rest.push(news);
      if (rest.length === 2) end.abort();
    }
    expect(rest).toMatchObject([
      { rootId: 'good', running: false, last: at(1), error: null },
      { rootId: 'bad', running: false, error: { code: 'internal' } },
    ]);
  });
});
