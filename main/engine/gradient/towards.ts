/** Where a pack's gradient points, and at which image it is taken: the paper's form, or its contrast (docs/decisions/0006). */
import type { EnginePhrase } from '../contract.ts';
import { dot } from '../inner-product.ts';
import type { OpenPack } from '../pack.ts';
import { contrastCotangent, stressedSource } from './contrast.ts';
import { cotangent } from './semantic-gradient.ts';
import type { PhraseReferences } from './semantic-gradient.ts';

export interface Towards {
  /** Of these phrases: [D] for each sampling level number. */
  cotangent(phrases: readonly EnginePhrase[]): (index: number) => Float32Array;
  /**
   * What the gradient of one phrase climbs, of a clean image by its embedding [D]; between -1 and 1, whatever the phrase's weight.
   * A contrast's score is the inner product with its direction. The paper's form climbs similarity to noised references; of a
   * clean image that is the one to the clean references.
   */
  score(phrase: EnginePhrase): (embedding: Float32Array) => number;
  /** The source embedding that the networks get: with a contrast, with what the phrases ask for; else as it is. */
  stressed(source: Float32Array, phrases: readonly EnginePhrase[]): Float32Array;
  /** Of stage 1's two images: x~_t, or the clean prediction x^0 behind it. */
  at(coarse: Float32Array, clean: Float32Array): Float32Array;
}

/** The phrases' noised references at sampling level number `index`. */
const noised = (phrases: readonly EnginePhrase[], index: number, dims: number): PhraseReferences[] =>
  phrases.map(({ weight, references }) => ({
    weight,
    references: references.map((r) => ({
      weight: r.weight,
      embedding: r.noised.subarray(index * dims, (index + 1) * dims),
    })),
  }));

const clean = (phrases: readonly EnginePhrase[]): PhraseReferences[] =>
  phrases.map(({ weight, references }) => ({
    weight,
    references: references.map((r) => ({ weight: r.weight, embedding: r.clean })),
  }));

const along = (direction: Float32Array) => (embedding: Float32Array) => dot(direction, embedding);

/** Mean inner product with a phrase's clean references, by their weights; 0 without any. */
export const similarityTo = (phrase: EnginePhrase, dims: number): ((embedding: Float32Array) => number) =>
  along(cotangent(clean([{ ...phrase, weight: 1 }]), dims));

export async function makeTowards(pack: OpenPack): Promise<Towards> {
  const { dims } = pack.manifest.embedding;
  const contrast = await pack.contrast();
  if (!contrast)
    return {
      cotangent: (phrases) => (index) => cotangent(noised(phrases, index, dims), dims),
      score: (phrase) => similarityTo(phrase, dims),
      stressed: (source) => source,
      at: (coarse) => coarse,
    };
  return {
    cotangent(phrases) {
      const same = contrastCotangent(clean(phrases), contrast);
      return () => same;
    },
    score: (phrase) => along(contrastCotangent(clean([{ ...phrase, weight: 1 }]), contrast)),
    stressed: (source, phrases) => stressedSource(source, phrases, contrast),
    at: (_, prediction) => prediction,
  };
}
