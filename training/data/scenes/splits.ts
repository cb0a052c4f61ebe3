import type { Split } from '../splits.ts';

export const SPLITS: readonly Split[] = [
  { name: 'train', count: 48_000, heldOut: false, twins: 4_000 },
  { name: 'validation', count: 2_000, heldOut: false, twins: 200 },
  { name: 'test', count: 5_000, heldOut: false, twins: 200 },
  // For the attribute reader alone: who judges pairs that were held out from the pack must know them himself.
  { name: 'reading', count: 24_000, heldOut: null, twins: 0 },
  { name: 'composition', count: 2_000, heldOut: true, twins: 0 },
];
