/** The user's images: where they come from, how they are found, and why a file was left out. */
import * as v from 'valibot';
import {
  ContentHash,
  Count,
  Id,
  PackId,
  PageRequest,
  Pixels,
  ResultCount,
  Timestamp,
  Weight,
  text,
} from './common.ts';
import type { ErrorCode } from '../errors.ts';

/** Why a file of a folder is not in the catalog. Each is also an `ErrorCode`. */
export const SKIP_REASONS = [
  'empty_file',
  'truncated',
  'corrupt_image',
  'not_an_image',
  'unsupported_format',
  'too_many_pixels',
  'too_large',
  'not_a_regular_file',
  'link_skipped',
  'changed_while_reading',
  'unreadable',
  'permission_denied',
  'decode_timeout',
  'decode_lost',
  'out_of_memory',
  'quarantined',
] as const satisfies readonly ErrorCode[];
export const SkipReason = v.picklist(SKIP_REASONS);
export type SkipReason = v.InferOutput<typeof SkipReason>;

/** A folder whose images are in the catalog. Its path stays with the host. */
export const Root = v.strictObject({
  rootId: Id,
  name: v.string(),
  imageCount: Count,
  /** `offline`: the folder is not there (drive unplugged); its images stay in the catalog. */
  state: v.picklist(['online', 'offline']),
  /** True for the sample folder that ships with the studio. */
  builtIn: v.boolean(),
  addedAt: Timestamp,
});
export type Root = v.InferOutput<typeof Root>;

export const CatalogImage = v.strictObject({
  imageId: Id,
  contentHash: ContentHash,
  name: v.string(),
  width: Pixels,
  height: Pixels,
  importedAt: Timestamp,
  /** Null for an image that the studio made itself. */
  rootId: v.nullable(Id),
});
export type CatalogImage = v.InferOutput<typeof CatalogImage>;

export const SkippedFile = v.strictObject({
  /** Name below the root, with "/" between folders: to be shown, not to be opened. */
  file: v.string(),
  reason: SkipReason,
  /** One sentence for a person. */
  message: v.string(),
});
export type SkippedFile = v.InferOutput<typeof SkippedFile>;

export const ImportReport = v.strictObject({
  rootId: Id,
  /** Files looked at; found = imported + unchanged + duplicates + skipped.length. */
  found: Count,
  imported: Count,
  /** In the catalog already, same bytes in the same place. */
  unchanged: Count,
  /** Same bytes as another file of the catalog. */
  duplicates: Count,
  skipped: v.array(SkippedFile),
  wallSeconds: v.pipe(v.number(), v.minValue(0)),
});
export type ImportReport = v.InferOutput<typeof ImportReport>;

/** `scanning` while files are found, `progress` while they are read and embedded, one `report` at the end. */
export const ImportEvent = v.variant('type', [
  v.strictObject({ type: v.literal('scanning'), found: Count }),
  v.strictObject({ type: v.literal('progress'), done: Count, of: Count, imported: Count, skipped: Count }),
  v.strictObject({ type: v.literal('report'), report: ImportReport }),
]);
export type ImportEvent = v.InferOutput<typeof ImportEvent>;

/** Reads a root again: new files come in, changed ones are replaced, missing ones stay. */
export const ImportFolder = v.strictObject({ rootId: Id, packId: PackId });

/** Exactly one of `text` and `imageId`. */
export const SearchRequest = v.pipe(
  v.strictObject({
    text: v.optional(text(2000)),
    imageId: v.optional(Id),
    k: v.optional(ResultCount, 20),
    packId: PackId,
  }),
  v.check(
    (request) => (request.text === undefined) !== (request.imageId === undefined),
    'Expected either text or imageId, not both.',
  ),
);

/** An image with how well it fits. */
export const Hit = v.strictObject({
  image: CatalogImage,
  /** 1 for the best. */
  rank: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Inner product of the two unit embeddings, -1 .. 1. */
  score: v.number(),
  /** Share of the pack's null scores that lie below the score, 0 .. 1; null for image against image. */
  strength: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});
export type Hit = v.InferOutput<typeof Hit>;

export const SearchResponse = v.strictObject({ hits: v.array(Hit) });

/** The references of one chip. Pins come first, in their order; bans never come. */
export const ReferencesRequest = v.strictObject({
  phrase: text(200),
  k: v.optional(ResultCount, 4),
  pins: v.optional(v.pipe(v.array(ContentHash), v.maxLength(64)), []),
  bans: v.optional(v.pipe(v.array(ContentHash), v.maxLength(1000)), []),
  packId: PackId,
});

export const Reference = v.strictObject({
  ...Hit.entries,
  weight: Weight,
  pinned: v.boolean(),
});
export type Reference = v.InferOutput<typeof Reference>;

export const ReferencesResponse = v.strictObject({
  phrase: v.string(),
  references: v.array(Reference),
  /**
   * `good`: the best hit stands out from the null phrases; `weak`: barely; `none`: the catalog shows nothing like it.
   */
  verdict: v.picklist(['good', 'weak', 'none']),
});
export type ReferencesResponse = v.InferOutput<typeof ReferencesResponse>;

export const ImagesRequest = v.strictObject({ ...PageRequest.entries, rootId: v.optional(Id) });
