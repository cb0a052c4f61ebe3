/** A recipe that is brought back makes the same request again, as far as what it needs is here. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GenerateRequest, Recipe, RecipeReference, Reference } from '#contract';
import { useJobsStore } from '../../../../renderer/stores/jobs.ts';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';
import { missingFor, recall } from '../../../../renderer/stores/recall.ts';
import { useSamplingStore } from '../../../../renderer/stores/sampling.ts';
import { HASH, recipeWith } from '../../../support/recipe.ts';
import { pack, storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const hashOf = (digit: string): string => digit.repeat(64);
const used = (digit: string, weight = 1): RecipeReference => ({
  contentHash: hashOf(digit),
  rank: 1,
  score: null,
  weight,
  pinned: false,
});
const RECIPE: Recipe = recipeWith({
  pack: { id: pack.packId, version: pack.version, parts: {} },
  source: { kind: 'retrieval', embeddingHash: HASH, references: [used('c'), used('d', 0.5)] },
});

const sent: GenerateRequest[] = [];
let rig: StoreRig;

/** A studio whose catalog has these images. */
async function open(...has: readonly string[]): Promise<void> {
  sent.length = 0;
  rig = await storeRig({
    catalog: {
      references: ({ phrase, pins }) => ({
        phrase,
        references: pins
          .filter((hash) => has.includes(hash))
          .map((contentHash): Reference => {
            const image = {
              imageId: contentHash,
              contentHash,
              name: 'x',
              width: 1,
              height: 1,
              importedAt: 0,
              rootId: null,
            };
            return { image, rank: 1, score: 0.3, strength: 0.9, weight: 1, pinned: true };
          }),
        verdict: 'good',
      }),
    },
    jobs: {
      submit: (request) => {
        sent.push(request);
        return { jobId: 'job' };
      },
      async *watch() {},
    },
  });
}

afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

const run = async (): Promise<GenerateRequest | undefined> => {
  await useJobsStore().submit(['refined']);
  return sent.at(-1);
};

describe('a recalled recipe', () => {
  it('starts from the very images that it started from, with their weights', async () => {
    await open(HASH, hashOf('c'), hashOf('d'));
    expect(await missingFor(RECIPE)).toEqual([]);
    recall(RECIPE);
    expect(await run()).toMatchObject({
      source: 'retrieval',
      sourceReferences: [
        { contentHash: hashOf('c'), weight: 1 },
        { contentHash: hashOf('d'), weight: 0.5 },
      ],
    });
  });

  it('looks for images anew once its sentence is another one or another source is chosen', async () => {
    await open(HASH, hashOf('c'), hashOf('d'));
    recall(RECIPE);
    const sampling = useSamplingStore();
    sampling.source = 'prior';
    expect((await run())?.sourceReferences).toEqual([]);
    sampling.source = 'retrieval';
    expect((await run())?.sourceReferences).toHaveLength(2);
    usePromptStore().replace(0, 0, 'today ', null);
    expect((await run())?.sourceReferences).toEqual([]);
  });

  it('names the images that are not here, and goes without them', async () => {
    await open(HASH, hashOf('d'));
    const missing = await missingFor(RECIPE);
    expect(missing).toEqual([{ kind: 'source', rank: 1, contentHash: hashOf('c') }]);
    recall(RECIPE, missing);
    expect((await run())?.sourceReferences).toMatchObject([{ contentHash: hashOf('d') }]);
  });
});
