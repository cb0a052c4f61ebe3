/** Several runs that belong together: a grid over two settings, or a strip that adds one emphasis after another. */
import * as v from 'valibot';
import { Count, Id, PackId, Timestamp } from './common.ts';
import { ErrorBody, JobState, Result } from './job.ts';
import { GenerateRequest } from './request.ts';

/** At most so many pictures in one set, and so many values on one axis. */
export const MAX_CELLS = 144;
const MAX_VALUES = 24;

/** What changes along an axis. `emphases`: at each place one emphasis more has an effect than before. */
export const AxisKind = v.picklist(['weight', 'steps', 'guidance', 'seed', 'arm', 'emphases']);
export type AxisKind = v.InferOutput<typeof AxisKind>;

export const SetAxis = v.strictObject({
  kind: AxisKind,
  /** The phrase whose weight changes, kind `weight` only. */
  phrase: v.optional(v.pipe(v.string(), v.maxLength(200))),
  /** What stands beside each place: a number, an arm, or the phrase that comes in (empty for none). */
  values: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(200))),
    v.minLength(1, 'Expected at least one value on an axis.'),
    v.maxLength(MAX_VALUES, `Expected at most ${MAX_VALUES} values on an axis.`),
  ),
});
export type SetAxis = v.InferOutput<typeof SetAxis>;

export const SetKind = v.picklist(['grid', 'strip']);
export type SetKind = v.InferOutput<typeof SetKind>;

const Axes = {
  kind: SetKind,
  /** The pair that it was made from, to compare with. */
  basePairId: v.nullable(Id),
  columns: SetAxis,
  /** Null: one row. */
  rows: v.nullable(SetAxis),
};
const Place = { column: Count, row: Count };

export const SubmitSet = v.pipe(
  v.strictObject({
    ...Axes,
    /** Runs in this order. */
    cells: v.pipe(
      v.array(v.strictObject({ ...Place, request: GenerateRequest })),
      v.minLength(1, 'Expected at least one cell.'),
      v.maxLength(MAX_CELLS, `Expected at most ${MAX_CELLS} cells.`),
    ),
  }),
  v.forward(
    v.check(
      ({ cells, columns, rows }) =>
        cells.every(
          ({ column, row }) => column < columns.values.length && row < (rows?.values.length ?? 1),
        ) && new Set(cells.map(({ column, row }) => `${column} ${row}`)).size === cells.length,
      'Expected each cell within the axes, and no place twice.',
    ),
    ['cells'],
  ),
);
export type SubmitSet = v.InferOutput<typeof SubmitSet>;
export type SubmitSetInput = v.InferInput<typeof SubmitSet>;

export const SetRef = v.strictObject({ setId: Id });
export type SetRef = v.InferOutput<typeof SetRef>;

export const SetCell = v.strictObject({
  ...Place,
  jobId: Id,
  state: JobState,
  /** Set once done, and null again when the pair was deleted for good. */
  pairId: v.nullable(Id),
  /** The pair's largest picture. */
  result: v.nullable(Result),
  error: v.nullable(ErrorBody),
});
export type SetCell = v.InferOutput<typeof SetCell>;

/** What is known of a set without its cells. */
export const SetSummary = v.strictObject({
  setId: Id,
  createdAt: Timestamp,
  ...Axes,
  prompt: v.string(),
  packId: PackId,
  /** Cells, and those whose picture is there. */
  of: Count,
  done: Count,
});
export type SetSummary = v.InferOutput<typeof SetSummary>;

export const JobSet = v.strictObject({ ...SetSummary.entries, cells: v.array(SetCell) });
export type JobSet = v.InferOutput<typeof JobSet>;
