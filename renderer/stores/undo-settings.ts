import type { Rebuild, Sampler, Window } from '#contract';
import { watch } from 'vue';
import { usePacksStore } from './packs.ts';
import { usePromptStore } from './prompt.ts';
import { useSamplingStore } from './sampling.ts';
import type { Source, SourceImages } from './sampling.ts';

interface Settings {
  /** Null while every run takes a new one: then no undo brings an old one back. */
  readonly seed: number | null;
  readonly batch: number;
  readonly steps: number | null;
  readonly guidance: number | null;
  readonly sampler: Sampler | null;
  readonly rebuild: Rebuild | null;
  readonly window: Window | null;
  readonly source: Source;
  readonly sourceImages: SourceImages | null;
  readonly references: number;
  readonly upscale: boolean;
  readonly packId: string | null;
}

/** From now on what is set for sampling has its steps in the sentence's undo stack: one stack for all of Compose. */
export function undoSettings(): void {
  const prompt = usePromptStore();
  const sampling = useSamplingStore();
  const packs = usePacksStore();
  const take = (): Settings => ({
    seed: sampling.seedLocked ? sampling.seed : null,
    batch: sampling.batch,
    steps: sampling.ownSteps,
    guidance: sampling.ownGuidance,
    sampler: sampling.ownSampler,
    rebuild: sampling.ownRebuild,
    window: sampling.ownWindow,
    source: sampling.source,
    sourceImages: sampling.sourceImages,
    references: sampling.referencesPerEmphasis,
    upscale: sampling.upscale,
    packId: packs.wantedId,
  });
  prompt.join({
    take,
    restore(value) {
      // Only `take` makes these.
      const settings = value as Settings;
      sampling.seedLocked = settings.seed !== null;
      if (settings.seed !== null) sampling.seed = settings.seed;
      sampling.batch = settings.batch;
      sampling.ownSteps = settings.steps;
      sampling.ownGuidance = settings.guidance;
      sampling.ownSampler = settings.sampler;
      sampling.ownRebuild = settings.rebuild;
      sampling.ownWindow = settings.window;
      sampling.source = settings.source;
      sampling.sourceImages = settings.sourceImages;
      sampling.referencesPerEmphasis = settings.references;
      sampling.upscale = settings.upscale;
      packs.wantedId = settings.packId;
    },
  });
  watch(
    take,
    (now, before) => {
      const changed = (Object.keys(now) as (keyof Settings)[]).filter((key) => now[key] !== before[key]);
      if (changed.length > 0) prompt.changed(before, `setting ${changed.join(' ')}`);
    },
    { flush: 'sync' },
  );
}
