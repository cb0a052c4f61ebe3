/** The demonstration studio has no reader, so it scores nothing and says so. */
import { AppError } from '../../contract/index.ts';
import type { StudioServices } from '../../contract/index.ts';

const refusal = new AppError('not_supported', 'The demonstration studio has no attribute reader.');

export const demoEvaluation: StudioServices['evaluation'] = {
  run: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal) }) }),
  report: () => Promise.reject(refusal),
};
