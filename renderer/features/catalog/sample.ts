import { ofDomain } from '#contract';
import type { PackSummary, Root } from '#contract';

/** The folder of sample pictures that ships with what a pack draws, where it is there. */
export function sampleOf(roots: readonly Root[], pack: PackSummary | undefined): Root | undefined {
  const name = ofDomain('sample', pack?.domain);
  return roots.find((root) => root.builtIn && root.state === 'online' && root.name === name);
}
