/** Earlier sentences: stepped through, listed, and brought back whole in one step of undo. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { GenerateRequest } from '#contract';
import type { GenerateRequestInput, JobSummary } from '#contract';
import { useHistoryStore } from '../../../../renderer/stores/history.ts';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { useReferencesStore } from '../../../../renderer/stores/references.ts';
import { useSamplingStore } from '../../../../renderer/stores/sampling.ts';
import { undoSettings } from '../../../../renderer/stores/undo-settings.ts';
import { pack, storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const HASH = 'a'.repeat(64);
let jobs: JobSummary[];
let asked: (string | undefined)[];
let rig: StoreRig;

/** A run that came in at minute `at`; newer ones first in the host's list. */
function ran(at: number, prompt: string, rest: Partial<GenerateRequestInput> = {}, seconds = 0): void {
  const request = v.parse(GenerateRequest, {
    prompt,
    arms: ['coarse', 'refined'],
    packId: pack.packId,
    seed: at,
    ...rest,
  });
  jobs.unshift({
    jobId: `job${jobs.length}`,
    state: 'done',
    request,
    createdAt: at * 60_000 + seconds * 1000,
    startedAt: 0,
    endedAt: 0,
    attempts: 1,
    pairId: null,
    results: [],
    error: null,
  });
}

const phrase = (words: string, weight = 1, pinned = false) => ({
  id: `e${words.replaceAll(' ', '')}`,
  phrase: words,
  weight,
  references: [{ contentHash: HASH, pinned }, { contentHash: 'b'.repeat(64) }],
});

beforeEach(async () => {
  jobs = [];
  asked = [];
  rig = await storeRig({
    catalog: { references: ({ phrase }) => ({ phrase, references: [], verdict: 'weak' as const }) },
    jobs: {
      list({ after, limit }) {
        asked.push(after);
        const from = after === undefined ? 0 : Number(after);
        const next = from + limit < jobs.length ? String(from + limit) : null;
        return { items: jobs.slice(from, from + limit), next };
      },
    },
  });
  undoSettings();
});
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

const text = (): string => usePromptStore().document.text;
const chips = (): string[] => usePromptStore().chips.map((c) => `${c.phrase} ${c.weight}`);

