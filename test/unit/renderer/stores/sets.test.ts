/** Grids and the Why view as stores: what is asked of the host, what is shown of its answers. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { AppError, SubmitSet } from '#contract';
import type { Explanation, JobSet, Pair } from '#contract';
import { gridRequest } from '../../../../renderer/features/sets/axes.ts';
import { useSetsStore } from '../../../../renderer/stores/sets.ts';
import { useViewerStore } from '../../../../renderer/stores/viewer.ts';
import { useWhyStore } from '../../../../renderer/stores/why.ts';
import { recipeWith } from '../../../support/recipe.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

let rig: StoreRig;
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

const until = (fits: () => boolean): Promise<void> =>
  vi.waitFor(() => {
    if (!fits()) throw new Error('not yet');
  });

const pairOf = (pairId: string): Pair => ({
  pairId,
  jobId: 'job',
  createdAt: 0,
  prompt: 'x',
  seed: 1,
  results: [],
});

function setOf(asked: SubmitSet, done: number): JobSet {
  const { kind, basePairId, columns, rows } = asked;
  return {
    setId: 'set',
    createdAt: 0,
    kind,
    basePairId,
    columns,
    rows,
    prompt: 'x',
    packId: 'tiny',
    of: asked.cells.length,
    done,
    cells: asked.cells.map(({ column, row }, i) => ({
      column,
      row,
      jobId: `job-${i}`,
      state: i < done ? 'done' : 'queued',
      pairId: i < done ? `pair-${i}` : null,
      result: null,
      error: null,
    })),
  };
}

describe('a set on the page', () => {
  it('counts in the list of earlier sets too, as far as it has come', async () => {
    const columns = { kind: 'seed', values: ['1', '2', '3'] } as const;
    const asked = v.parse(SubmitSet, gridRequest(recipeWith(), 'base', columns, null));
    rig = await storeRig({
      sets: {
        list: () => {
          const { cells: _, ...summary } = setOf(asked, 0);
          return { items: [summary, { ...summary, setId: 'other' }], next: null };
        },
        async *watch(_, { signal }) {
          yield setOf(asked, 1);
          yield setOf(asked, 3);
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
        },
      },
    });
    const sets = useSetsStore();
    await sets.load();
    expect(sets.earlier.map(({ done }) => done)).toEqual([0, 0]);
    sets.open('set');
    await until(() => sets.current?.done === 3);
    expect(sets.earlier.map(({ setId, done }) => [setId, done])).toEqual([
      ['set', 3],
      ['other', 0],
    ]);
    sets.close();
  });

  it('is asked for, followed over a lost connection, and gives way to the pair that is opened from it', async () => {
    let asked: SubmitSet | undefined;
    let watched = 0;
    let cancelled = 0;
    rig = await storeRig({
      sets: {
        submit: (request) => {
          asked = request;
          return { setId: 'set' };
        },
        async *watch(_, { signal }) {
          watched++;
          if (!asked) return;
          yield setOf(asked, watched);
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
        },
        cancel: () => {
          cancelled++;
          if (!asked) throw new Error('nothing was asked');
          return setOf(asked, 2);
        },
      },
      jobs: { list: () => ({ items: [], next: null }) },
      gallery: { pair: ({ pairId }) => pairOf(pairId) },
    });
    const sets = useSetsStore();
    const viewer = useViewerStore();
    viewer.showPair('base');
    const columns = { kind: 'seed', values: ['1', '2', '3'] } as const;
    await sets.submit(gridRequest(recipeWith(), 'base', columns, null));
    expect(asked?.cells.map(({ request }) => request.seed)).toEqual([1, 2, 3]);
    await until(() => sets.current?.done === 1);
    expect(sets.shown).toBe(true);
    rig.cut();
    await until(() => sets.current?.done === 2);

    await sets.cancel();
    expect(cancelled).toBe(1);
    await sets.compare('pair-1');
    expect(sets.shown).toBe(false);
    expect(viewer.pairId).toBe('pair-1');
    expect(viewer.beside).toEqual({ jobId: null, pairId: 'base', isBase: true });
    sets.shown = true;
    viewer.showPair('another');
    await until(() => !sets.shown);
    sets.close();
    expect(sets.current).toBeUndefined();
  });

  it('keeps what the host says against it', async () => {
    rig = await storeRig({
      sets: {
        submit: () => {
          throw new AppError('not_found', 'There is no such pack.');
        },
      },
    });
    const sets = useSetsStore();
    await sets.strip(recipeWith());
    expect(sets.error).toMatchObject({ code: 'not_found', message: 'There is no such pack.' });
    expect(sets.current).toBeUndefined();
  });
});

describe('why on the page', () => {
  const explanation: Explanation = {
    schema: 2,
    imageId: 'small',
    size: 1,
    steps: 2,
    at: [1],
    pictures: new Uint8Array(3),
    phrases: [],
    same: true,
    backends: {},
    wallSeconds: 1,
  };

  it('loads what is kept once, runs on request, and stops when the panel is closed', async () => {
    let kept = 0;
    let stopped = false;
    const { promise: go, resolve: begin } = Promise.withResolvers<undefined>();
    rig = await storeRig({
      explain: {
        kept: () => {
          kept++;
          return { explanation: null };
        },
        async *run({ imageId }, { signal }) {
          yield { type: 'waiting' };
          if (imageId === 'slow') await go;
          yield { type: 'started' };
          yield { type: 'step', arm: 'coarse', i: 1, of: 2 };
          if (imageId === 'quick') yield { type: 'done', explanation };
          else
            await new Promise<void>((resolve) => {
              signal.addEventListener('abort', () => {
                stopped = true;
                resolve();
              });
            });
        },
      },
    });
    const why = useWhyStore();
    const viewer = useViewerStore();
    viewer.mode = 'difference';
    viewer.togglePanel('why');
    await until(() => viewer.mode === 'side');
    expect(viewer.recipeOpen).toBe(false);
    await why.load('quick');
    await why.load('quick');
    expect(kept).toBe(1);
    expect(why.known.get('quick')).toBeNull();
    await why.run('quick');
    expect(why.known.get('quick')).toEqual(explanation);
    expect(why.running).toBeUndefined();

    void why.run('slow');
    await until(() => why.running?.waits === true);
    begin(undefined);
    await until(() => why.running?.step?.i === 1);
    expect(why.running?.waits).toBe(false);
    viewer.togglePanel('why');
    await until(() => stopped);
    expect(why.running).toBeUndefined();
    expect(why.failed).toBeUndefined();
    expect(viewer.recipeOpen).toBe(true);
  });

  it('shows why it failed, beside the picture that it failed for', async () => {
    rig = await storeRig({
      explain: {
        run: () => {
          throw new AppError('no_references', 'A reference is gone.');
        },
      },
    });
    const why = useWhyStore();
    await why.run('one');
    expect(why.failed).toMatchObject({ imageId: 'one', error: { code: 'no_references' } });
    expect(why.running).toBeUndefined();
  });
});
