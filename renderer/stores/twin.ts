/** The request of a picture that differs from a finished one by a single thing. Pure. */
import type { GenerateRequestInput, Recipe } from '#contract';

/** What the twin goes without. */
export type TwinOf =
  | { readonly kind: 'refinement' }
  | { readonly kind: 'emphasis'; readonly id: string }
  | { readonly kind: 'reference'; readonly id: string; readonly contentHash: string };

type RecipeEmphasis = Recipe['emphases'][number];

/**
 * Same seed, noise, source, references and values as in the recipe. A phrase that is left out is muted, so that it stays
 * in the recipe by name; references are frozen, so that what is left out is not replaced by the next best.
 */
export function twinRequest(recipe: Recipe, without: TwinOf): GenerateRequestInput {
  const emphasisOf = (emphasis: RecipeEmphasis) => {
    const isIt = without.kind !== 'refinement' && without.id === emphasis.id;
    const left = emphasis.references.filter(
      ({ contentHash }) => !(isIt && without.kind === 'reference' && without.contentHash === contentHash),
    );
    return {
      id: emphasis.id,
      phrase: emphasis.phrase,
      weight: emphasis.weight,
      // Without its last reference a phrase would be looked up again.
      muted: emphasis.muted || (isIt && (without.kind === 'emphasis' || left.length === 0)),
      references: left.map(({ contentHash, weight, pinned }) => ({ contentHash, weight, pinned })),
      bans: emphasis.bans,
      ...(emphasis.span ? { span: [...emphasis.span] as [number, number] } : {}),
    };
  };
  return {
    prompt: recipe.prompt,
    emphases: recipe.emphases.map(emphasisOf),
    source: recipe.source.kind,
    sourceReferences: recipe.source.references.map(({ contentHash, weight, pinned }) => ({
      contentHash,
      weight,
      pinned,
    })),
    arms: [without.kind === 'refinement' ? 'coarse' : 'refined'],
    packId: recipe.pack.id,
    seed: recipe.seed,
    steps: recipe.steps,
    guidance: recipe.guidance,
    rebuild: recipe.rebuild,
    window: [...recipe.window] as [number, number],
    referencesPerEmphasis: Math.max(1, recipe.referencesPerEmphasis),
    upscale: recipe.output.upscaled,
  };
}
