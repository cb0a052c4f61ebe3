/** Makes the request of what the user sees: pure, so that the frozen list of references can be tested. */
import { frozen } from '#contract';
import type { GenerateRequestInput, Rebuild, Sampler, Window } from '#contract';
import { normalisePrompt } from '../features/prompt/normalise.ts';
import type { PromptDocument } from '../features/prompt/document.ts';
import type { Choice, Found } from './references.ts';

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
  readonly source: 'prior' | 'retrieval';
  readonly referencesPerEmphasis: number;
  readonly upscale: boolean;
}

/**
 * The references that were shown are frozen into the request, in their order. A chip whose search failed goes without
 * a list, so the host looks again; a chip without a good reference goes muted, as the page said.
 */
export function generateRequest(parts: RequestParts): GenerateRequestInput {
  const { prompt, phrases } = normalisePrompt(parts.document);
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
