/** What was made. The unit is the pair: the images of one job, same seed, noise and condition. */
import * as v from 'valibot';
import { Id, Seed, Timestamp } from './common.ts';
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
export const ImageRef = v.strictObject({ imageId: Id });
