/** From a picture's recipe back to the request that makes it: one way for page, host and command line. Pure. */
import type {
  Arm,
  GenerateRequestInput,
  Recipe,
  RecipeEmphasis,
  RecipeReference,
  Result,
} from './schema/index.ts';

const reference = ({ contentHash, weight, pinned }: RecipeReference) => ({ contentHash, weight, pinned });

const emphasis = ({ id, phrase, weight, muted, bans, references, span }: RecipeEmphasis) => ({
  id,
  phrase,
  weight,
  muted,
  bans,
  references: references.map(reference),
  ...(span ? { span: [...span] as [number, number] } : {}),
});

/** The same references by content and the same numbers; only the recipe's own arm is asked for. */
export function requestOf(recipe: Recipe): GenerateRequestInput {
  return {
    prompt: recipe.prompt,
    emphases: recipe.emphases.map(emphasis),
    wrongEmphases: recipe.wrongEmphases.map(emphasis),
    source: recipe.source.kind,
    sourceReferences: recipe.source.references.map(reference),
    arms: [recipe.arm],
    packId: recipe.pack.id,
    ...(recipe.baselinePack ? { baselinePackId: recipe.baselinePack.id } : {}),
    ...(recipe.rivalScale === undefined ? {} : { rivalScales: { [recipe.arm]: recipe.rivalScale } }),
    seed: recipe.seed,
    steps: recipe.steps,
    guidance: recipe.guidance,
    rebuild: recipe.rebuild,
    ...(recipe.sampler === undefined ? {} : { sampler: recipe.sampler }),
    window: [...recipe.window] as [number, number],
    // A recipe without emphases may say 0; a request asks for at least one.
    referencesPerEmphasis: Math.max(1, recipe.referencesPerEmphasis),
    upscale: recipe.output.upscaled,
  };
}

/** The arm that a pair of one picture lacks: coarse beside a refined one, refined beside any other. Null for a whole pair. */
export function missingArm(results: readonly Pick<Result, 'arm'>[]): Arm | null {
  const arms = new Set(results.map(({ arm }) => arm));
  if (arms.size !== 1) return null;
  return arms.has('refined') ? 'coarse' : 'refined';
}

/** The request that makes the other half of a pair, by the recipe of the half that is there. */
export const completing = (recipe: Recipe, pairId: string, arm: Arm): GenerateRequestInput => ({
  ...requestOf(recipe),
  arms: [arm],
  completes: pairId,
});
