/** Every split has a stream of its own; no image of one can occur in another by construction of the stream names. */
export interface Split {
  readonly name: string;
  readonly count: number;
  /** Whether its scenes have held-out pairs: all of them, none, or, with null, as it comes. */
  readonly heldOut: boolean | null;
  /** Number of 256 px twins, from the start of the split. */
  readonly twins: number;
}

export const SPLITS: readonly Split[] = [
  { name: 'train', count: 60_000, heldOut: false, twins: 6_000 },
  { name: 'validation', count: 2_000, heldOut: false, twins: 200 },
  { name: 'test', count: 5_000, heldOut: false, twins: 200 },
  { name: 'composition', count: 1_000, heldOut: true, twins: 0 },
];

export const SHARD = 1_000;
