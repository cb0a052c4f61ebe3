/** What stands in Compose as one value, so that it can be kept and brought back in one step of undo. */
import type { GenerateRequestInput, Rebuild, Sampler, Window } from '#contract';
import { clampWeight } from '../features/prompt/document.ts';
import { normalisePrompt } from '../features/prompt/normalise.ts';
import { usePacksStore } from './packs.ts';
import { newId, usePromptStore } from './prompt.ts';
import { useReferencesStore } from './references.ts';
import { useSamplingStore } from './sampling.ts';
import type { Source, SourceImages } from './sampling.ts';
import type { Chip, PromptDocument } from '../features/prompt/document.ts';
import type { Choice } from './references.ts';

export interface Written {
  readonly document: PromptDocument;
  /** What was chosen by hand for chips, by their ids; a chip without an entry keeps what is known of its id. */
  readonly choices: ReadonlyMap<string, Choice>;
  readonly packId: string | null;
  readonly seed: number;
  /** Null: the pack's own. */
  readonly steps: number | null;
  readonly guidance: number | null;
  readonly sampler: Sampler | null;
  readonly rebuild: Rebuild | null;
  readonly window: Window | null;
  readonly source: Source;
  readonly sourceImages: SourceImages | null;
  readonly referencesPerEmphasis: number;
  readonly upscale: boolean;
}

type ReferenceChoiceInput = NonNullable<GenerateRequestInput['sourceReferences']>[number];

/** An emphasis of a request or a recipe. */
interface Placed {
  readonly phrase: string;
  readonly weight?: number | undefined;
  readonly muted?: boolean | undefined;
  readonly span?: readonly [number, number] | undefined;
}

/** Emphases with their places in the sentence, in order; those that do not stand there are left out. Pure. */
export function placesOf<E extends Placed>(prompt: string, emphases: readonly E[]) {
  return emphases
    .flatMap((emphasis) => {
      const at = prompt.indexOf(emphasis.phrase);
      const span = emphasis.span ?? (at < 0 ? undefined : ([at, at + emphasis.phrase.length] as const));
      return span && span[1] <= prompt.length && span[0] < span[1] ? [{ emphasis, span }] : [];
    })
    .sort((a, b) => a.span[0] - b.span[0]);
}

/** The chips of a sentence with new ids, each beside the emphasis that it stands for; where two overlap the first stays. */
export function chipsOf<E extends Placed>(
  prompt: string,
  emphases: readonly E[],
): { readonly chip: Chip; readonly emphasis: E }[] {
  const out: { chip: Chip; emphasis: E }[] = [];
  for (const { emphasis, span } of placesOf(prompt, emphases)) {
    const [begin, end] = span;
    if (begin < (out.at(-1)?.chip.end ?? 0)) continue;
    const weight = clampWeight(emphasis.weight ?? 1);
    out.push({ chip: { id: newId(), begin, end, weight, muted: emphasis.muted ?? false }, emphasis });
  }
  return out;
}

/** The images that a sentence started from, where it names any. Pure. */
export function sourceImagesOf(
  prompt: string,
  references: readonly ReferenceChoiceInput[] = [],
): SourceImages | null {
  if (references.length === 0) return null;
  return {
    prompt,
    references: references.map(({ contentHash, weight = 1, pinned = false }) => ({
      contentHash,
      weight,
      pinned,
    })),
  };
}

/** What was written for a run: its sentence, chips, what was pinned by hand, and its settings. */
export function writtenOf(request: GenerateRequestInput): Written {
  const chips = chipsOf(request.prompt, request.emphases ?? []);
  return {
    document: { text: request.prompt, chips: chips.map(({ chip }) => chip) },
    choices: new Map(
      chips.map(({ chip, emphasis }) => {
        const pinned = (emphasis.references ?? []).filter(({ pinned }) => pinned === true);
        return [chip.id, { pins: pinned.map(({ contentHash }) => contentHash), bans: [], anyway: false }];
      }),
    ),
    packId: request.packId,
    seed: request.seed,
    steps: request.steps ?? null,
    guidance: request.guidance ?? null,
    sampler: request.sampler ?? null,
    rebuild: request.rebuild ?? null,
    window: request.window ?? null,
    source: request.source ?? 'prior',
    sourceImages: sourceImagesOf(request.prompt, request.sourceReferences),
    referencesPerEmphasis: request.referencesPerEmphasis ?? 8,
    upscale: request.upscale ?? true,
  };
}

/** What stands in Compose now. */
export function writtenNow(): Written {
  const sampling = useSamplingStore();
  return {
    document: usePromptStore().document,
    choices: new Map(),
    packId: usePacksStore().current?.packId ?? null,
    seed: sampling.seed,
    steps: sampling.ownSteps,
    guidance: sampling.ownGuidance,
    sampler: sampling.ownSampler,
    rebuild: sampling.ownRebuild,
    window: sampling.ownWindow,
    source: sampling.source,
    sourceImages: sampling.sourceImages,
    referencesPerEmphasis: sampling.referencesPerEmphasis,
    upscale: sampling.upscale,
  };
}

/**
 * Brings it back into Compose in one step of undo. A pack that is not here stays away. The seed comes back too, unless a
 * locked one stands there; `lockSeed` takes it in any case, and locks it.
 */
export function bringBack(written: Written, lockSeed = false): void {
  const prompt = usePromptStore();
  const sampling = useSamplingStore();
  const references = useReferencesStore();
  const packs = usePacksStore();
  for (const [id, choice] of written.choices) references.choices.set(id, choice);
  prompt.asOne(() => {
    prompt.load(written.document);
    if (packs.usable.some(({ packId }) => packId === written.packId)) packs.wantedId = written.packId;
    if (lockSeed || !sampling.seedLocked) sampling.seed = written.seed;
    if (lockSeed) sampling.seedLocked = true;
    sampling.ownSteps = written.steps;
    sampling.ownGuidance = written.guidance;
    sampling.ownSampler = written.sampler;
    sampling.ownRebuild = written.rebuild;
    sampling.ownWindow = written.window;
    sampling.source = written.source;
    sampling.sourceImages = written.sourceImages;
    sampling.referencesPerEmphasis = written.referencesPerEmphasis;
    sampling.upscale = written.upscale;
  });
}

/** Takes back what was chosen instead of the pack's own values, in one step of undo. */
export function takePacksOwn(): void {
  const sampling = useSamplingStore();
  usePromptStore().asOne(() => {
    sampling.ownSteps = null;
    sampling.ownGuidance = null;
    sampling.ownSampler = null;
    sampling.ownRebuild = null;
    sampling.ownWindow = null;
  });
}

/** The same for whatever makes the same request, apart from its seed and references. Pure. */
export function keyOf(written: Written): string {
  const { prompt, phrases } = normalisePrompt(written.document);
  return JSON.stringify([
    prompt,
    phrases.map(({ chip: { weight, muted }, span }) => [...span, weight, muted]),
    ...settingsOf(written),
  ]);
}

/** What is set beside the sentence, the seed left out. Pure. */
export function settingsOf(written: Written) {
  const { packId, steps, guidance, sampler, rebuild, window } = written;
  const { source, referencesPerEmphasis, upscale } = written;
  return [packId, steps, guidance, sampler, rebuild, window, source, referencesPerEmphasis, upscale] as const;
}
