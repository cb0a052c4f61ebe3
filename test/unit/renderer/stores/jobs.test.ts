import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#contract';
import type { GenerateRequest, JobEvent, JobSummary, Pair, Result, StudioServices } from '#contract';
import { useCostsStore } from '../../../../renderer/stores/costs.ts';
import { useGalleryStore } from '../../../../renderer/stores/gallery.ts';
import { useJobsStore } from '../../../../renderer/stores/jobs.ts';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { useSamplingStore } from '../../../../renderer/stores/sampling.ts';
import { useViewerStore } from '../../../../renderer/stores/viewer.ts';
import { recipeWith } from '../../../support/recipe.ts';
import { pack, storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const base = { jobId: 'job', at: 0 };
/** A step of two branches in 20 ms; refined, the second half of step 1 (the last has none) takes a gradient and two more. */
const COSTS = { denoiser: 10, gradient: 30 };
const EVENTS: JobEvent[] = [
  { ...base, seq: 1, type: 'queued', position: 0 },
  { ...base, seq: 2, type: 'started', arms: ['coarse', 'refined'], steps: 2 },
  { ...base, seq: 3, at: 10, type: 'step', arm: 'coarse', stage: 'coarse', i: 1, of: 2 },
  { ...base, seq: 4, at: 30, type: 'step', arm: 'coarse', stage: 'coarse', i: 2, of: 2 },
  { ...base, seq: 5, at: 40, type: 'step', arm: 'refined', stage: 'coarse', i: 1, of: 2 },
  { ...base, seq: 6, at: 110, type: 'step', arm: 'refined', stage: 'refined', i: 2, of: 2 },
];
const DONE: JobEvent = { ...base, seq: 7, type: 'done', pairId: 'pair', results: [], wallSeconds: 1 };
const PAIR: Pair = { pairId: 'pair', jobId: 'job', createdAt: 0, prompt: 'a kid', seed: 3, results: [] };

const picture = (arm: Result['arm']): Result => ({
  arm,
  imageId: arm,
  contentHash: 'a'.repeat(64),
  width: 64,
  height: 64,
});

let rig: StoreRig;
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

type Watch = StudioServices['jobs']['watch'];

function host(watch: Watch, submitted: GenerateRequest[] = [], summaries: JobSummary[] = []) {
  return {
    catalog: {
      references: ({ phrase }: { phrase: string }) => ({ phrase, references: [], verdict: 'weak' as const }),
    },
    gallery: { pair: () => PAIR, list: () => ({ items: [PAIR], next: null }) },
    jobs: {
      submit: (request: GenerateRequest) => {
        submitted.push(request);
        return { jobId: 'job' };
      },
      list: () => ({ items: summaries, next: null }),
      watch,
    },
  };
}

async function* all(): AsyncGenerator<JobEvent> {
  yield* [...EVENTS, DONE];
}

const until = (fits: () => boolean): Promise<void> =>
  vi.waitFor(() => {
    if (!fits()) throw new Error('not yet');
  });

describe('a run', () => {
  it('is sent as it is seen, followed to its end and shown as a pair', async () => {
    const submitted: GenerateRequest[] = [];
    rig = await storeRig(host(() => all(), submitted));
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    const viewer = useViewerStore();
    prompt.paste(0, 0, ' a  kid with (a hat:1.3)');
    sampling.seed = 41;
    sampling.seedLocked = true;
    await useJobsStore().submit(['coarse', 'refined']);
    expect(viewer.jobId).toBe('job');
    expect(submitted[0]).toMatchObject({
      prompt: 'a kid with a hat',
      emphases: [{ phrase: 'a hat', weight: 1.3, span: [11, 16] }],
      arms: ['coarse', 'refined'],
      seed: 41,
      packId: pack.packId,
    });
    await until(() => viewer.pairId === 'pair');
    expect(useJobsStore().running).toBeUndefined();
    expect(useCostsStore().byPack[pack.packId]).toEqual(COSTS);
  });

  it('takes a new seed each time, unless it is locked', async () => {
    const submitted: GenerateRequest[] = [];
    rig = await storeRig(host(() => all(), submitted));
    const sampling = useSamplingStore();
    usePromptStore().replace(0, 0, 'a kid', null);
    const seeds = new Set<number>();
    for (let i = 0; i < 5; i++) {
      await useJobsStore().submit(['coarse']);
      seeds.add(sampling.seed);
    }
    expect(seeds.size).toBeGreaterThan(1);
    expect(submitted.at(-1)?.seed).toBe(sampling.seed);
  });

  it('is asked for as often as one press makes pairs, each from a seed of its own', async () => {
    const submitted: GenerateRequest[] = [];
    rig = await storeRig(host(() => all(), submitted));
    const sampling = useSamplingStore();
    usePromptStore().replace(0, 0, 'a kid', null);
    sampling.batch = 4;
    await useJobsStore().submit(['coarse', 'refined']);
    const seeds = () => submitted.splice(0).map(({ seed }) => seed);
    const [first, ...others] = seeds();
    expect(first).toBe(sampling.seed);
    expect(new Set([first, ...others]).size).toBe(4);
    // From a locked seed on the very same ones come again.
    sampling.seed = 7;
    sampling.seedLocked = true;
    await useJobsStore().submit(['coarse']);
    expect(seeds()).toEqual([7, 8, 9, 10]);
    expect(sampling.seed).toBe(7);
  });

  it('goes on after a lost connection with the event after the last one that it has', async () => {
    const asked: number[] = [];
    rig = await storeRig(
      host(async function* ({ after }, { signal }) {
        asked.push(after);
        for (const event of EVENTS.filter(({ seq }) => seq > after && (after > 0 || seq <= 4))) yield event;
        if (after > 0) yield DONE;
        else
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
      }),
    );
    const jobs = useJobsStore();
    usePromptStore().replace(0, 0, 'a kid', null);
    await jobs.submit(['coarse', 'refined']);
    await until(() => jobs.jobs.get('job')?.view.seq === 4);
    rig.cut();
    await until(() => jobs.jobs.get('job')?.view.state === 'done');
    expect(asked).toEqual([0, 4]);
    expect(rig.opens()).toBe(2);
    expect(jobs.jobs.get('job')?.view.times.refined).toMatchObject({ firstI: 1, lastI: 2 });
  });

  it('that runs already is found after a reload and shown', async () => {
    const summary: JobSummary = {
      jobId: 'job',
      state: 'running',
      request: {
        prompt: 'a kid',
        emphases: [{ id: 'a', phrase: 'kid', weight: 1, muted: false, references: [], bans: [] }],
        source: 'prior',
        sourceReferences: [],
        arms: ['coarse', 'refined'],
        wrongEmphases: [],
        packId: pack.packId,
        seed: 3,
        referencesPerEmphasis: 4,
        rivalScales: { 'baseline-guided': 1, 'first-order': 1, composable: 2, structure: 3 },
        upscale: true,
      },
      createdAt: 0,
      startedAt: 0,
      endedAt: null,
      attempts: 1,
      pairId: null,
      results: [],
      error: null,
    };
    const watched: string[] = [];
    rig = await storeRig(
      host(
        async function* ({ jobId }) {
          watched.push(jobId);
          yield* all();
        },
        [],
        [{ ...summary, jobId: 'old', state: 'done' }, summary],
      ),
    );
    const viewer = useViewerStore();
    viewer.showPair('newest', false);
    await useJobsStore().resume();
    expect(viewer.jobId).toBe('job');
    await until(() => viewer.pairId === 'pair');
    // What is over is not followed, but read once for what it measured, where this page has no figure yet.
    await until(() => watched.includes('old'));
    expect(watched.toSorted()).toEqual(['job', 'old']);
    expect(viewer.jobId).not.toBe('old');
    expect(useCostsStore().byPack[pack.packId]).toEqual(COSTS);
    await useJobsStore().resume();
    expect(watched.filter((jobId) => jobId === 'old')).toHaveLength(1);
  });

  it('leaves whoever looks at another pair alone when it ends', async () => {
    rig = await storeRig(host(() => all()));
    const viewer = useViewerStore();
    usePromptStore().replace(0, 0, 'a kid', null);
    await useJobsStore().submit(['coarse']);
    viewer.showPair('other');
    await until(() => useJobsStore().jobs.get('job')?.view.state === 'done');
    expect(viewer.pairId).toBe('other');
  });

  it('that makes the half of a pair asks for the other arm of the same recipe, once', async () => {
    const submitted: GenerateRequest[] = [];
    const half: Pair = { ...PAIR, results: [picture('coarse')] };
    const whole: Pair = { ...PAIR, results: [picture('coarse'), picture('refined')] };
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const all = host(async function* () {
      yield* EVENTS.slice(0, 2);
      await gate;
      yield DONE;
    }, submitted);
    let now = half;
    rig = await storeRig({
      ...all,
      gallery: {
        recipe: () => recipeWith({ arm: 'coarse' }),
        pair: () => now,
        list: () => ({ items: [half], next: null }),
      },
    });
    const jobs = useJobsStore();
    const gallery = useGalleryStore();
    await gallery.load();
    await jobs.completePair(half);
    await jobs.completePair(half);
    expect(submitted).toMatchObject([{ arms: ['refined'], completes: 'pair', seed: 7, steps: 50 }]);
    expect(jobs.completionOf('pair')?.view.jobId).toBe('job');
    now = whole;
    go();
    await until(() => gallery.byId.get('pair')?.results.length === 2);
    await jobs.completePair(whole);
    expect(submitted).toHaveLength(1);
  });

  it('that the host refuses says why, beside the button', async () => {
    rig = await storeRig({
      ...host(() => all()),
      jobs: {
        submit: () => {
          throw new AppError('pack_not_ready', 'The pack is still being checked.');
        },
      },
    });
    const jobs = useJobsStore();
    usePromptStore().replace(0, 0, 'a kid', null);
    await jobs.submit(['coarse']);
    expect(jobs.error).toMatchObject({ code: 'pack_not_ready' });
    expect(jobs.submitting).toBe(false);
  });

  it('is not sent without words', async () => {
    const submitted: GenerateRequest[] = [];
    rig = await storeRig(host(() => all(), submitted));
    usePromptStore().replace(0, 0, '  \n', null);
    await useJobsStore().submit(['coarse']);
    expect(submitted).toEqual([]);
  });
});
