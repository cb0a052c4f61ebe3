/** What happens to the catalog, whoever asked for it: another tab, the command line's first start, the desktop. */
import * as v from 'valibot';
import { ImportEvent } from './catalog.ts';
import { Id } from './common.ts';
import { ErrorBody } from './job.ts';

/** Told for every import that runs at the beginning, then of every change; steps that follow fast are told as one. */
export const CatalogActivity = v.variant('type', [
  v.strictObject({
    type: v.literal('import'),
    rootId: Id,
    running: v.boolean(),
    /** The newest event; null before the first. */
    last: v.nullable(ImportEvent),
    /** Why it ended, where it ended without a report and was not cancelled. */
    error: v.nullable(ErrorBody),
  }),
  /** Folders or images came or went beside an import. */
  v.strictObject({ type: v.literal('changed') }),
]);
export type CatalogActivity = v.InferOutput<typeof CatalogActivity>;
