import { Rebuild, Sampler } from '#contract';
import type { Window } from '#contract';
import { watch } from 'vue';
import { clampWeight } from '../features/prompt/document.ts';
import { usePacksStore } from './packs.ts';
import { usePromptStore } from './prompt.ts';
import { useReferencesStore } from './references.ts';
import { MOST_PAIRS, useSamplingStore } from './sampling.ts';
import { isRecord, readSaved, save } from './saved.ts';
import type { Source, SourceImages } from './sampling.ts';
import type { Chip, PromptDocument } from '../features/prompt/document.ts';

interface Draft {
  readonly document: PromptDocument;
  readonly pins: Readonly<Record<string, readonly string[]>>;
  /** Chips of a recalled recipe, for which nothing else that was chosen before counts. */
  readonly exact?: readonly string[];
  readonly packId: string | null;
  readonly seed: number;
  readonly seedLocked: boolean;
  readonly batch?: number;
  readonly steps: number | null;
  readonly guidance: number | null;
  readonly sampler?: Sampler | null;
  readonly rebuild?: Rebuild | null;
  readonly window?: Window | null;
  readonly source: Source;
  readonly sourceImages?: SourceImages | null;
  readonly references?: number;
  readonly upscale?: boolean;
}

const SAVE_AFTER_MS = 300;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isNullableNumber = (value: unknown): value is number | null =>
  value === null || typeof value === 'number';

/** One of a few words, or nothing. */
const isOneOf = (words: readonly string[], value: unknown): boolean =>
  value === undefined || value === null || words.includes(value as string);

function isWindow(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [low, high] = value as unknown[];
  return isCount(low) && isCount(high) && low <= high;
}

function isChip(value: unknown): value is Chip {
  if (!isRecord(value)) return false;
  const { id, begin, end, weight, muted } = value;
  if (typeof id !== 'string' || typeof muted !== 'boolean' || typeof weight !== 'number') return false;
  return isCount(begin) && isCount(end) && begin < end && clampWeight(weight) === weight;
}

function isSourceImages(value: unknown): value is SourceImages {
  if (!isRecord(value) || typeof value['prompt'] !== 'string' || !Array.isArray(value['references']))
    return false;
  return (value['references'] as unknown[]).every(
    (each) =>
      isRecord(each) &&
      typeof each['contentHash'] === 'string' &&
      typeof each['weight'] === 'number' &&
      typeof each['pinned'] === 'boolean',
  );
}

function isDraft(value: unknown): value is Draft {
  if (!isRecord(value) || !isRecord(value['document'])) return false;
  const { text, chips } = value['document'];
  if (typeof text !== 'string' || !Array.isArray(chips)) return false;
  let last = 0;
  for (const chip of chips as unknown[]) {
    if (!isChip(chip) || chip.begin < last || chip.end > text.length) return false;
    last = chip.end;
  }
  const { pins, exact, packId, seed, seedLocked, batch, steps, guidance, source } = value;
  const { sampler, rebuild, window, sourceImages, references, upscale } = value;
  return (
    isRecord(pins) &&
    Object.values(pins).every(
      (list) => Array.isArray(list) && list.every((hash) => typeof hash === 'string'),
    ) &&
    (exact === undefined || (Array.isArray(exact) && exact.every((id) => typeof id === 'string'))) &&
    (packId === null || typeof packId === 'string') &&
    isCount(seed) &&
    typeof seedLocked === 'boolean' &&
    (batch === undefined || (isCount(batch) && batch >= 1 && batch <= MOST_PAIRS)) &&
    isNullableNumber(steps) &&
    isNullableNumber(guidance) &&
    isOneOf(Sampler.options, sampler) &&
    isOneOf(Rebuild.options, rebuild) &&
    isWindow(window) &&
    (sourceImages === undefined || sourceImages === null || isSourceImages(sourceImages)) &&
    (references === undefined || (isCount(references) && references >= 1 && references <= 64)) &&
    (upscale === undefined || typeof upscale === 'boolean') &&
    (source === 'prior' || source === 'retrieval')
  );
}

/** Brings back what was on the page before a reload, and keeps it from now on. Returns false when there was nothing. */
export function keepDraft(): boolean {
  const prompt = usePromptStore();
  const packs = usePacksStore();
  const references = useReferencesStore();
  const sampling = useSamplingStore();

  const draft = readSaved('draft', isDraft);
  if (draft) {
    prompt.load(draft.document, true);
    for (const [id, pins] of Object.entries(draft.pins)) {
      const exact = draft.exact?.includes(id) ?? false;
      references.choices.set(id, { pins: [...pins], bans: [], anyway: exact, ...(exact ? { exact } : {}) });
    }
    packs.wantedId = draft.packId;
    sampling.seed = draft.seed;
    sampling.seedLocked = draft.seedLocked;
    sampling.batch = draft.batch ?? 1;
    sampling.ownSteps = draft.steps;
    sampling.ownGuidance = draft.guidance;
    sampling.ownSampler = draft.sampler ?? null;
    sampling.ownRebuild = draft.rebuild ?? null;
    sampling.ownWindow = draft.window ?? null;
    sampling.source = draft.source;
    sampling.sourceImages = draft.sourceImages ?? null;
    sampling.referencesPerEmphasis = draft.references ?? sampling.referencesPerEmphasis;
    sampling.upscale = draft.upscale ?? sampling.upscale;
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsaved: Draft | undefined;
  function saveNow(): void {
    clearTimeout(timer);
    if (unsaved) save('draft', unsaved);
    unsaved = undefined;
  }
  // Also what was typed just before the tab is closed or reloaded.
  addEventListener('pagehide', saveNow);
  watch(
    (): Draft => ({
      document: prompt.document,
      pins: Object.fromEntries(
        prompt.chips.flatMap(({ id }) => {
          const pins = references.choices.get(id)?.pins ?? [];
          return pins.length > 0 ? [[id, [...pins]]] : [];
        }),
      ),
      exact: prompt.chips.map(({ id }) => id).filter((id) => references.choices.get(id)?.exact),
      packId: packs.wantedId,
      seed: sampling.seed,
      seedLocked: sampling.seedLocked,
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
    }),
    (now) => {
      unsaved = now;
      clearTimeout(timer);
      timer = setTimeout(saveNow, SAVE_AFTER_MS);
    },
  );
  return draft !== undefined;
}
