/** What completes a word: earlier emphases, then what the catalog has. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#contract';
import { usePhrasesStore } from '../../../../renderer/stores/phrases.ts';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

let rig: StoreRig;
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

const FACETS = {
  pairs: 1,
  starred: 0,
  deleted: 0,
  tags: [],
  packs: [],
  emphases: [{ emphasis: 'Beanie', count: 1 }],
};

async function start(complete: (prefixes: string[]) => { phrase: string; from: 'tag' | 'caption' }[]) {
  rig = await storeRig({
    gallery: { facets: () => FACETS },
    catalog: { complete: ({ prefixes }) => ({ phrases: complete(prefixes) }) },
  });
  const phrases = usePhrasesStore();
  await vi.waitFor(() => expect(phrases.known).toContain('Beanie'));
  return phrases;
}

describe('known phrases', () => {
  it('are those stressed before, then tags and words of the catalog, none twice', async () => {
    const asked: string[][] = [];
    const phrases = await start((prefixes) => {
      asked.push(prefixes);
      return [
        { phrase: 'beach', from: 'tag' },
        { phrase: 'beanie', from: 'caption' },
        { phrase: 'beard', from: 'caption' },
      ];
    });
    usePromptStore().paste(0, 0, 'a (bow tie:1.0)');
    phrases.remember();
    phrases.ask(['be']);
    phrases.ask(['a bea', 'bea']);
    await vi.waitFor(() => expect(phrases.known).toEqual(['bow tie', 'Beanie', 'beach', 'beard']));
    // Only the newest question was sent.
    expect(asked).toEqual([['a bea', 'bea']]);
    expect(['bow tie', 'Beanie', 'beach', 'beard'].map(phrases.sourceOf)).toEqual([
      'before',
      'before',
      'tag',
      'caption',
    ]);
  });

  it('are the earlier emphases alone when the catalog cannot answer', async () => {
    let works = true;
    const phrases = await start(() => {
      if (!works) throw new AppError('io_error', 'no disk');
      return [{ phrase: 'beach', from: 'tag' }];
    });
    phrases.ask(['be']);
    await vi.waitFor(() => expect(phrases.known).toEqual(['Beanie', 'beach']));
    works = false;
    phrases.ask(['bea']);
    await vi.waitFor(() => expect(phrases.known).toEqual(['Beanie']));
  });
});
