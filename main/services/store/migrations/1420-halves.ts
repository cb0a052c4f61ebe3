import type { Migration } from './index.ts';

/** A half that was put into the bin alone is a pair of its own there; this names the pair that it goes back to. */
export const halves: Migration = {
  version: 1420,
  statements: [`ALTER TABLE pairs ADD COLUMN half_of TEXT`],
};
