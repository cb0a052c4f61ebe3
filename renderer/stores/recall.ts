import type { PackSummary, Recipe, RecipeReference } from '#contract';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';
import { bringBack, chipsOf, placesOf, sourceImagesOf } from './written.ts';
import type { Choice } from './references.ts';

/** What a recipe needs and this studio does not have. */
export type Missing =
  | { readonly kind: 'pack'; readonly id: string; readonly version: string }
  | { readonly kind: 'packVersion'; readonly id: string; readonly version: string; readonly has: string }
  | {
      readonly kind: 'reference';
      readonly phrase: string;
      readonly rank: number;
      readonly contentHash: string;
    }
  | { readonly kind: 'source'; readonly rank: number; readonly contentHash: string }
  | { readonly kind: 'phrase'; readonly phrase: string };

/** Looks for what the recipe needs: its pack, the phrases in its sentence, and every image by its content. */
export async function missingFor(recipe: Recipe): Promise<Missing[]> {
  const packs = usePacksStore();
  const pack = packs.usable.find(({ packId }) => packId === recipe.pack.id);
  const placed = placesOf(recipe.prompt, recipe.emphases);
  const missing: Missing[] = [
    ...packMissing(recipe, pack),
    ...recipe.emphases
      .filter((emphasis) => !placed.some((place) => place.emphasis === emphasis))
      .map(({ phrase }) => ({ kind: 'phrase', phrase }) as const),
  ];
  const lookIn = pack ?? packs.current;
  if (!lookIn) return missing;
  const client = await useConnectionStore().client();
  /** Those of the references that the catalog lacks; one that it has comes back when it is asked for by name. */
  async function lacking(phrase: string, references: readonly RecipeReference[]): Promise<RecipeReference[]> {
    if (references.length === 0) return [];
    const pins = references.map(({ contentHash }) => contentHash).slice(0, 64);
    const k = pins.length;
    const answer = await client.catalog.references({
      phrase,
      pins,
      k,
      packId: (lookIn as PackSummary).packId,
    });
    const there = new Set(answer.references.map(({ image }) => image.contentHash));
    return references.filter(({ contentHash }) => !there.has(contentHash));
  }
  for (const { phrase, references } of recipe.emphases)
    for (const { contentHash, rank } of await lacking(phrase, references))
      missing.push({ kind: 'reference', phrase, rank, contentHash });
  for (const { contentHash, rank } of await lacking(recipe.prompt, recipe.source.references))
    missing.push({ kind: 'source', rank, contentHash });
  return missing;
}

function packMissing({ pack }: Recipe, here: PackSummary | undefined): Missing[] {
  if (!here) return [{ kind: 'pack', id: pack.id, version: pack.version }];
  if (here.version === pack.version) return [];
  return [{ kind: 'packVersion', id: pack.id, version: pack.version, has: here.version }];
}

/**
 * Brings a recipe back into the editor: it replaces what is there (one undo brings that back). Every reference is pinned,
 * and the images that it started from are held, so that the next run uses the very ones of the recipe; those in `without`
 * are left out.
 */
export function recall(recipe: Recipe, without: readonly Missing[] = []): void {
  const lost = new Set(without.flatMap((each) => ('contentHash' in each ? [each.contentHash] : [])));
  const chips = chipsOf(recipe.prompt, recipe.emphases);
  const choices = chips.map(({ chip, emphasis }): [string, Choice] => {
    const pins = emphasis.references.map(({ contentHash }) => contentHash).filter((hash) => !lost.has(hash));
    return [chip.id, { pins, bans: [], anyway: true, exact: true }];
  });
  bringBack(
    {
      document: { text: recipe.prompt, chips: chips.map(({ chip }) => chip) },
      choices: new Map(choices),
      packId: recipe.pack.id,
      seed: recipe.seed,
      steps: recipe.steps,
      guidance: recipe.guidance,
      sampler: recipe.sampler ?? null,
      rebuild: recipe.rebuild,
      window: recipe.window,
      source: recipe.source.kind,
      sourceImages: sourceImagesOf(
        recipe.prompt,
        recipe.source.references.filter(({ contentHash }) => !lost.has(contentHash)),
      ),
      referencesPerEmphasis: Math.max(1, recipe.referencesPerEmphasis),
      upscale: recipe.output.upscaled,
    },
    true,
  );
}
