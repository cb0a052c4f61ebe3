import type { PackSummary, Recipe } from '#contract';
import { clampWeight } from '../features/prompt/document.ts';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';
import { newId, usePromptStore } from './prompt.ts';
import { useReferencesStore } from './references.ts';
import { useSamplingStore } from './sampling.ts';
import type { Chip } from '../features/prompt/document.ts';

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
  | { readonly kind: 'phrase'; readonly phrase: string };

/** Looks for what the recipe needs: its pack, the phrases in its sentence, and every reference by its content. */
export async function missingFor(recipe: Recipe): Promise<Missing[]> {
  const packs = usePacksStore();
  const pack = packs.usable.find(({ packId }) => packId === recipe.pack.id);
  const placed = placesOf(recipe);
  const missing: Missing[] = [
    ...packMissing(recipe, pack),
    ...recipe.emphases
      .filter((emphasis) => !placed.some((place) => place.emphasis === emphasis))
      .map(({ phrase }) => ({ kind: 'phrase', phrase }) as const),
  ];
  const lookIn = pack ?? packs.current;
  if (!lookIn) return missing;
  const client = await useConnectionStore().client();
  for (const { phrase, references } of recipe.emphases) {
    if (references.length === 0) continue;
    // A reference that the catalog has comes back when it is asked for by name.
    const pins = references.map(({ contentHash }) => contentHash).slice(0, 64);
    const answer = await client.catalog.references({ phrase, pins, k: pins.length, packId: lookIn.packId });
    const there = new Set(answer.references.map(({ image }) => image.contentHash));
    for (const { contentHash, rank } of references) {
      if (!there.has(contentHash)) missing.push({ kind: 'reference', phrase, rank, contentHash });
    }
  }
  return missing;
}

function packMissing({ pack }: Recipe, here: PackSummary | undefined): Missing[] {
  if (!here) return [{ kind: 'pack', id: pack.id, version: pack.version }];
  if (here.version === pack.version) return [];
  return [{ kind: 'packVersion', id: pack.id, version: pack.version, has: here.version }];
}

/** Emphases with their places in the sentence, in order; those that do not stand there are left out. */
function placesOf(recipe: Recipe) {
  return recipe.emphases
    .flatMap((emphasis) => {
      const at = recipe.prompt.indexOf(emphasis.phrase);
      const span = emphasis.span ?? (at < 0 ? undefined : ([at, at + emphasis.phrase.length] as const));
      return span && span[1] <= recipe.prompt.length && span[0] < span[1] ? [{ emphasis, span }] : [];
    })
    .sort((a, b) => a.span[0] - b.span[0]);
}

/**
 * Brings a recipe back into the editor: it replaces what is there (one undo brings that back). Every reference is pinned,
 * so that the next run uses the very ones of the recipe; those in `without` are left out.
 */
export function recall(recipe: Recipe, without: readonly Missing[] = []): void {
  const prompt = usePromptStore();
  const sampling = useSamplingStore();
  const references = useReferencesStore();
  const packs = usePacksStore();
  const lost = new Set(without.flatMap((each) => (each.kind === 'reference' ? [each.contentHash] : [])));
  const chips: Chip[] = [];
  for (const { emphasis, span } of placesOf(recipe)) {
    if (span[0] < (chips.at(-1)?.end ?? 0)) continue;
    const id = newId();
    const { weight, muted } = emphasis;
    chips.push({ id, begin: span[0], end: span[1], weight: clampWeight(weight), muted });
    const pins = emphasis.references.map(({ contentHash }) => contentHash).filter((hash) => !lost.has(hash));
    references.choices.set(id, { pins, bans: [], anyway: true, exact: true });
  }
  prompt.asOne(() => {
    prompt.load({ text: recipe.prompt, chips });
    if (packs.usable.some((pack) => pack.packId === recipe.pack.id)) packs.wantedId = recipe.pack.id;
    sampling.seed = recipe.seed;
    sampling.seedLocked = true;
    sampling.ownSteps = recipe.steps;
    sampling.ownGuidance = recipe.guidance;
    sampling.source = recipe.source.kind;
    sampling.referencesPerEmphasis = Math.max(1, recipe.referencesPerEmphasis);
    sampling.upscale = recipe.output.upscaled;
  });
}
