/** What a user asks for: a sentence, the words that are stressed, and how it is to be sampled. */
import * as v from 'valibot';
import {
  Arm,
  BASELINE_ARMS,
  ContentHash,
  Count,
  Guidance,
  Id,
  PackId,
  Rebuild,
  ReferenceCount,
  RivalScales,
  Sampler,
  Seed,
  SourceKind,
  Steps,
  Weight,
  Window,
  text,
} from './common.ts';

/** One reference that the user saw before generating; the list is frozen with the request. */
export const ReferenceChoice = v.strictObject({
  contentHash: ContentHash,
  weight: v.optional(Weight, 1),
  /** Chosen by hand: kept when the references are searched again. */
  pinned: v.optional(v.boolean(), false),
});
export type ReferenceChoice = v.InferOutput<typeof ReferenceChoice>;

/** A phrase that the user marks. */
export const Emphasis = v.strictObject({
  /** Unique within the request. */
  id: Id,
  phrase: text(200),
  weight: v.optional(Weight, 1),
  /** Kept in the request but without effect, as if its weight were 0. */
  muted: v.optional(v.boolean(), false),
  /** Empty: the host retrieves `referencesPerEmphasis` images. Otherwise exactly these are used, in this order. */
  references: v.optional(v.pipe(v.array(ReferenceChoice), v.maxLength(64)), []),
  /** Images that must not be retrieved for this phrase. */
  bans: v.optional(v.pipe(v.array(ContentHash), v.maxLength(1000)), []),
  /** Where the phrase stands in the prompt: [begin, end) in UTF-16 units; absent when it does not occur there. */
  span: v.optional(v.tuple([Count, Count])),
});
export type Emphasis = v.InferOutput<typeof Emphasis>;

const Emphases = v.pipe(
  v.array(Emphasis),
  v.maxLength(32, 'Expected at most 32 emphases.'),
  v.check(
    (list) => new Set(list.map((e) => e.id)).size === list.length,
    'Expected a different id for each emphasis.',
  ),
);

/**
 * Steps, guidance, rebuild and window may be left out: then the pack's own `sampling` values hold, and the recipe
 * names them.
 */
export const GenerateRequest = v.pipe(
  v.strictObject({
    /** The plain sentence, without weight marks. */
    prompt: text(2000),
    emphases: v.optional(Emphases, []),
    source: v.optional(SourceKind, 'prior'),
    /** Source `retrieval` only: the frozen images whose embeddings make e; empty means that the host retrieves. */
    sourceReferences: v.optional(v.pipe(v.array(ReferenceChoice), v.maxLength(64)), []),
    arms: v.pipe(
      v.array(Arm),
      v.minLength(1, 'Expected at least one arm.'),
      v.check((arms) => new Set(arms).size === arms.length, 'Expected each arm once.'),
    ),
    /** Arm `wrong` only: another prompt's emphases, whose references replace this request's in the gradient. */
    wrongEmphases: v.optional(Emphases, []),
    packId: PackId,
    /** The evaluation pack whose one-stage denoiser runs the arms of `BASELINE_ARMS` and, if named, `ADAPTED_ARMS`. */
    baselinePackId: v.optional(PackId),
    rivalScales: v.optional(RivalScales, {}),
    seed: Seed,
    steps: v.optional(Steps),
    guidance: v.optional(Guidance),
    rebuild: v.optional(Rebuild),
    /** Absent: ddim. */
    sampler: v.optional(Sampler),
    window: v.optional(Window),
    referencesPerEmphasis: v.optional(ReferenceCount, 8),
    /** Enlarge the results with the pack's upscaler, where it has one. */
    upscale: v.optional(v.boolean(), true),
    /**
     * A pair that lacks these arms: the pictures join it instead of making a pair of their own. The rest of the request must
     * be what the pair's recipe says (`completing`).
     */
    completes: v.optional(Id),
  }),
  v.forward(
    v.check(
      (request) => !request.arms.includes('wrong') || request.wrongEmphases.length > 0,
      'Expected at least one emphasis of another prompt, since the arm "wrong" is wanted.',
    ),
    ['wrongEmphases'],
  ),
  v.forward(
    v.check(
      ({ arms, baselinePackId }) =>
        baselinePackId !== undefined || !arms.some((arm) => BASELINE_ARMS.includes(arm)),
      'Expected the id of an evaluation pack, since an arm of the Baseline is wanted.',
    ),
    ['baselinePackId'],
  ),
);
export type GenerateRequest = v.InferOutput<typeof GenerateRequest>;
/** A request as a caller may write it, with everything that has a default left out. */
export type GenerateRequestInput = v.InferInput<typeof GenerateRequest>;
