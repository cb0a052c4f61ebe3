import type { Rebuild, ReferenceChoice, Sampler, Settings, Window } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';

/** As many pairs as one press may ask for. */
export const MOST_PAIRS = 16;

/** What a request gets that names no sampler. */
export const DEFAULT_SAMPLER: Sampler = 'ddim';

/** Where e comes from. */
export type Source = Settings['source'];

/** The images that e was made of, for the sentence that they were found for: a recipe's own, until it is looked anew. */
export interface SourceImages {
  readonly prompt: string;
  readonly references: readonly ReferenceChoice[];
}

/** How the next pair is sampled. `null` means the pack's own value. */
export const useSamplingStore = defineStore('sampling', () => {
  const packs = usePacksStore();
  const connection = useConnectionStore();
  const seed = ref(newSeed());
  const seedLocked = ref(false);
  /** How many pairs of the sentence one press makes, each from a seed of its own. */
  const batch = ref(1);
  const ownSteps = ref<number | null>(null);
  const ownGuidance = ref<number | null>(null);
  /** `null` means the sampler that every pack has. */
  const ownSampler = ref<Sampler | null>(null);
  const ownRebuild = ref<Rebuild | null>(null);
  const ownWindow = shallowRef<Window | null>(null);
  const source = ref<Source>('prior');
  const sourceImages = shallowRef<SourceImages | null>(null);
  const referencesPerEmphasis = ref(8);
  const upscale = ref(true);

  const steps = computed({
    get: () => ownSteps.value ?? packs.current?.sampling.steps ?? null,
    set: (value) => {
      ownSteps.value = value;
    },
  });
  const guidance = computed({
    get: () => ownGuidance.value ?? packs.current?.sampling.guidance ?? null,
    set: (value) => {
      ownGuidance.value = value;
    },
  });
  // What is chosen again as it is without a choice is none: another pack then brings its own.
  const sampler = computed({
    get: () => ownSampler.value ?? DEFAULT_SAMPLER,
    set: (value) => {
      ownSampler.value = value === DEFAULT_SAMPLER ? null : value;
    },
  });
  const rebuild = computed({
    get: () => ownRebuild.value ?? packs.current?.sampling.rebuild ?? null,
    set: (value) => {
      ownRebuild.value = value === packs.current?.sampling.rebuild ? null : value;
    },
  });
  const window = computed({
    get: () => ownWindow.value ?? packs.current?.sampling.window ?? null,
    set: (value) => {
      ownWindow.value = value && isSame(value, packs.current?.sampling.window) ? null : value;
    },
  });

  /** What of these is not as it is without a choice; a recipe that was recalled may name just that. */
  const changed = computed(() => {
    const pack = packs.current?.sampling;
    return {
      steps: steps.value !== (pack?.steps ?? null),
      guidance: guidance.value !== (pack?.guidance ?? null),
      sampler: sampler.value !== DEFAULT_SAMPLER,
      rebuild: rebuild.value !== (pack?.rebuild ?? null),
      window: window.value !== null && !isSame(window.value, pack?.window),
    };
  });

  /** Takes the user's saved choices; a draft holds its own. */
  async function load(hasDraft: boolean): Promise<void> {
    const client = await connection.client();
    const settings = await client.settings.get({});
    if (hasDraft) return;
    referencesPerEmphasis.value = settings.referencesPerEmphasis;
    upscale.value = settings.upscale;
    packs.wantedId ??= settings.packId;
    ownSteps.value ??= settings.steps;
    ownGuidance.value ??= settings.guidance;
    source.value = settings.source;
  }

  /** The seed for a run that begins now: a new one, unless it is locked. */
  function takeSeed(): number {
    if (!seedLocked.value) seed.value = newSeed();
    return seed.value;
  }

  /** The seed of a later pair of the same press: the next number after a locked one, so that the whole batch can be made again. */
  function batchSeed(place: number): number {
    return seedLocked.value ? (seed.value + place) % Number.MAX_SAFE_INTEGER : newSeed();
  }

  return {
    seed,
    seedLocked,
    batch,
    ownSteps,
    ownGuidance,
    ownSampler,
    ownRebuild,
    ownWindow,
    source,
    sourceImages,
    referencesPerEmphasis,
    upscale,
    steps,
    guidance,
    sampler,
    rebuild,
    window,
    changed,
    load,
    takeSeed,
    batchSeed,
  };
});

const isSame = (a: Window, b: Window | undefined): boolean => a[0] === b?.[0] && a[1] === b[1];

/** A seed of at most six digits: easy to read aloud and to type, and enough to tell runs apart. */
export function newSeed(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word % 1_000_000;
}
