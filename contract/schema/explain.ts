/** Why a refined picture looks as it does: where each phrase pulled, and what that did (the Why view). */
import * as v from 'valibot';
import { bytes } from './binary.ts';
import { Arm, Count, Id, Pixels, Weight } from './common.ts';
import { BackendUse } from './recipe.ts';

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Inner product with a picture's embedding, -1 .. 1 (floats may pass the ends by rounding). */
const Score = v.number();

/**
 * `changed`: the score rose, and the picture changed where the phrase pulled most. `unchanged`: the score rose while the picture
 * hardly changed there, so the gain is the encoder's alone. `flat`: the score did not rise.
 */
export const ExplainVerdict = v.picklist(['changed', 'unchanged', 'flat']);
export type ExplainVerdict = v.InferOutput<typeof ExplainVerdict>;

export const ExplainedPhrase = v.strictObject({
  /** Id of the emphasis in the recipe. */
  id: Id,
  phrase: v.string(),
  weight: Weight,
  /** [probes, size, size]: how strongly the phrase pulled at each pixel; 255 is its strongest pull of the run. */
  maps: bytes(),
  /** For each probe the value from which on a pixel belongs to the top 20 % of its map. */
  tops: v.array(v.number()),
  /** [size, size]: the mean over the probes; 255 is its strongest place. */
  overall: bytes(),
  overallTop: v.number(),
  /**
   * The score that the phrase's gradient climbs, of the clean picture at each probe: without refinement, and with it. It says how
   * much of what the references share a picture shows; by a contrast, against other pictures.
   */
  coarse: v.array(Score),
  refined: v.array(Score),
  /** The same of the two finished pictures. */
  before: Score,
  after: Score,
  /** Mean similarity of the two finished pictures to the references, which holds their subjects and backgrounds too. */
  similarity: v.tuple([Score, Score]),
  /** Share of the pixels that differ visibly between the finished pictures, inside the top 20 % of `overall` and outside. */
  inside: Share,
  outside: Share,
  verdict: ExplainVerdict,
});
export type ExplainedPhrase = v.InferOutput<typeof ExplainedPhrase>;

export const Explanation = v.strictObject({
  schema: v.literal(2),
  /** The refined picture as it was sampled. */
  imageId: Id,
  size: Pixels,
  /** Steps of the run. */
  steps: Count,
  /** The steps at which was looked, in order. */
  at: v.array(Count),
  /** RGB [probes, size, size, 3]: the refined clean picture as each of these steps saw it. */
  pictures: bytes(),
  /** Phrases that had an effect, in the order of the recipe. */
  phrases: v.array(ExplainedPhrase),
  /** The re-run made the kept picture's very pixels. False on another machine or with another version of the pack. */
  same: v.boolean(),
  backends: v.record(v.string(), BackendUse),
  wallSeconds: v.pipe(v.number(), v.minValue(0)),
});
export type Explanation = v.InferOutput<typeof Explanation>;

export const ExplainEvent = v.variant('type', [
  /** A job or another explanation has the engine; comes at most once, before `started`. */
  v.strictObject({ type: v.literal('waiting') }),
  v.strictObject({ type: v.literal('started') }),
  v.strictObject({ type: v.literal('step'), arm: Arm, i: Count, of: Count }),
  v.strictObject({ type: v.literal('done'), explanation: Explanation }),
]);
export type ExplainEvent = v.InferOutput<typeof ExplainEvent>;
