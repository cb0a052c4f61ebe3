/**
 * Noise schedules by level t in [0, T]; t = 0 is clean (docs/pack-format.md "Conventions"). All float64.
 */
export type ScheduleKind = 'cosine' | 'linear';

export interface Schedule {
  readonly kind: ScheduleKind;
  /** T, the level of pure noise. */
  readonly levels: number;
  /** alphaBar(t), length T + 1. */
  readonly alphaBar: Float64Array;
}

function cosine(levels: number): Float64Array {
  const f = (t: number): number => Math.cos(((t / levels + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  const out = new Float64Array(levels + 1);
  for (let t = 0; t <= levels; t++) out[t] = Math.min(1, Math.max(1e-5, f(t) / f(0)));
  out[levels] = 0;
  return out;
}

function linear(levels: number): Float64Array {
  const out = new Float64Array(levels + 1);
  out[0] = 1;
  for (let i = 1; i <= levels; i++) {
    const beta = 1e-4 + ((0.02 - 1e-4) * (i - 1)) / (levels - 1);
    out[i] = at(out, i - 1) * (1 - beta);
  }
  return out;
}

const at = (values: Float64Array, t: number): number => {
  const value = values[t];
  if (value === undefined) throw new RangeError(`level ${t} is outside 0 .. ${values.length - 1}`);
  return value;
};

/** The schedule of a pack. */
export function makeSchedule(kind: ScheduleKind, levels = 1000): Schedule {
  return { kind, levels, alphaBar: kind === 'cosine' ? cosine(levels) : linear(levels) };
}

/** alpha(t) = sqrt(alphaBar(t)): how much of the clean image x_t holds (Eq. 1 unrolled). */
export const alpha = (schedule: Schedule, t: number): number => Math.sqrt(at(schedule.alphaBar, t));

/** sigma(t) = sqrt(1 - alphaBar(t)): how much noise x_t holds. */
export const sigma = (schedule: Schedule, t: number): number => Math.sqrt(1 - at(schedule.alphaBar, t));

/** Levels t_0 = T > ... > t_n = 0 that n sampling steps visit: round(T (1 - i/n)). */
export function samplingLevels(schedule: Schedule, steps: number): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > schedule.levels)
    throw new RangeError(`expected 1 .. ${schedule.levels} steps, got ${steps}`);
  return Array.from({ length: steps + 1 }, (_, i) => Math.round(schedule.levels * (1 - i / steps)));
}
