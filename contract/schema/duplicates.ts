/** Which images of the catalog are the same as one, on each level of folding; the same bytes are one image already. */
import * as v from 'valibot';
import { Hit } from './catalog.ts';
import { Id, PackId } from './common.ts';

export const DuplicatesRequest = v.strictObject({ imageId: Id, packId: PackId });
export const Duplicates = v.strictObject({
  /** The same picture in another size, quality or format; the nearest first. */
  picture: v.array(Hit),
  /** What the encoder takes for nearly the same, without those. */
  look: v.array(Hit),
});
export type Duplicates = v.InferOutput<typeof Duplicates>;
