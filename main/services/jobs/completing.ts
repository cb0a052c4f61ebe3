/** Whether a picture may join a pair: it must be the other half of that very pair. */
import * as v from 'valibot';
import { AppError, GenerateRequest, Recipe, because, requestOf } from '#contract';
import type { InstalledPack } from '../packs/index.ts';
import type { Store } from '../store/index.ts';

const textOf = (request: unknown): string => JSON.stringify(v.parse(GenerateRequest, request));

/**
 * Passes a request that completes nothing. Throws `not_found` when the pair is not there, `conflict` when it has the arm
 * already or the pack is another one by now, `invalid_input` when the request is not the pair's own.
 */
export function checkCompletion(
  { read }: Store,
  request: GenerateRequest,
  pack: Pick<InstalledPack, 'manifest'>,
): void {
  const { completes, arms } = request;
  if (completes === undefined) return;
  if (!read.gallery.pair(completes)) throw because('half_pair_gone', {});
  const results = read.gallery.results(completes);
  const there = results.find(({ arm }) => arms.some((wanted) => wanted === arm));
  if (there) throw because('half_is_there', { arm: there.arm });
  const recipes = results.map(({ recipe }) => v.parse(Recipe, JSON.parse(recipe)));
  const own = recipes.find(
    (recipe) => textOf({ ...requestOf(recipe), arms, completes }) === JSON.stringify(request),
  );
  if (!own)
    throw new AppError(
      'invalid_input',
      'completes: expected the sentence, seed, references and settings of the pair, since both halves must differ by nothing else.',
    );
  const parts = Object.entries(pack.manifest.parts);
  const changed = parts.find(([name, part]) => part && (own.pack.parts[name] ?? part.sha256) !== part.sha256);
  if (changed) throw because('half_other_pack', { pack: own.pack.id, part: changed[0] });
}
