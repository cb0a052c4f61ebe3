/** What the filters find a pair by, drawn out of the recipes of its pictures. */
import type { Recipe } from '#contract';

export interface Names {
  readonly phrases: string[];
  /** Content hashes of everything that a recipe names as a reference. */
  readonly references: string[];
}

/** Phrases and references of these recipes; one that several name comes several times. */
export const namesOf = (recipes: readonly Recipe[]): Names => ({
  phrases: recipes.flatMap(({ emphases }) => emphases.map(({ phrase }) => phrase)),
  references: recipes.flatMap(({ emphases, wrongEmphases, source }) =>
    [...emphases, ...wrongEmphases, source].flatMap((part) => part.references.map((r) => r.contentHash)),
  ),
});
