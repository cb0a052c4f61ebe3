/** What the user chose once for all. The settings file and `settings.set` hold the same. */
import * as v from 'valibot';
import { Count, Guidance, PackId, ReferenceCount, SourceKind, Steps } from './common.ts';

export const Settings = v.strictObject({
  /** Null: the newest generation pack. */
  packId: v.optional(v.nullable(PackId), null),
  source: v.optional(SourceKind, 'prior'),
  /** Null: the pack's own. */
  steps: v.optional(v.nullable(Steps), null),
  /** Null: the pack's own. */
  guidance: v.optional(v.nullable(Guidance), null),
  referencesPerEmphasis: v.optional(ReferenceCount, 8),
  /** Make the unrefined twin too. */
  compare: v.optional(v.boolean(), true),
  upscale: v.optional(v.boolean(), true),
  /** Send previews while sampling. */
  previews: v.optional(v.boolean(), true),
  /** Write the recipe into the PNG. */
  embedRecipe: v.optional(v.boolean(), true),
  /** Threads of the engine from its next start on; null: chosen from the machine. ACCENT_THREADS goes before it. */
  threads: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256))), null),
});
export type Settings = v.InferOutput<typeof Settings>;

/** What lies in the studio's data folder. Only a page of the host's own machine is told where: others get null for each path. */
export const StorageReport = v.strictObject({
  /** The data folder itself. */
  path: v.nullable(v.string()),
  /** Largest first. */
  places: v.array(
    v.strictObject({
      name: v.picklist([
        'catalog',
        'results',
        'thumbnails',
        'packs',
        'evaluations',
        'studies',
        'backups',
        'other',
      ]),
      bytes: Count,
      files: Count,
      /** Null also where it is several files that lie in the data folder itself. */
      path: v.nullable(v.string()),
    }),
  ),
  /** Bytes left on its disk; null where the system does not say. */
  free: v.nullable(v.number()),
});
export type StorageReport = v.InferOutput<typeof StorageReport>;

/** What speaks against the place of the data folder. No path of it goes anywhere. */
export const PlaceProblem = v.strictObject({
  /**
   * `read_only`: it cannot be written any more; `network`: locks do not hold there; `synchronised`: another program swaps
   * its files; `nearly_full`: what is written next may not fit.
   */
  kind: v.picklist(['read_only', 'network', 'synchronised', 'nearly_full']),
  /** The kind of file system, or the program that synchronises, where it has a name. */
  name: v.nullable(v.string()),
  /** Bytes left, `nearly_full` only. */
  free: v.nullable(Count),
});
export type PlaceProblem = v.InferOutput<typeof PlaceProblem>;

export const PlaceReport = v.strictObject({ problems: v.array(PlaceProblem) });
export type PlaceReport = v.InferOutput<typeof PlaceReport>;

/** Only what is to change. */
export const SettingsChange = v.partial(
  v.strictObject({
    packId: v.nullable(PackId),
    source: SourceKind,
    steps: v.nullable(Steps),
    guidance: v.nullable(Guidance),
    referencesPerEmphasis: ReferenceCount,
    compare: v.boolean(),
    upscale: v.boolean(),
    previews: v.boolean(),
    embedRecipe: v.boolean(),
    threads: Settings.entries.threads.wrapped,
  }),
);
export type SettingsChange = v.InferOutput<typeof SettingsChange>;
