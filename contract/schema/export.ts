/** Results on their way out: as files, as one archive, or as a contact sheet, with as much metadata as the user wants. */
import * as v from 'valibot';
import { bytes } from './binary.ts';
import { Id } from './common.ts';

export const EXPORT_MOST = 50;

export const ExportPairs = v.strictObject({
  pairIds: v.pipe(
    v.array(Id),
    v.minLength(1, 'Expected at least one pair.'),
    v.maxLength(EXPORT_MOST, `Expected at most ${EXPORT_MOST} pairs; export the rest in a second part.`),
  ),
  as: v.picklist(['files', 'sheet']),
  /** `main`: a pair's refined picture, or what it has in its place. `all`: every picture of it. */
  pictures: v.picklist(['main', 'all']),
  /** `full`: the whole recipe, with the hashes of its references; `prompt`: the sentence; `none`: nothing at all. */
  metadata: v.picklist(['full', 'prompt', 'none']),
  /** Writes the IPTC line that says that a trained model made the picture; whatever `metadata` says. */
  origin: v.boolean(),
});
export type ExportPairs = v.InferOutput<typeof ExportPairs>;

/** A PNG, or a ZIP archive of several. */
export const Exported = v.strictObject({
  name: v.string(),
  type: v.picklist(['image/png', 'application/zip']),
  bytes: bytes(),
});
export type Exported = v.InferOutput<typeof Exported>;
