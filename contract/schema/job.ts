/** A job is one request on its way; its events are numbered, stored, and can be replayed from any number. */
import * as v from 'valibot';
import { ERROR_CODES } from '../errors.ts';
import { bytes } from './binary.ts';
import { Arm, ContentHash, Count, Id, Pixels, Timestamp } from './common.ts';
import { GenerateRequest } from './request.ts';

export const JobRef = v.strictObject({ jobId: Id });
export type JobRef = v.InferOutput<typeof JobRef>;

/** `interrupted`: the host stopped in the middle; its last event is `failed` with the code `interrupted`. */
export const JobState = v.picklist(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']);
export type JobState = v.InferOutput<typeof JobState>;

/** What a step spends its time on: stage 1, the gradient, stage 2. */
export const Stage = v.picklist(['coarse', 'gradient', 'refined']);
export type Stage = v.InferOutput<typeof Stage>;

export const ErrorBody = v.strictObject({
  code: v.picklist(ERROR_CODES),
  message: v.string(),
  details: v.optional(v.record(v.string(), v.unknown())),
});
export type ErrorBody = v.InferOutput<typeof ErrorBody>;

/** One finished image. */
export const Result = v.strictObject({
  arm: Arm,
  imageId: Id,
  contentHash: ContentHash,
  width: Pixels,
  height: Pixels,
});
export type Result = v.InferOutput<typeof Result>;

const numbered = {
  jobId: Id,
  /** 1 for the job's first event, then rising by at least 1 (thinned previews leave gaps). */
  seq: v.pipe(v.number(), v.integer(), v.minValue(1)),
  at: Timestamp,
};

export const JobEvent = v.variant('type', [
  /** `position`: jobs before this one. */
  v.strictObject({ type: v.literal('queued'), ...numbered, position: Count }),
  v.strictObject({ type: v.literal('started'), ...numbered, arms: v.array(Arm), steps: Count }),
  /** Step `i` of `of` (1 .. of) of this arm has finished the named stage. */
  v.strictObject({ type: v.literal('step'), ...numbered, arm: Arm, stage: Stage, i: Count, of: Count }),
  /** The clean image as step `i` sees it. Only the last preview of each arm is kept for replay. */
  v.strictObject({
    type: v.literal('preview'),
    ...numbered,
    arm: Arm,
    i: Count,
    width: Pixels,
    height: Pixels,
    /** width * height * 4 bytes, row by row, 8 bits a channel. */
    rgba: bytes(),
  }),
  v.strictObject({
    type: v.literal('done'),
    ...numbered,
    pairId: Id,
    results: v.array(Result),
    wallSeconds: v.pipe(v.number(), v.minValue(0)),
  }),
  /** `pairId`: the pair of what was finished before; absent where nothing was. */
  v.strictObject({ type: v.literal('failed'), ...numbered, error: ErrorBody, pairId: v.optional(Id) }),
  v.strictObject({ type: v.literal('cancelled'), ...numbered, pairId: v.optional(Id) }),
]);
export type JobEvent = v.InferOutput<typeof JobEvent>;

/** The last event of a job; nothing follows it. */
export function isFinal(event: JobEvent): boolean {
  return event.type === 'done' || event.type === 'failed' || event.type === 'cancelled';
}

/** Replays the events with seq > `after`, then follows until the final one. */
export const WatchJob = v.strictObject({ jobId: Id, after: v.optional(Count, 0) });
export type WatchJob = v.InferOutput<typeof WatchJob>;

export const JobSummary = v.strictObject({
  jobId: Id,
  state: JobState,
  request: GenerateRequest,
  createdAt: Timestamp,
  startedAt: v.nullable(Timestamp),
  endedAt: v.nullable(Timestamp),
  /** How often it was started. */
  attempts: Count,
  /** Set once done, and where something was finished before a failure or a cancel. */
  pairId: v.nullable(Id),
  /** The pair's pictures; none before it is done, or after it was deleted for good. */
  results: v.array(Result),
  /** Set once failed or interrupted. */
  error: v.nullable(ErrorBody),
});
export type JobSummary = v.InferOutput<typeof JobSummary>;
