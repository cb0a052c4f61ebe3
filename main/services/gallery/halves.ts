/** One picture of a pair into the bin and back: there it is a pair of its own, which knows where it came from. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { Recipe, because } from '#contract';
import type { Arm } from '#contract';
import type { PairRow, Store } from '../store/index.ts';
import { namesOf } from './names.ts';

/**
 * Takes an arm's pictures out of a pair and into the bin; gives the id of the pair that they are there. `not_found` where the pair
 * is not in the gallery, `invalid_input` where it has no such picture, or no other that would be left.
 */
export function binHalf(store: Store, pairId: string, arm: Arm, at: number): string {
  const { read, write } = store;
  const pair = read.gallery.pair(pairId);
  if (!pair || pair.deleted_at !== null) throw because('pair_unknown', {});
  const results = read.gallery.results(pairId);
  const half = results.filter((result) => result.arm === arm);
  if (half.length === 0) throw because('half_unknown', { arm });
  if (half.length === results.length) throw because('half_is_all', { arm });
  const halfId = randomUUID();
  store.transaction(() => {
    // Its phrases and references stay with the pair, so that nothing counts them twice.
    write.gallery.pair({ ...pair, pair_id: halfId }, [], []);
    write.gallery.asHalf(halfId, pairId, at);
    write.gallery.move(arm, pairId, halfId);
  });
  return halfId;
}

/**
 * Takes a pair out of the bin and gives the id under which it is in the gallery now; nothing where it was not in the bin. A half
 * goes back into its pair, or stays on its own where that is gone or has such a picture again.
 */
export function putBack({ read, write }: Store, pair: PairRow): string[] {
  if (pair.deleted_at === null) return [];
  const whole = pair.half_of === null ? undefined : read.gallery.pair(pair.half_of);
  const own = read.gallery.results(pair.pair_id);
  const arms = new Set(own.map(({ arm }) => arm));
  const fits =
    whole?.deleted_at === null && read.gallery.results(whole.pair_id).every(({ arm }) => !arms.has(arm));
  if (!fits) {
    if (pair.half_of !== null) {
      const { phrases, references } = namesOf(own.map(({ recipe }) => v.parse(Recipe, JSON.parse(recipe))));
      write.gallery.names(pair.number, phrases, references);
    }
    write.gallery.unbin(pair.pair_id);
    return [pair.pair_id];
  }
  for (const arm of arms) write.gallery.move(arm, pair.pair_id, whole.pair_id);
  write.gallery.drop(pair);
  return [whole.pair_id];
}
