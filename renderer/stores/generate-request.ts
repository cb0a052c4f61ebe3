/** Makes the request of what the user sees: pure, so that the frozen list of references can be tested. */
import { frozen } from '#contract';
import type { GenerateRequestInput, Rebuild, ReferenceChoice, Sampler, Window } from '#contract';
import { normalisePrompt } from '../features/prompt/normalise.ts';
import type { PromptDocument } from '../features/prompt/document.ts';
import type { Choice, Found } from './references.ts';
import type { Source, SourceImages } from './sampling.ts';

export interface RequestParts {
  readonly document: PromptDocument;
  readonly found: ReadonlyMap<string, Pick<Found, 'response'>>;
  readonly choices: ReadonlyMap<string, Choice>;
  /** Chips that run without effect because no good reference is there. */
  readonly without: ReadonlySet<string>;
  readonly arms: GenerateRequestInput['arms'];
  readonly packId: string;
  readonly seed: number;
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

/** The images that e is made of in any case; none where the host looks for them: another sentence has others. */
export function heldSource(
  prompt: string,
  { source, sourceImages }: Pick<RequestParts, 'source' | 'sourceImages'>,
): readonly ReferenceChoice[] {
  return source === 'retrieval' && sourceImages?.prompt === prompt ? sourceImages.references : [];
}

/**
 * The references that were shown are frozen into the request, in their order. A chip whose search failed goes without
 * a list, so the host looks again; a chip without a good reference goes muted, as the page said.
 */
export function generateRequest(parts: RequestParts): GenerateRequestInput {
  const { prompt, phrases } = normalisePrompt(parts.document);
  const held = heldSource(prompt, parts);
  return {
    prompt,
    emphases: phrases.map(({ chip, phrase, span }) => ({
      id: chip.id,
      phrase,
      weight: chip.weight,
      muted: chip.muted || parts.without.has(chip.id),
      references: frozen(parts.found.get(chip.id)?.response?.references ?? []),
      bans: (parts.choices.get(chip.id)?.bans ?? []).map((ban) => ban.image.contentHash),
      span: [...span],
    })),
    source: parts.source,
    ...(held.length > 0 ? { sourceReferences: held.map((each) => ({ ...each })) } : {}),
    arms: parts.arms,
    packId: parts.packId,
    seed: parts.seed,
    ...(parts.steps === null ? {} : { steps: parts.steps }),
    ...(parts.guidance === null ? {} : { guidance: parts.guidance }),
    ...(parts.sampler === null ? {} : { sampler: parts.sampler }),
    ...(parts.rebuild === null ? {} : { rebuild: parts.rebuild }),
    ...(parts.window === null ? {} : { window: [...parts.window] }),
    referencesPerEmphasis: parts.referencesPerEmphasis,
    upscale: parts.upscale,
  };
}
