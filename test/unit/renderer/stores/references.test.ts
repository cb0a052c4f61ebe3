import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#contract';
import type { PhraseChoices, Reference, StudioServices } from '#contract';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { useReferencesStore } from '../../../../renderer/stores/references.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

type Request = Parameters<StudioServices['catalog']['references']>[0];

const reference = (digit: string, strength: number): Reference => ({
  image: {
    imageId: `image${digit}`,
    contentHash: digit.repeat(64),
    name: `${digit}.png`,
    width: 64,
    height: 64,
    importedAt: 0,
    rootId: null,
  },
  rank: 1,
  score: 0.3,
  strength,
  weight: 1,
  pinned: false,
});

let asked: Request[];
let kept: PhraseChoices;
let answer: (
  request: Request,
  signal: AbortSignal,
) => Promise<ReturnType<typeof found>> | ReturnType<typeof found>;
let rig: StoreRig;

function found(phrase: string, verdict: 'good' | 'weak' | 'none' = 'good') {
  return { phrase, references: [reference('a', 0.9), reference('b', 0.7)], verdict };
}

beforeEach(async () => {
  vi.useFakeTimers();
  asked = [];
  kept = { phrase: 'beard', pins: [], bans: [], like: [] };
  answer = ({ phrase }) => found(phrase);
  rig = await storeRig({
    catalog: {
      references: (request, { signal }) => {
        asked.push(request);
        return answer(request, signal);
      },
      choices: ({ phrase }) => ({ ...kept, phrase }),
      choose({ phrase, contentHash, as }) {
        const but = (list: string[]): string[] => list.filter((hash) => hash !== contentHash);
        kept = { phrase, pins: but(kept.pins), bans: but(kept.bans), like: but(kept.like) };
        if (as === 'pin') kept.pins.push(contentHash);
        if (as === 'ban') kept.bans.push(contentHash);
        if (as === 'like') kept.like.push(contentHash);
        return kept;
      },
    },
  });
});
afterEach(() => {
  rig.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function write(marked: string) {
  const prompt = usePromptStore();
  const references = useReferencesStore();
  prompt.paste(0, prompt.document.text.length, marked);
  return { prompt, references, id: (n = 0) => prompt.chips[n]?.id ?? '' };
}

const pass = (ms = 250): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('references while typing', () => {
  it('are asked for once the hand rests, not at every letter', async () => {
    const { prompt, references, id } = write('a (beard:1.0)');
    const end = (): number => prompt.chips[0]?.end ?? 0;
    for (const letter of 'abc') {
      prompt.replace(end() - 1, end() - 1, letter, 'type');
      await pass(100);
    }
    expect(asked).toEqual([]);
    await pass();
    expect(asked.map(({ phrase }) => phrase)).toEqual(['bearabcd']);
    expect(references.found.get(id())).toMatchObject({ state: 'ready', response: { verdict: 'good' } });
  });

  it('do not ask again for a change of weight, and know an answer again after undo', async () => {
    const { prompt, id } = write('a (beard:1.0)');
    await pass();
    prompt.setWeight(id(), 1.6);
    await pass();
    prompt.replace(2, 2, 'x', null);
    prompt.replace(3, 4, 'y', null);
    await pass();
    prompt.undo();
    prompt.undo();
    await pass();
    expect(asked.map(({ phrase }) => phrase)).toHaveLength(2);
    expect(useReferencesStore().found.get(id())?.response?.phrase).toBe('beard');
  });

  it('drop a search that the next one overtakes, and show only the last answer', async () => {
    const aborted: string[] = [];
    answer = ({ phrase }, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => aborted.push(phrase));
        setTimeout(() => {
          resolve(found(phrase));
        }, 1000);
      });
    const { prompt, references, id } = write('a (beard:1.0)');
    await pass(400);
    prompt.replace(3, 3, 'o', null);
    await pass(400);
    expect(aborted).toEqual(['beard']);
    await pass(2000);
    expect(references.found.get(id())?.response?.phrase).toBe('boeard');
  });

  it('send pins in their order and bans, and a ban ends a pin', async () => {
    const { references, id } = write('a (beard:1.0)');
    await pass();
    const [a, b] = [reference('a', 0.9), reference('b', 0.7)];
    references.togglePin(id(), b);
    references.togglePin(id(), a);
    await pass();
    expect(asked.at(-1)).toMatchObject({ pins: ['b'.repeat(64), 'a'.repeat(64)], bans: [] });
    references.ban(id(), a);
    await pass();
    expect(asked.at(-1)).toMatchObject({ pins: ['b'.repeat(64)], bans: ['a'.repeat(64)] });
    references.unban(id());
    await pass();
    expect(references.choices.get(id())?.bans).toEqual([]);
  });

  it('remember what was chosen for a phrase: a pin from before shows, is taken back, and more like this is asked for', async () => {
    kept.pins = ['b'.repeat(64)];
    const { references, id } = write('a (beard:1.0)');
    await pass();
    const [a, b] = [reference('a', 0.9), reference('b', 0.7)];
    expect(asked.at(-1)).toMatchObject({ pins: [], remembered: true });
    expect(references.isPinned(id(), b.image.contentHash)).toBe(true);
    references.togglePin(id(), b);
    references.toggleLike(id(), a);
    await pass();
    expect(kept).toMatchObject({ pins: [], like: ['a'.repeat(64)] });
    expect([references.isPinned(id(), b.image.contentHash), references.likeCount(id())]).toEqual([false, 1]);
    expect(asked).toHaveLength(2);
    await references.clearLikes(id());
    expect(kept.like).toEqual([]);
  });

  it('of a recalled recipe are its own alone, whatever was chosen for the phrase', async () => {
    kept.pins = ['b'.repeat(64)];
    const { references, id } = write('a (beard:1.0)');
    references.choices.set(id(), { pins: ['a'.repeat(64)], bans: [], anyway: true, exact: true });
    await pass();
    expect(asked.at(-1)).toMatchObject({ pins: ['a'.repeat(64)], remembered: false });
    references.togglePin(id(), reference('a', 0.9));
    await pass();
    expect(kept.pins).toEqual(['b'.repeat(64)]);
  });

  it('say that there is no good one, until the user overrules or pins', async () => {
    answer = ({ phrase }) => found(phrase, phrase === 'moth brooch' ? 'none' : 'weak');
    const { references, id } = write('(moth brooch:1.0) and (hat:1.0)');
    await pass();
    expect([references.isWithout(id(0)), references.isWithout(id(1))]).toEqual([true, false]);
    references.setAnyway(id(0), true);
    expect(references.isWithout(id(0))).toBe(false);
    references.setAnyway(id(0), false);
    references.togglePin(id(0), reference('a', 0.1));
    expect(references.isWithout(id(0))).toBe(false);
  });

  it('keep an error where it happened and try again when asked', async () => {
    answer = () => {
      throw new AppError('engine_lost', 'The engine is gone.');
    };
    const { references, id } = write('a (beard:1.0)');
    await pass();
    expect(references.found.get(id())).toMatchObject({ state: 'failed', error: { code: 'engine_lost' } });
    answer = ({ phrase }) => found(phrase);
    references.retry(id());
    await pass();
    expect(references.found.get(id())?.state).toBe('ready');
  });

  it('are looked up again after an import', async () => {
    write('a (beard:1.0)');
    await pass();
    useReferencesStore().refresh();
    await pass();
    expect(asked).toHaveLength(2);
  });

  it('are complete when `settled` says so, whatever was still to be asked', async () => {
    answer = ({ phrase }) =>
      new Promise((resolve) =>
        setTimeout(() => {
          resolve(found(phrase));
        }, 300),
      );
    const { references, id } = write('(beard:1.0) and (hat:1.0)');
    const settled = references.settled();
    await pass(1000);
    await settled;
    expect([0, 1].map((n) => references.found.get(id(n))?.state)).toEqual(['ready', 'ready']);
  });
});
