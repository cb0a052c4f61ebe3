/** What a results file says about itself. */
import * as v from 'valibot';
import { EvaluateRequest, PromptSet } from '#contract';

/** The facts of a results file that may not change while it is filled. */
export const Facts = v.strictObject({
  settings: EvaluateRequest.entries.settings,
  promptSet: PromptSet,
  pack: v.strictObject({
    id: v.string(),
    version: v.string(),
    /** Absent: `first`. */
    domain: v.optional(v.string()),
    imagesSeen: v.strictObject({ encoder: v.number(), denoiser: v.number() }),
    denoiserHash: v.string(),
    encoderHash: v.string(),
    baselineHash: v.nullable(v.string()),
  }),
  readerHash: v.string(),
});
export type Facts = v.InferOutput<typeof Facts>;
