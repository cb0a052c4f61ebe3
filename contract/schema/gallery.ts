/** What was made. The unit is the pair: the images of one job, same seed, noise and condition. */
import * as v from 'valibot';
import {
  Arm,
  ContentHash,
  Count,
  Id,
  PackId,
  PageRequest,
  Seed,
  Tag,
  Tags,
  Timestamp,
  Weight,
  text,
} from './common.ts';
import { Result } from './job.ts';

/** All images of one job; usually `refined` beside `coarse`. */
export const Pair = v.strictObject({
  pairId: Id,
  jobId: Id,
  createdAt: Timestamp,
  prompt: v.string(),
  seed: Seed,
  results: v.array(Result),
});
export type Pair = v.InferOutput<typeof Pair>;

export const PairRef = v.strictObject({ pairId: Id });
/** The pictures that one arm has in a pair. */
export const HalfRef = v.strictObject({ pairId: Id, arm: Arm });
export const ImageRef = v.strictObject({ imageId: Id });

/** A phrase that was stressed in a pair's sentence. */
export const StressedPhrase = v.strictObject({
  phrase: v.string(),
  weight: Weight,
  muted: v.boolean(),
  /** Where it stands in the sentence: [begin, end) in UTF-16 units. */
  span: v.optional(v.tuple([Count, Count])),
});

/** A pair as the gallery shows it, with what the user made of it. */
export const GalleryPair = v.strictObject({
  ...Pair.entries,
  packId: PackId,
  emphases: v.array(StressedPhrase),
  starred: v.boolean(),
  /** In alphabetical order. */
  tags: v.array(v.string()),
  /** When it was put into the bin; null for a pair that is not in it. */
  deletedAt: v.nullable(Timestamp),
});
export type GalleryPair = v.InferOutput<typeof GalleryPair>;

/** All that is given must hold. Nothing given: every pair that is not in the bin. */
export const GalleryFilter = v.strictObject({
  /** Every word must begin a word of the prompt; capitals and accents do not count. */
  words: v.optional(text(200)),
  starred: v.optional(v.boolean()),
  tag: v.optional(Tag),
  packId: v.optional(PackId),
  /** A stressed phrase, whole; capitals do not count. */
  emphasis: v.optional(text(200)),
  /** An image that took part as a reference: which results used this image. */
  reference: v.optional(ContentHash),
  /** Made at or after this time. */
  from: v.optional(Timestamp),
  /** Made before this time. */
  to: v.optional(Timestamp),
  /** True: only what is in the bin. */
  deleted: v.optional(v.boolean(), false),
});
export type GalleryFilter = v.InferOutput<typeof GalleryFilter>;

export const BrowseRequest = v.strictObject({
  ...PageRequest.entries,
  filter: v.optional(GalleryFilter, { deleted: false }),
});

/** A stretch of the filtered gallery by place, from anywhere in it. */
export const WindowRequest = v.strictObject({
  offset: Count,
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
  filter: v.optional(GalleryFilter, { deleted: false }),
  /** True: each run once, by its newest pair. A run is what follows on each other with the same sentence. */
  grouped: v.optional(v.boolean(), false),
  /** Only the run that this pair belongs to. */
  run: v.optional(Id),
});
export const GalleryWindow = v.strictObject({
  /** Pairs that fit, in the whole gallery. */
  total: Count,
  /** Newest first; fewer than asked for at the end. */
  items: v.array(GalleryPair),
  /** Pairs in each item's run, where they are grouped. */
  counts: v.optional(v.array(Count)),
});
export type GalleryWindow = v.InferOutput<typeof GalleryWindow>;

/** Images of results, such as a search by look finds. */
export const ResultImages = v.strictObject({
  imageIds: v.pipe(v.array(Id), v.maxLength(500, 'Expected at most 500 images.')),
});

const PairIds = v.pipe(
  v.array(Id),
  v.minLength(1, 'Expected at least one pair.'),
  v.maxLength(1000, 'Expected at most 1000 pairs.'),
);
export const PairRefs = v.strictObject({ pairIds: PairIds });

/** What is not given stays as it is. */
export const MarkPairs = v.strictObject({
  pairIds: PairIds,
  starred: v.optional(v.boolean()),
  addTags: v.optional(Tags, []),
  removeTags: v.optional(Tags, []),
});

/** Pairs that were changed, under the ids that they have now; ids that are not in the gallery are left out. */
export const PairIdList = v.strictObject({ pairIds: v.array(Id) });

/** What filters there are to choose from, the most frequent first, without what is in the bin. */
export const GalleryFacets = v.strictObject({
  pairs: Count,
  starred: Count,
  /** Pairs in the bin. */
  deleted: Count,
  tags: v.array(v.strictObject({ tag: v.string(), count: Count })),
  packs: v.array(v.strictObject({ packId: PackId, count: Count })),
  emphases: v.array(v.strictObject({ emphasis: v.string(), count: Count })),
});
export type GalleryFacets = v.InferOutput<typeof GalleryFacets>;
