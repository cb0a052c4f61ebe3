import type { Recipe } from '#contract';
import { clampWeight } from '../features/prompt/document.ts';
import { usePacksStore } from './packs.ts';
import { newId, usePromptStore } from './prompt.ts';
import { useReferencesStore } from './references.ts';
import { useSamplingStore } from './sampling.ts';
import type { Chip } from '../features/prompt/document.ts';

/**
 * Brings a recipe back into the editor: it replaces what is there (one undo brings that back). References that were
 * pinned are pinned again; phrases that do not stand in the sentence cannot be shown there and are left out.
 */
export function recall(recipe: Recipe): void {
  const prompt = usePromptStore();
  const sampling = useSamplingStore();
  const references = useReferencesStore();
  const packs = usePacksStore();
  const chips: Chip[] = [];
  const spans = recipe.emphases.flatMap((emphasis) => {
    const at = recipe.prompt.indexOf(emphasis.phrase);
    const span = emphasis.span ?? (at < 0 ? undefined : ([at, at + emphasis.phrase.length] as const));
    return span && span[1] <= recipe.prompt.length && span[0] < span[1] ? [{ emphasis, span }] : [];
  });
  for (const { emphasis, span } of spans.sort((a, b) => a.span[0] - b.span[0])) {
    if (span[0] < (chips.at(-1)?.end ?? 0)) continue;
    const id = newId();
    const { weight, muted } = emphasis;
    chips.push({ id, begin: span[0], end: span[1], weight: clampWeight(weight), muted });
    const pins = emphasis.references.filter(({ pinned }) => pinned).map(({ contentHash }) => contentHash);
    references.choices.set(id, { pins, bans: [], anyway: false });
  }
  prompt.load({ text: recipe.prompt, chips });
  if (packs.usable.some((pack) => pack.packId === recipe.pack.id)) packs.wantedId = recipe.pack.id;
  sampling.seed = recipe.seed;
  sampling.seedLocked = true;
  sampling.ownSteps = recipe.steps;
  sampling.ownGuidance = recipe.guidance;
  sampling.source = recipe.source.kind;
  sampling.referencesPerEmphasis = recipe.referencesPerEmphasis;
}
