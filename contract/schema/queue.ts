/** What waits and what runs, in order, and what can be done with what waits. */
import * as v from 'valibot';
import { Id } from './common.ts';
import { GenerateRequest } from './request.ts';

/** Work that is no job and takes turns with the jobs: what has the engine now, or null. Jobs wait until its turn ends. */
export const TurnHolder = v.picklist(['explain', 'evaluate']);
export type TurnHolder = v.InferOutput<typeof TurnHolder>;

export const QueueState = v.strictObject({
  /** While it is paused nothing new starts; what runs goes on to its end. Kept over a restart. */
  paused: v.boolean(),
  running: v.nullable(Id),
  turn: v.nullable(TurnHolder),
  /** In the order in which they will run. */
  waiting: v.array(Id),
});
export type QueueState = v.InferOutput<typeof QueueState>;

export const PauseQueue = v.strictObject({ paused: v.boolean() });
/** `before`: the waiting job that comes next after it; null puts it at the end. */
export const MoveJob = v.strictObject({ jobId: Id, before: v.nullable(Id) });
/** The new job takes the place of a waiting one, or, without `jobId`, of all that waits; those are cancelled. */
export const ReplaceJob = v.strictObject({ jobId: v.optional(Id), request: GenerateRequest });
