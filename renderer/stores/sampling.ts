import type { Settings } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';

/** As many pairs as one press may ask for. */
export const MOST_PAIRS = 16;

/** Where e comes from. */
export type Source = Settings['source'];

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
  const source = ref<Source>('prior');
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

  /** Takes the user's saved choices; with a draft only those that no draft holds. */
  async function load(hasDraft: boolean): Promise<void> {
    const client = await connection.client();
    const settings = await client.settings.get({});
    referencesPerEmphasis.value = settings.referencesPerEmphasis;
    upscale.value = settings.upscale;
    if (hasDraft) return;
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
    source,
    referencesPerEmphasis,
    upscale,
    steps,
    guidance,
    load,
    takeSeed,
    batchSeed,
  };
});

/** A seed of at most six digits: easy to read aloud and to type, and enough to tell runs apart. */
export function newSeed(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word % 1_000_000;
}
