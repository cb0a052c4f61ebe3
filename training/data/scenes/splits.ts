import type { Split } from '../splits.ts';

export const SPLITS: readonly Split[] = [
  { name: 'train', count: 48_000, heldOut: false, twins: 4_000 },
  { name: 'validation', count: 2_000, heldOut: false, twins: 200 },
  { name: 'test', count: 5_000, heldOut: false, twins: 200 },
  { name: 'composition', count: 2_000, heldOut: true, twins: 0 },
];
