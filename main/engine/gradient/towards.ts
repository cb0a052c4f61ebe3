/** Where a pack's gradient points, and at which image it is taken: the paper's form, or its contrast (docs/decisions/0006). */
import type { EnginePhrase } from '../contract.ts';
import type { OpenPack } from '../pack.ts';
import { contrastCotangent } from './contrast.ts';
import { cotangent } from './semantic-gradient.ts';
import type { PhraseReferences } from './semantic-gradient.ts';

export interface Towards {
  /** Of these phrases: [D] for each sampling level number. */
  cotangent(phrases: readonly EnginePhrase[]): (index: number) => Float32Array;
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

export async function makeTowards(pack: OpenPack): Promise<Towards> {
  const { dims } = pack.manifest.embedding;
  const contrast = await pack.contrast();
  if (!contrast)
    return {
      cotangent: (phrases) => (index) => cotangent(noised(phrases, index, dims), dims),
      at: (coarse) => coarse,
    };
  return {
    cotangent(phrases) {
      const same = contrastCotangent(clean(phrases), contrast);
      return () => same;
    },
    at: (_, prediction) => prediction,
  };
}
