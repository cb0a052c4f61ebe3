/** What stands left and right in the viewer, from a job on its way or from a finished pair. Pure. */
import type { Result } from '#contract';
import type { ArmName, JobView, Preview } from '../jobs/job-view.ts';

export type SlotState = 'picture' | 'preview' | 'running' | 'waiting' | 'missing';

export interface Slot {
  readonly arm: ArmName;
  readonly state: SlotState;
  readonly result: Result | null;
  readonly preview: Preview | null;
}

/** Coarse left, refined right, everywhere; other arms in this order. */
const ORDER: readonly ArmName[] = [
  'sentence',
  'baseline',
  'baseline-guided',
  'first-order',
  'composable',
  'structure',
  'coarse',
  'coarse2',
  'wrong',
  'refined',
];

/** Two slots of a finished pair. A pair of one picture has an empty place, so that nothing moves. */
export function slotsOfPair({ results }: { readonly results: readonly Result[] }): [Slot, Slot] {
  // An arm has its own size and the upscaler's; the larger one is shown.
  const largest = new Map<ArmName, Result>();
  for (const result of results) {
    const other = largest.get(result.arm);
    if (!other || result.width > other.width) largest.set(result.arm, result);
  }
  const sorted = [...largest.values()].sort((a, b) => ORDER.indexOf(a.arm) - ORDER.indexOf(b.arm));
  const picture = (result: Result): Slot => ({ arm: result.arm, state: 'picture', result, preview: null });
  const [first, ...rest] = sorted.map(picture);
  const last = rest.at(-1);
  if (first?.arm === 'refined') return [last ?? empty('coarse'), first];
  return [first ?? empty('coarse'), last ?? empty('refined')];
}

/** Two slots of a job that is on its way, or that ended without a pair. */
export function slotsOfJob(view: JobView): [Slot, Slot] {
  if (view.state === 'done') return slotsOfPair(view);
  const sorted = [...view.arms].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const over = view.state !== 'queued' && view.state !== 'running';
  const slot = (arm: ArmName): Slot => {
    const preview = view.previews[arm] ?? null;
    const rest: SlotState = over ? 'missing' : view.arm === arm ? 'running' : 'waiting';
    return { arm, state: preview ? 'preview' : rest, result: null, preview };
  };
  const [first, ...rest] = sorted.map(slot);
  const last = rest.at(-1);
  if (first?.arm === 'refined') return [last ?? empty('coarse'), first];
  return [first ?? empty('coarse'), last ?? empty('refined')];
}

/** A pair's slots with what the run that completes it, or has done so, has for the empty one. */
export function completed(own: [Slot, Slot], run: JobView | undefined): [Slot, Slot] {
  const isOn = run?.state === 'queued' || run?.state === 'running' || run?.state === 'done';
  if (!isOn || !own.some(({ state }) => state === 'missing')) return own;
  const made = slotsOfJob(run);
  const fill = (slot: Slot): Slot =>
    slot.state === 'missing' ? (made.find(({ arm }) => arm === slot.arm) ?? slot) : slot;
  return [fill(own[0]), fill(own[1])];
}

/** The half that stands for the whole: the refined one, else whichever is there. */
export function mainSlot([left, right]: readonly [Slot, Slot]): Slot {
  return right.state === 'missing' ? left : right;
}

function empty(arm: ArmName): Slot {
  return { arm, state: 'missing', result: null, preview: null };
}