describe('stepping', () => {
  it('goes through what was run, newest first, and back to what stood there', async () => {
    ran(1, 'a first');
    ran(2, 'a second');
    const history = useHistoryStore();
    usePromptStore().paste(0, 0, 'a (draft:1.3)');
    expect(await history.step(1)).toBe(2);
    expect(text()).toBe('a second');
    expect(await history.step(1)).toBe(3);
    expect(text()).toBe('a first');
    expect(await history.step(1)).toBeUndefined();
    expect(text()).toBe('a first');
    await history.step(-1);
    expect(await history.step(-1)).toBe(1);
    expect([text(), chips()]).toEqual(['a draft', ['draft 1.3']]);
    expect(await history.step(-1)).toBeUndefined();
    expect(history.entries.map(({ at }) => at)).toEqual([null, 120_000, 60_000]);
  });

  it('brings chips, weights, what was pinned by hand and settings, in one step of undo', async () => {
    ran(1, 'a kid with a red hat', {
      emphases: [phrase('red hat', 1.4, true), { ...phrase('kid', 0.6), muted: true }],
      steps: 33,
      guidance: 2,
      sampler: 'dpm-solver++',
      rebuild: 'continue',
      window: [0, 500],
      source: 'retrieval',
      referencesPerEmphasis: 3,
      upscale: false,
    });
    const prompt = usePromptStore();
    const sampling = useSamplingStore();
    prompt.replace(0, 0, 'unsent', null);
    sampling.ownGuidance = 5;
    await useHistoryStore().step(1);
    expect(prompt.chips.map(({ phrase, weight, muted }) => [phrase, weight, muted])).toEqual([
      ['kid', 0.6, true],
      ['red hat', 1.4, false],
    ]);
    const seen = () => [
      sampling.ownSteps,
      sampling.ownGuidance,
      sampling.ownSampler,
      sampling.ownRebuild,
      sampling.ownWindow,
      sampling.source,
      sampling.referencesPerEmphasis,
      sampling.upscale,
    ];
    expect(seen()).toEqual([33, 2, 'dpm-solver++', 'continue', [0, 500], 'retrieval', 3, false]);
    const choices = prompt.chips.map(({ id }) => useReferencesStore().choices.get(id));
    expect(choices.map((choice) => choice?.pins)).toEqual([[], [HASH]]);
    expect(choices.some((choice) => choice?.exact)).toBe(false);
    prompt.undo();
    expect([text(), ...seen()]).toEqual(['unsent', null, 5, null, null, null, 'prior', 8, true]);
  });

  it('starts anew at what is edited, and keeps that too', async () => {
    ran(1, 'a first');
    ran(2, 'a second');
    const history = useHistoryStore();
    const prompt = usePromptStore();
    prompt.replace(0, 0, 'mine', null);
    await history.step(1);
    prompt.replace(0, 1, 'one', null);
    expect(text()).toBe('one second');
    await history.step(1);
    expect(history.entries.map(({ written }) => written.document.text)).toEqual([
      'one second',
      'mine',
      'a second',
      'a first',
    ]);
    expect(text()).toBe('mine');
  });

  it('returns to the empty sentence that it began at, without listing it', async () => {
    ran(1, 'a first');
    const history = useHistoryStore();
    expect(await history.step(1)).toBe(1);
    expect(await history.step(-1)).toBe(0);
    expect(text()).toBe('');
    expect(await history.step(-1)).toBeUndefined();
    expect(history.entries).toHaveLength(1);
  });

  it('knows what stands there as what was run last, and leaves a locked seed alone', async () => {
    ran(1, 'a first');
    ran(2, 'a hat', { emphases: [phrase('hat')] });
    const history = useHistoryStore();
    const sampling = useSamplingStore();
    usePromptStore().paste(0, 0, 'a (hat:1.0)');
    sampling.seed = 77;
    expect(await history.step(1)).toBe(2);
    expect([text(), sampling.seed, sampling.seedLocked]).toEqual(['a first', 1, false]);
    sampling.seed = 78;
    sampling.seedLocked = true;
    await history.step(-1);
    expect([text(), sampling.seed]).toEqual(['a hat', 78]);
    expect(history.entries).toHaveLength(2);
  });

  it('lets steps that come quickly wait for each other', async () => {
    for (let i = 1; i <= 5; i++) ran(i, `sentence ${i}`);
    const history = useHistoryStore();
    expect(await Promise.all([history.step(1), history.step(1), history.step(1)])).toEqual([1, 2, 3]);
    expect(text()).toBe('sentence 3');
  });
});

describe('the list', () => {
  it('has each sentence once, by its newest run, and the cells of a grid as one', async () => {
    ran(1, 'a hat');
    ran(2, 'a robot');
    ran(3, 'a hat');
    for (const [i, weight] of [0.2, 0.8, 1.6].entries())
      ran(4, 'a grid', { emphases: [phrase('grid', weight)] }, i * 0.01);
    const history = useHistoryStore();
    await history.load();
    expect(history.entries.map(({ written, at }) => [written.document.text, at])).toEqual([
      ['a grid', 240_020],
      ['a hat', 180_000],
      ['a robot', 120_000],
    ]);
  });

  it('reads older pages only when they are wanted, and only what is new the next time', async () => {
    for (let i = 1; i <= 250; i++) ran(i, `sentence ${i}`);
    const history = useHistoryStore();
    await history.load();
    expect(history.error).toBeUndefined();
    expect(history.entries).toHaveLength(100);
    await history.loadAll();
    expect(history.entries).toHaveLength(250);
    ran(251, 'the newest');
    await history.load();
    expect(history.entries).toHaveLength(251);
    expect(asked).toEqual([undefined, '100', '200', undefined]);
    expect(history.entries[0]?.written.document.text).toBe('the newest');
  });

  it('steps on beyond the first page', async () => {
    for (let i = 1; i <= 102; i++) ran(i, `sentence ${i}`);
    const history = useHistoryStore();
    for (let i = 0; i < 101; i++) await history.step(1);
    expect(text()).toBe('sentence 2');
  });

  it('keeps what is not sent when another is taken from it', async () => {
    ran(1, 'a first');
    const history = useHistoryStore();
    usePromptStore().replace(0, 0, 'unsent', null);
    await history.load();
    const [first] = history.entries;
    if (first) history.use(first);
    expect([text(), history.entries.map(({ at }) => at)]).toEqual(['a first', [null, 60_000]]);
  });

  it('says when it cannot be read', async () => {
    rig.stop();
    rig = await storeRig({});
    const history = useHistoryStore();
    expect(await history.step(1)).toBeUndefined();
    expect(history.error?.code).toBe('internal');
  });
});
