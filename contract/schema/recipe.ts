/**
 * Everything that remakes one image: stored beside it, written into the PNG, read back by `generate --from`.
 * No path, no user name; references are named by content.
 */
import * as v from 'valibot';
import {
  Arm,
  ContentHash,
  Count,
  Guidance,
  Id,
  PackId,
  Pixels,
  Rebuild,
  RivalScale,
  Sampler,
  Seed,
  SourceKind,
  Steps,
  Timestamp,
  Weight,
  Window,
} from './common.ts';

/** A reference as it was used. */
export const RecipeReference = v.strictObject({
  contentHash: ContentHash,
  /** 1 for the best hit of its phrase. */
  rank: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Inner product of text and image embedding, -1 .. 1; null when it was given by hand and never scored. */
  score: v.nullable(v.number()),
  weight: Weight,
  pinned: v.boolean(),
});
export type RecipeReference = v.InferOutput<typeof RecipeReference>;

export const RecipeEmphasis = v.strictObject({
  id: Id,
  phrase: v.string(),
  weight: Weight,
  muted: v.boolean(),
  bans: v.array(ContentHash),
  references: v.array(RecipeReference),
  span: v.optional(v.tuple([Count, Count])),
});
export type RecipeEmphasis = v.InferOutput<typeof RecipeEmphasis>;

/** Which backend ran a part, e.g. name `ort-cpu`, detail `onnxruntime 1.30.0, 2 threads`. */
export const BackendUse = v.strictObject({ name: v.string(), detail: v.string() });
export type BackendUse = v.InferOutput<typeof BackendUse>;

/** A pack by id and by the hash of every part that took part. */
export const RecipePack = v.strictObject({
  id: PackId,
  version: v.string(),
  /** Part name -> SHA-256 of its file. */
  parts: v.record(v.string(), ContentHash),
});
export type RecipePack = v.InferOutput<typeof RecipePack>;

/** Where e came from. */
export const RecipeSource = v.strictObject({
  kind: SourceKind,
  /** SHA-256 of e's float32 bytes (little-endian): two runs had the same e exactly if these agree. */
  embeddingHash: ContentHash,
  /** Kind `retrieval`: the images whose embeddings were averaged; empty for `prior`. */
  references: v.array(RecipeReference),
});
export type RecipeSource = v.InferOutput<typeof RecipeSource>;

export const Recipe = v.strictObject({
  format: v.literal('accent-recipe'),
  schema: v.literal(1),
  appVersion: v.string(),
  createdAt: Timestamp,
  arm: Arm,
  prompt: v.string(),
  emphases: v.array(RecipeEmphasis),
  /** Arm `wrong` only, else empty. */
  wrongEmphases: v.array(RecipeEmphasis),
  source: RecipeSource,
  /** The request's number of references per emphasis. */
  referencesPerEmphasis: Count,
  pack: RecipePack,
  /** The evaluation pack whose denoiser ran; null where the pack's own did. */
  baselinePack: v.nullable(RecipePack),
  /** Rival arms only: their own scale. */
  rivalScale: v.optional(RivalScale),
  /** The hash that keys every embedding. */
  encoderHash: ContentHash,
  /** Part (denoiser, imageEncoder, textEncoder, gradient, prior, upscaler) -> what ran it; parts not used are absent. */
  backends: v.record(v.string(), BackendUse),
  schedule: v.strictObject({ kind: v.picklist(['cosine', 'linear']), levels: Count }),
  steps: Steps,
  guidance: Guidance,
  seed: Seed,
  rebuild: Rebuild,
  /** Absent: ddim. */
  sampler: v.optional(Sampler),
  window: Window,
  /** Steps (1 .. steps) that fell back to the unrefined image because the gradient or stage 2 was not finite. */
  unrefinedSteps: v.array(v.pipe(v.number(), v.integer(), v.minValue(1))),
  output: v.strictObject({
    width: Pixels,
    height: Pixels,
    upscaled: v.boolean(),
    /** SHA-256 of the RGB pixels (8 bits, row by row): the same pixels again means the same hash. */
    pixelsHash: ContentHash,
  }),
  wallSeconds: v.pipe(v.number(), v.minValue(0)),
});
export type Recipe = v.InferOutput<typeof Recipe>;
