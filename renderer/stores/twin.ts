/** The request of a picture that differs from a finished one by a single thing. Pure. */
import { requestOf } from '#contract';
import type { GenerateRequestInput, Recipe } from '#contract';

/** What the twin goes without. */
export type TwinOf =
  | { readonly kind: 'refinement' }
  | { readonly kind: 'emphasis'; readonly id: string }
  | { readonly kind: 'reference'; readonly id: string; readonly contentHash: string };

type EmphasisInput = NonNullable<GenerateRequestInput['emphases']>[number];

/**
 * Same seed, noise, source, references and values as in the recipe. A phrase that is left out is muted, so that it stays
 * in the recipe by name; references are frozen, so that what is left out is not replaced by the next best.
 */
export function twinRequest(recipe: Recipe, without: TwinOf): GenerateRequestInput {
  const request = requestOf(recipe);
  const emphasisOf = (emphasis: EmphasisInput): EmphasisInput => {
    const isIt = without.kind !== 'refinement' && without.id === emphasis.id;
    const references = (emphasis.references ?? []).filter(
      ({ contentHash }) => !(isIt && without.kind === 'reference' && without.contentHash === contentHash),
    );
    // Without its last reference a phrase would be looked up again.
    const lost = isIt && (without.kind === 'emphasis' || references.length === 0);
    return { ...emphasis, references, muted: emphasis.muted === true || lost };
  };
  return {
    ...request,
    emphases: (request.emphases ?? []).map(emphasisOf),
    arms: [without.kind === 'refinement' ? 'coarse' : 'refined'],
  };
}
