/** Grids and strips over the tiny pack: one table of ordinary runs, cancelled at once, gone on with after a restart. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobSet, SubmitSet } from '../../../../../contract/index.ts';
import { idle, importAll, makeTestHost, request, writePictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';

let test: TestHost;
beforeAll(async () => {
  test = makeTestHost();
  await writePictures(join(test.folder, 'pictures'));
  await importAll(test.host, join(test.folder, 'pictures'));
});
afterAll(async () => {
  await test.dispose();
});

const sets = () => test.host.services.sets;

/** Seeds along the columns, weights of the beard along the rows. */
function grid(seeds: readonly number[], weights: readonly number[], steps = 3): SubmitSet {
  return {
    kind: 'grid',
    basePairId: null,
    columns: { kind: 'seed', values: seeds.map(String) },
    rows: { kind: 'weight', phrase: 'red beard', values: weights.map(String) },
    cells: weights.flatMap((weight, row) =>
      seeds.map((seed, column) => ({
        column,
        row,
        request: request({
          seed,
          steps,
          arms: ['refined'],
          upscale: false,
          window: [0, 1000],
          emphases: [{ id: 'e1', phrase: 'red beard', weight }],
        }),
      })),
    ),
  };
}

/** The set as it is when this holds of it. */
async function until(setId: string, fits: (set: JobSet) => boolean): Promise<JobSet> {
  for await (const set of sets().watch({ setId }, idle)) if (fits(set)) return set;
  throw new Error('the set ended before');
}
const isOver = ({ cells }: JobSet): boolean =>
  cells.every(({ state }) => state !== 'queued' && state !== 'running');

describe('a set', () => {
  it('becomes a table of pictures, each an ordinary pair with the recipe of its place', async () => {
    const { setId } = await sets().submit(grid([1, 2], [0.5, 1.5]), idle);
    const set = await until(setId, ({ done }) => done === 4);
    expect(set).toMatchObject({
      kind: 'grid',
      of: 4,
      packId: 'tiny',
      rows: { kind: 'weight', values: ['0.5', '1.5'] },
    });
    for (const { row, column, pairId, result } of set.cells) {
      const pair = await test.host.services.gallery.pair({ pairId: pairId ?? '' }, idle);
      expect(pair.seed).toBe([1, 2][column]);
      const recipe = await test.host.services.gallery.recipe({ imageId: result?.imageId ?? '' }, idle);
      expect(recipe.emphases[0]?.weight).toBe([0.5, 1.5][row]);
    }
    const { items } = await sets().list({ limit: 10 }, idle);
    expect(items.map((each) => [each.setId, each.done])).toEqual([[setId, 4]]);
  });

  it('is told as it grows', async () => {
    const { setId } = await sets().submit(grid([3, 4], [1]), idle);
    const seen: string[] = [];
    for await (const { cells } of sets().watch({ setId }, idle)) {
      seen.push(cells.map(({ state }) => state).join(' '));
      if (seen.at(-1) === 'done done') break;
    }
    expect(seen).toContain('done running');
  });

  it('is cancelled at once, survives a restart, and what is missing can be made after it', async () => {
    const { setId } = await sets().submit(grid([5, 6, 7], [1], 200), idle);
    await until(setId, ({ cells }) => cells[0]?.state === 'running');
    const cancelled = await sets().cancel({ setId }, idle);
    expect(cancelled.cells.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);

    const { setId: other } = await sets().submit(grid([8, 9], [1], 150), idle);
    await until(other, ({ cells }) => cells[0]?.state === 'running');
    await test.restart();
    const after = await until(other, isOver);
    // What waited went on by itself; what was cut off is not run twice without being asked.
    expect(after.cells.map(({ state }) => state)).toEqual(['interrupted', 'done']);
    const kept = after.cells[1]?.pairId;
    await sets().resume({ setId: other }, idle);
    const whole = await until(other, ({ done }) => done === 2);
    expect(whole.cells[1]?.pairId).toBe(kept);
  });

  it('says when a picture is gone, and makes it again', async () => {
    const { setId } = await sets().submit(grid([10], [1]), idle);
    const pairId = (await until(setId, ({ done }) => done === 1)).cells[0]?.pairId ?? '';
    await test.host.services.gallery.remove({ pairIds: [pairId] }, idle);
    await test.host.services.gallery.purge({ pairIds: [pairId] }, idle);
    expect((await until(setId, () => true)).cells[0]).toMatchObject({
      state: 'done',
      pairId: null,
      result: null,
    });
    await sets().resume({ setId }, idle);
    expect((await until(setId, ({ done }) => done === 1)).cells[0]?.pairId).not.toBe(pairId);
  });

  it('of a pack that is not there is refused whole', async () => {
    const asked = grid([1], [1]);
    const cells = asked.cells.map((cell) => ({ ...cell, request: request({ packId: 'nothing' }) }));
    await expect(sets().submit({ ...asked, cells }, idle)).rejects.toMatchObject({ code: 'not_found' });
    await expect(sets().cancel({ setId: 'nothing' }, idle)).rejects.toMatchObject({ code: 'not_found' });
  });
});
