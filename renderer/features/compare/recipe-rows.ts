/** A recipe as rows that a person reads. Pure. */
import type { Recipe } from '#contract';
import { t } from '../../strings/index.ts';

export interface RecipeRow {
  readonly label: string;
  readonly value: string;
}

export interface PhraseRow {
  readonly phrase: string;
  readonly weight: string;
  readonly muted: boolean;
  /** Score of each reference in order; null where it was given by hand. */
  readonly references: readonly { readonly score: string; readonly pinned: boolean; readonly hash: string }[];
}

/** Everything but the phrases. */
export function recipeRows(recipe: Recipe): RecipeRow[] {
  const { output, source } = recipe;
  const rows: RecipeRow[] = [
    { label: t.recipe.pack, value: `${recipe.pack.id} ${recipe.pack.version}` },
    { label: t.recipe.seed, value: String(recipe.seed) },
    { label: t.recipe.steps, value: t.recipe.stepsValue(recipe.steps, recipe.guidance.toFixed(1)) },
    { label: t.recipe.source, value: t.recipe.sources[source.kind] },
    { label: t.recipe.size, value: t.recipe.sizeValue(output.width, output.height, output.upscaled) },
    { label: t.recipe.took, value: t.duration(recipe.wallSeconds) },
    {
      label: t.recipe.rebuild,
      value: `${t.recipe.rebuilds[recipe.rebuild]}, ${t.recipe.window(...recipe.window)}${recipe.sampler === undefined ? '' : `, ${recipe.sampler}`}`,
    },
    { label: t.recipe.ran, value: backends(recipe) },
    { label: t.recipe.pixels, value: output.pixelsHash.slice(0, 16) },
  ];
  if (recipe.unrefinedSteps.length > 0) {
    rows.splice(6, 0, { label: t.recipe.guard, value: t.recipe.guardNote(recipe.unrefinedSteps.join(', ')) });
  }
  return rows;
}

/** Backends with the parts that they ran: "ort-cpu (denoiser, prior)". */
function backends(recipe: Recipe): string {
  const parts = new Map<string, string[]>();
  for (const [part, use] of Object.entries(recipe.backends)) {
    parts.set(use.name, [...(parts.get(use.name) ?? []), part]);
  }
  return [...parts].map(([name, list]) => `${name} (${list.join(', ')})`).join(', ');
}

/** One row for each stressed phrase. */
export function phraseRows(recipe: Recipe): PhraseRow[] {
  return recipe.emphases.map(({ phrase, weight, muted, references }) => ({
    phrase,
    weight: weight.toFixed(1),
    muted,
    references: references.map(({ score, pinned, contentHash }) => ({
      score: score === null ? '–' : score.toFixed(2),
      pinned,
      hash: contentHash,
    })),
  }));
}
