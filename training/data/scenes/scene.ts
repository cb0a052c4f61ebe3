import type { Random } from '../random.ts';
import { isHeldOut } from '../scene.ts';
import type { Scene } from '../scene.ts';
import { GROUNDS, PAINTS } from './colours.ts';
import { HELD_OUT, HELD_OUT_PAIRS, NUMBERS, PLACES, colourOf, numberOf, placeOf } from './glossary.ts';
import { KINDS, THINGS, thingOf } from './objects.ts';
import type { Kind } from './objects.ts';

/** Kinds that a scene shows, first the one on the left or above. */
export function kindsOf(scene: Scene): Kind[] {
  const first = (kind: Kind): boolean => ['left', 'above'].includes(scene[placeOf(kind)] ?? '');
  const shown = KINDS.filter((kind) => kind in scene);
  return [...shown.filter(first), ...shown.filter((kind) => !first(kind))];
}

export const heldOutPairs = (scene: Scene): number =>
  HELD_OUT_PAIRS.filter((pair) => isHeldOut(scene, pair)).length;

/** What is asked of a scene that is drawn: group to value. */
type Asked = Readonly<Record<string, string>>;

function draw(r: Random, asked: Asked): Record<string, string> {
  const wanted = KINDS.filter((kind) => kind in asked);
  const kinds = [...wanted, ...r.shuffle(KINDS.filter((kind) => !wanted.includes(kind)))].slice(0, 2);
  const scene: Record<string, string> = {};
  for (const kind of kinds) scene[kind] = asked[kind] ?? r.pick(THINGS[kind]).id;
  const place = PLACES.find((p) => asked[placeOf(kinds[0] as Kind)] === p.id) ?? r.pick(PLACES);
  scene[placeOf(kinds[0] as Kind)] = place.id;
  scene[placeOf(kinds[1] as Kind)] = place.opposite;
  for (const kind of kinds) {
    if (thingOf(kind, scene[kind] ?? '').hue === undefined) continue;
    scene[colourOf(kind)] = asked[colourOf(kind)] ?? r.pick(PAINTS).id;
  }
  const many = kinds.find((kind) => numberOf(kind) in asked);
  if (many) scene[numberOf(many)] = asked[numberOf(many)] ?? '';
  else if (r.chance(0.55)) scene[numberOf(r.pick(kinds))] = r.pick(NUMBERS).id;
  scene['ground'] = r.pick(GROUNDS).id;
  return scene;
}

/**
 * Draws a scene of two objects of different kinds. `heldOut` true gives one with at least one held-out pair (the
 * composition split), half of them pairs of objects; false one with none; null one as it comes.
 */
export function drawScene(r: Random, heldOut: boolean | null): Scene {
  for (;;) {
    const pair = heldOut === true ? r.pick(r.chance(0.5) ? HELD_OUT.objects : HELD_OUT.facts) : [];
    const scene = draw(r, Object.fromEntries(pair.map((fact) => fact.split('='))) as Asked);
    if (heldOut === null || heldOutPairs(scene) > 0 === heldOut) return scene;
  }
}
