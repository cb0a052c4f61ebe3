/** Sampling requests for the benches: as large as the studio's own, whatever the pack. */
import type { PackManifest } from '../../contract/index.ts';
import type { EnginePhrase, SampleRequest } from '../../main/engine/index.ts';
import { makeSchedule, samplingLevels } from '../../main/engine/index.ts';
import { normalise } from '../../main/vectors.ts';

/** A fixed unit vector per number; what it says does not matter here, only its length. */
const direction = (dims: number, k: number): Float32Array =>
  normalise(Float32Array.from({ length: dims }, (_, d) => Math.sin((d + 1) * 3.7 + k * 11.3)));

/** Two phrases of four references each, as the studio sends them. */
function phrases(manifest: PackManifest, steps: number): EnginePhrase[] {
  const { dims } = manifest.embedding;
  const levels = samplingLevels(makeSchedule(manifest.schedule.kind, manifest.schedule.levels), steps);
  return [0, 1].map((p) => ({
    weight: 1,
    references: [0, 1, 2, 3].map((r) => {
      const noised = new Float32Array(levels.length * dims);
      levels.forEach((level, i) => {
        noised.set(direction(dims, 4 * p + r + level / 2000), i * dims);
      });
      return { weight: 1, clean: direction(dims, 4 * p + r), noised };
    }),
  }));
}

/** One arm, one seed; everything else but what `change` says is the same for all. */
export const benchRequest = (
  manifest: PackManifest,
  arm: SampleRequest['arms'][number],
  change: Pick<SampleRequest, 'steps' | 'guidance'> & Partial<SampleRequest>,
): SampleRequest => ({
  packId: manifest.id,
  arms: [arm],
  source: direction(manifest.embedding.dims, 20),
  phrases: phrases(manifest, change.steps),
  wrongPhrases: [],
  rivalScales: { 'baseline-guided': 1, 'first-order': 1, composable: 2, structure: 3 },
  seed: 7,
  rebuild: 'mean-shift',
  // Refinement in every step; the last one arrives at the clean image, where there is nothing to refine.
  window: [0, manifest.schedule.levels],
  upscale: false,
  previews: false,
  ...change,
});
