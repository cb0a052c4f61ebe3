export { alpha, makeSchedule, samplingLevels, sigma } from './schedule.ts';
export type { Schedule, ScheduleKind } from './schedule.ts';
export { bankNoise, normals, substream } from './noise.ts';
export type { NoiseBank } from './noise.ts';
export { clip, combine, fromRgb, isFinite, normalise, toRgb } from './tensor.ts';
export { guide } from './guidance.ts';
export { addNoise, ddimStep, noiseOf } from './ddim.ts';
export { NonFiniteError, refinesAt, twoStage } from './two-stage.ts';
export type { Gradient, Predict, Rebuild, SamplingPlan, Step } from './two-stage.ts';
