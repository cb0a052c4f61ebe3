/** The demonstration's explanations: a soft spot for each phrase in place of a gradient, and curves of a closed formula. */
import { AppError } from '#contract';
import type { Explanation, Recipe, StudioServices } from '#contract';

const SIZE = 64;
const PROBES = 8;

/** A soft round spot, [SIZE * SIZE], the place chosen by the number of the phrase; it tightens with the probe. */
function spot(phrase: number, probe: number): Uint8Array {
  const [cx, cy] = [SIZE * (0.5 + 0.16 * Math.sin(phrase * 2.3)), SIZE * (0.28 + 0.13 * phrase)];
  const radius = 15 - probe;
  return Uint8Array.from({ length: SIZE ** 2 }, (_, i) => {
    const d2 = ((i % SIZE) - cx) ** 2 + (Math.floor(i / SIZE) - cy) ** 2;
    return Math.round(255 * Math.exp(-d2 / (2 * radius ** 2)));
  });
}

const top = (map: Uint8Array): number => map.toSorted((a, b) => b - a)[Math.floor(map.length / 5)] ?? 255;

/** What the demonstration says about a picture of this recipe. */
function explanationOf(imageId: string, { emphases, steps, backends }: Recipe): Explanation {
  const at = Array.from({ length: PROBES }, (_, i) => Math.round((steps * (i + 1)) / (PROBES + 2)) + 1);
  return {
    schema: 2,
    imageId,
    size: SIZE,
    steps,
    at,
    pictures: new Uint8Array(PROBES * SIZE ** 2 * 3).fill(128),
    same: true,
    backends,
    wallSeconds: 0.4,
    phrases: emphases
      .filter(({ muted, weight }) => !muted && weight > 0)
      .map(({ id, phrase, weight }, k) => {
        const maps = at.map((_, p) => spot(k, p));
        const rise = (p: number, gain: number): number => 0.2 + 0.05 * k + gain * (1 - Math.exp(-p / 3));
        const overall = spot(k, 3);
        const unchanged = k === 2;
        return {
          id,
          phrase,
          weight,
          maps: Uint8Array.from(maps.flatMap((map) => [...map])),
          tops: maps.map(top),
          overall,
          overallTop: top(overall),
          coarse: at.map((_, p) => rise(p, 0.08)),
          refined: at.map((_, p) => rise(p, unchanged ? 0.15 : 0.35)),
          before: rise(PROBES, 0.08),
          after: rise(PROBES, unchanged ? 0.15 : 0.35),
          similarity: [0.55 + 0.05 * k, 0.56 + 0.05 * k],
          inside: unchanged ? 0.04 : 0.62,
          outside: 0.08,
          verdict: unchanged ? 'unchanged' : 'changed',
        };
      }),
  };
}

/** Explains after as many events as the run had steps, each after `stepMs` milliseconds. */
export function demoExplain(recipes: ReadonlyMap<string, Recipe>, stepMs: number): StudioServices['explain'] {
  const kept = new Map<string, Explanation>();
  return {
    kept: ({ imageId }) => ({ explanation: kept.get(imageId) ?? null }),
    async *run({ imageId }, { signal }) {
      const recipe = recipes.get(imageId);
      if (!recipe) throw new AppError('not_found', 'No image has this id.');
      for (const arm of ['coarse', 'refined'] as const) {
        for (let i = 1; i <= recipe.steps; i++) {
          await new Promise((resolve) => setTimeout(resolve, stepMs));
          signal.throwIfAborted();
          yield { type: 'step', arm, i, of: recipe.steps };
        }
      }
      const explanation = explanationOf(imageId, recipe);
      kept.set(imageId, explanation);
      yield { type: 'done', explanation };
    },
  };
}
