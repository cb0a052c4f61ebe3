/** Requests for the engine over the tiny pack, and small helpers to read its stream. */
import type { EnginePhrase, SampleEvent, SampleRequest } from '../../main/engine/index.ts';
import { makeSchedule, samplingLevels } from '../../main/engine/index.ts';
import { DIMS } from './tiny-pack.ts';

const unit = (x: Float32Array): Float32Array => {
  const norm = Math.sqrt(x.reduce((s, v) => s + v * v, 0));
  return x.map((v) => v / norm);
};

/** A fixed unit vector per number. */
export const direction = (k: number): Float32Array =>
  unit(Float32Array.from({ length: DIMS }, (_, d) => Math.sin((d + 1) * 3.7 + k * 11.3)));

/** A phrase with one reference per number, its noised embeddings turning slowly with the level. */
export function enginePhrase(weight: number, steps: number, ...references: number[]): EnginePhrase {
  const levels = samplingLevels(makeSchedule('cosine'), steps);
  return {
    weight,
    references: references.map((k) => {
      const noised = new Float32Array(levels.length * DIMS);
      levels.forEach((level, i) => {
        noised.set(direction(k + level / 2000), i * DIMS);
      });
      return { weight: 1, clean: direction(k), noised };
    }),
  };
}

export function sampleRequest(change: Partial<SampleRequest> = {}): SampleRequest {
  const steps = change.steps ?? 4;
  return {
    packId: 'tiny',
    arms: ['refined'],
    source: direction(0),
    phrases: [enginePhrase(1, steps, 1, 2)],
    wrongPhrases: [],
    text: direction(9),
    rivalScales: { 'baseline-guided': 1, 'first-order': 1, composable: 2, structure: 3 },
    seed: 7,
    steps,
    guidance: 3,
    rebuild: 'mean-shift',
    window: [100, 900],
    upscale: false,
    previews: false,
    ...change,
  };
}

export type EngineResult = SampleEvent & { type: 'result' };

/** Reads a stream to its end. */
export async function eventsOf(stream: AsyncIterable<SampleEvent>): Promise<SampleEvent[]> {
  const events: SampleEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The results by arm. */
export const resultsOf = (events: readonly SampleEvent[]): Record<string, EngineResult> =>
  Object.fromEntries(events.filter((e) => e.type === 'result').map((e) => [e.arm, e]));
