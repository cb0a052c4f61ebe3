import { join } from '../caption.ts';
import type { Caption, CaptionOptions, Detail } from '../caption.ts';
import type { Random } from '../random.ts';
import type { Scene } from '../scene.ts';
import { GROUNDS, PAINTS } from './colours.ts';
import { NUMBERS, PLACES, article, colourOf, numberOf, placeOf } from './glossary.ts';
import { plural, thingOf } from './objects.ts';
import type { Kind } from './objects.ts';
import { kindsOf } from './scene.ts';

interface Words {
  readonly id: string;
  readonly say: readonly string[];
  readonly held: readonly string[];
}

/** An object as a caption names it. */
interface Named {
  readonly kind: Kind;
  readonly detail: Detail;
}

const found = <T extends { readonly id: string }>(all: readonly T[], id: string | undefined): T => {
  const one = all.find((x) => x.id === id);
  if (!one) throw new Error(`expected one of ${all.map((x) => x.id).join(', ')}, got '${id ?? ''}'`);
  return one;
};

/** "two red cars" with what that names. A number that is not told leaves a plain plural: "red cars". */
function named(scene: Scene, kind: Kind, r: Random, options: CaptionOptions): Named {
  const say = (words: Words): string => r.pick(options.held ? words.held : words.say);
  const noun = say(thingOf(kind, scene[kind] ?? ''));
  const attributes: Record<string, string> = { [kind]: scene[kind] ?? '' };
  const tell = (groupId: string): boolean => {
    const told = groupId in scene && r.chance(options.keep);
    if (told) attributes[groupId] = scene[groupId] ?? '';
    return told;
  };
  const colour = tell(colourOf(kind)) ? `${say(found(PAINTS, scene[colourOf(kind)]))} ` : '';
  const many = numberOf(kind) in scene;
  const number = tell(numberOf(kind)) ? `${say(found(NUMBERS, scene[numberOf(kind)]))} ` : '';
  const phrase = many ? `${number}${colour}${plural(noun)}` : article(`${colour}${noun}`);
  return { kind, detail: { phrase, attributes } };
}

/** The detail with where it is: "two lemons on the left". */
function placed({ kind, detail }: Named, scene: Scene, r: Random, held: boolean): Detail {
  const place = found(PLACES, scene[placeOf(kind)]);
  return {
    phrase: `${detail.phrase} ${held ? place.heldAt : r.pick(place.at)}`,
    attributes: { ...detail.attributes, [placeOf(kind)]: place.id },
  };
}

/**
 * A caption of a scene from one of eight templates; colours, numbers, places, the ground and the second object are dropped
 * at random by `keep`. "a fox left of a cup" has the details "a fox" and "left of a cup"; that the fox is on the left is
 * told by both together, so it is `implied`.
 */
export function caption(scene: Scene, r: Random, options: CaptionOptions): Caption {
  const held = options.held === true;
  const objects = r
    .shuffle(kindsOf(scene))
    .filter((_, k) => k === 0 || r.chance(Math.sqrt(options.keep)))
    .map((kind) => named(scene, kind, r, options));
  const where = r.chance(options.keep);
  const ground = found(GROUNDS, scene['ground']);
  const words = `${r.pick(held ? ground.held : ground.say)} ${r.pick(['ground', 'background'])}`;
  const grounds: Detail[] = r.chance(options.keep)
    ? [{ phrase: article(words), attributes: { ground: ground.id } }]
    : [];
  const on = grounds.map((d) => ` on ${d.phrase}`).join('');
  const [a, b] = objects as [Named, Named | undefined];
  const listed = (details: readonly Detail[]): string => join(details.map((d) => d.phrase));

  if (where && b && r.chance(0.5)) {
    const place = found(PLACES, scene[placeOf(a.kind)]);
    const relation = held ? place.heldOf : r.pick(place.of);
    const other: Detail = {
      phrase: `${relation} ${b.detail.phrase}`,
      attributes: { ...b.detail.attributes, [placeOf(b.kind)]: place.opposite },
    };
    const said = `${a.detail.phrase} ${other.phrase}`;
    const text = r.pick([
      `${said}${on}`,
      `a picture of ${said}${on}`,
      `${grounds.length ? `${words}, ` : ''}${said}`,
    ]);
    return { text, details: [a.detail, other, ...grounds], implied: { [placeOf(a.kind)]: place.id } };
  }
  const details = where ? objects.map((o) => placed(o, scene, r, held)) : objects.map((o) => o.detail);
  const text = r.pick([
    `${listed(details)}${on}`,
    `a picture of ${listed(details)}${on}`,
    `${grounds.length ? `${words}: ` : ''}${listed(details)}`,
    `${details.map((d) => d.phrase).join(', ')}${grounds.length ? `, ${words}` : ''}`,
    b && !where ? `${details.map((d) => d.phrase).join(' with ')}${on}` : `${listed(details)}${on}`,
  ]);
  return { text, details: [...details, ...grounds] };
}
