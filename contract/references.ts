/**
 * What the references that were found mean for a request. Page and command line decide by the same two functions, so that
 * the same words make the same pictures.
 */
import type { Reference, ReferencesResponse } from './schema/index.ts';

/** What the user decided beside the search. */
export interface ReferenceDecision {
  /** How many images are pinned to the phrase by hand. */
  readonly pins: number;
  /** Use the references although none is good. */
  readonly anyway: boolean;
}

/**
 * True when a phrase goes muted into the request: nothing in the catalog shows it, no image was pinned to it, and the user
 * did not want it all the same. A phrase whose search failed (undefined) is not muted; the host looks again.
 */
export function runsWithout(
  response: Pick<ReferencesResponse, 'verdict'> | undefined,
  { pins, anyway }: ReferenceDecision,
): boolean {
  return response?.verdict === 'none' && !anyway && pins === 0;
}

/** The references that were shown, as a request freezes them: in their order, with their weights. */
export function frozen(
  references: readonly Reference[],
): { contentHash: string; weight: number; pinned: boolean }[] {
  return references.map(({ image, weight, pinned }) => ({ contentHash: image.contentHash, weight, pinned }));
}
