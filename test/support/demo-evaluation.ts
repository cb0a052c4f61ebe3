/** The demonstration studio has no reader and no studies: it scores nothing and says so. */
import { AppError } from '../../contract/index.ts';
import type { StudioServices } from '../../contract/index.ts';

const refusal = new AppError(
  'not_supported',
  'The demonstration studio has no attribute reader and no studies.',
);

export const demoEvaluation: StudioServices['evaluation'] = {
  run: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal) }) }),
  report: () => Promise.reject(refusal),
};

const refuse = (): Promise<never> => Promise.reject(refusal);
export const demoStudy: StudioServices['study'] = {
  make: refuse,
  set: refuse,
  image: refuse,
  sheet: refuse,
  rate: refuse,
  seal: refuse,
  merge: refuse,
  reveal: refuse,
};
