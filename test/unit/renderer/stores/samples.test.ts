/** A pack brings its own sample pictures and its own example. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Root } from '#contract';
import { exampleName, loadExample } from '../../../../renderer/features/compose/example.ts';
import { useEvaluationsStore } from '../../../../renderer/stores/evaluations.ts';
import { useCatalogStore } from '../../../../renderer/stores/catalog.ts';
import { usePacksStore } from '../../../../renderer/stores/packs.ts';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { sampleOf, useSamplesStore } from '../../../../renderer/stores/samples.ts';
import { t } from '../../../../renderer/strings/index.ts';
import { DEMO_PACK } from '../../../support/demo-packs.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const scenes = { ...DEMO_PACK, packId: 'zoo', domain: 'scenes' };
const photos = { ...DEMO_PACK, packId: 'photos', domain: 'photos' };
const root = (name: string, change: Partial<Root> = {}): Root => ({
  rootId: name,
  name,
  imageCount: 0,
  state: 'online',
  builtIn: true,
  addedAt: 0,
  ...change,
});

let rig: StoreRig;
beforeEach(async () => {
  rig = await storeRig({
    packs: { list: () => ({ packs: [DEMO_PACK, scenes, photos], refused: [] }) },
    evaluation: {
      list: () => ({ evaluations: [], refused: [] }),
      promptSets: ({ packId }) => ({ sets: [{ name: `of-${packId}`, prompts: 1, details: 1 }] }),
    },
  });
});
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

it('has the folder of its domain, if that is there and ships with the studio', () => {
  const roots = [root('own', { builtIn: false }), root('sample'), root('sample-scenes')];
  expect(sampleOf(roots, DEMO_PACK)?.name).toBe('sample');
  expect(sampleOf(roots, undefined)?.name).toBe('sample');
  expect(sampleOf(roots, scenes)?.name).toBe('sample-scenes');
  expect(sampleOf(roots, photos)).toBeUndefined();
  expect(sampleOf([root('sample', { builtIn: false })], DEMO_PACK)).toBeUndefined();
  expect(sampleOf([root('sample', { state: 'offline' })], DEMO_PACK)).toBeUndefined();
});

it('has its own sets of prompts, which are read again when another one is chosen', async () => {
  const [packs, evaluations] = [usePacksStore(), useEvaluationsStore()];
  const names = () => evaluations.sets.map(({ name }) => name);
  await evaluations.load();
  expect(names()).toEqual([`of-${DEMO_PACK.packId}`]);
  packs.wantedId = 'zoo';
  await vi.waitFor(() => {
    expect(names()).toEqual(['of-zoo']);
  });
});

it('has its sets of prompts, too, where it becomes known while the evaluations are still on their way', async () => {
  let arrive = () => undefined as void;
  rig.stop();
  rig = await storeRig({
    evaluation: {
      async list() {
        await new Promise<void>((resolve) => (arrive = resolve));
        return { evaluations: [], refused: [] };
      },
      promptSets: ({ packId }) => ({ sets: [{ name: `of-${packId}`, prompts: 1, details: 1 }] }),
    },
  });
  const [packs, evaluations] = [usePacksStore(), useEvaluationsStore()];
  packs.list = undefined;
  const loading = evaluations.load();
  await packs.load();
  await vi.waitFor(() => {
    arrive();
    expect(evaluations.list).toBeDefined();
  });
  await loading;
  await vi.waitFor(() => {
    expect(evaluations.sets.map(({ name }) => name)).toEqual([`of-${DEMO_PACK.packId}`]);
  });
});

it('writes a sentence that it can draw, with its words stressed', () => {
  const packs = usePacksStore();
  const written = (packId: string) => {
    packs.wantedId = packId;
    loadExample();
    const { text, chips } = usePromptStore().document;
    return [text, chips.map(({ begin, end }) => text.slice(begin, end))];
  };
  expect(written('zoo')).toEqual([t.example.scenes.text, t.example.scenes.phrases]);
  expect(written(DEMO_PACK.packId)).toEqual([t.example.first.text, t.example.first.phrases]);
  expect(exampleName()).toBe('first');
  expect(written('photos')[0]).toBe(t.example.first.text);
  packs.wantedId = 'zoo';
  expect(exampleName()).toBe('scenes');
});

it('is offered while it is unread and being read, and only beside samples', async () => {
  let roots = [root('sample', { imageCount: 6 }), root('sample-scenes')];
  let end = () => undefined as void;
  rig.stop();
  rig = await storeRig({
    packs: { list: () => ({ packs: [DEMO_PACK, scenes], refused: [] }) },
    catalog: {
      roots: () => ({ roots, images: 6, own: 0, adds: 'nothing' as const, offered: [] }),
      async *importFolder() {
        yield {
          type: 'progress' as const,
          done: 1,
          of: 3,
          imported: 1,
          skipped: 0,
          perSecond: 0,
          secondsLeft: null,
          paused: false,
        };
        await new Promise<void>((resolve) => (end = resolve));
      },
    },
  });
  const [packs, catalog, samples] = [usePacksStore(), useCatalogStore(), useSamplesStore()];
  expect(samples.offered).toBeUndefined();
  await catalog.load();
  expect(samples.offered).toBeUndefined();
  packs.wantedId = 'zoo';
  expect(samples.offered?.name).toBe('sample-scenes');
  const reading = samples.read();
  await vi.waitFor(() => {
    expect(samples.progress).toEqual({ done: 1, of: 3 });
  });
  expect([samples.isReading, samples.offered?.name]).toEqual([true, 'sample-scenes']);
  roots = [root('sample', { imageCount: 6 }), root('sample-scenes', { imageCount: 3 })];
  end();
  await reading;
  expect([samples.isReading, samples.offered]).toEqual([false, undefined]);
  roots = [root('own', { builtIn: false, imageCount: 1 }), root('sample-scenes')];
  await catalog.load();
  expect(samples.offered).toBeUndefined();
});
