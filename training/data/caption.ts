import { GROUPS, group } from './glossary.ts';
import type { Group } from './glossary.ts';
import type { Random } from './random.ts';
import { value } from './scene.ts';
import type { Scene } from './scene.ts';

/** A detail of a caption: the words as they stand in it and the attributes they name. */
export interface Detail {
  readonly phrase: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Caption {
  readonly text: string;
  readonly details: readonly Detail[];
  /** Attributes that the text names and no single detail does. */
  readonly implied?: Readonly<Record<string, string>>;
}

export interface CaptionOptions {
  /** Chance that an attribute is mentioned. */
  readonly keep: number;
  /** Take held-out synonyms instead of the training words. */
  readonly held?: boolean;
}

/** Shapes with the colours that are said of them: "a red beanie". */
export const COMPOUNDS: readonly (readonly [shape: string, colour: string])[] = [
  ['hat', 'hatColour'],
  ['hair', 'hairColour'],
  ['critterTop', 'topColour'],
  ['pot', 'potColour'],
];

const PLURAL_OR_MASS =
  /(hair|curls|braids|plaits|horns|ears|spikes|antennae|antennas|thorns|feelers|ringlets|buns|knots|glasses|spectacles|eyeglasses|shades|eyes|vents|slits|studs|knobs|buds|blossoms|grass|stubble|whiskers above the lip|bolts on the head|hair in spikes|blades of grass|eyes shaped like a plus sign)$/;

const article = (noun: string): string => {
  if (/^(a|an|two|three|four|one|the) /.test(noun)) return noun;
  if (PLURAL_OR_MASS.test(noun)) return noun;
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
};

const bare = (phrase: string): string => phrase.replace(/^(a|an|the) /, '');

/** Words for one attribute standing alone: "a full beard", "ginger hair", "a dark green background". */
export function wordsOf(groupId: string, id: string, r: Random, held = false): string {
  const g = group(groupId);
  const found = value(groupId, id);
  const words = held && found.held.length > 0 ? r.pick(found.held) : r.pick(found.say);
  return g.kind === 'colour' ? `${words} ${g.noun ?? ''}`.trim() : words;
}

function details(scene: Scene, r: Random, options: CaptionOptions): Detail[] {
  const kept = new Set(Object.keys(scene).filter((g) => g !== 'subject' && r.chance(options.keep)));
  const list: Detail[] = [];
  const say = (g: string): string => {
    const found = value(g, scene[g] ?? '');
    return options.held && found.held.length > 0 ? r.pick(found.held) : r.pick(found.say);
  };
  const take = (phrase: string, groups: string[]): void => {
    list.push({ phrase, attributes: Object.fromEntries(groups.map((g) => [g, scene[g] ?? ''])) });
    for (const g of groups) kept.delete(g);
  };
  for (const [shape, colour] of COMPOUNDS)
    if (kept.has(shape) && kept.has(colour))
      take(article(`${say(colour)} ${bare(say(shape))}`), [shape, colour]);
  if (kept.has('outfit')) {
    const colour = ['shirtColour', 'jacketColour'].find((g) => kept.has(g));
    take(
      article(colour ? `${say(colour)} ${say('outfit')}` : say('outfit')),
      colour ? ['outfit', colour] : ['outfit'],
    );
  }
  for (const g of [...kept]) {
    const noun = group(g).noun;
    const words = noun ? `${say(g)} ${noun}` : say(g);
    take(
      noun && ['hair', 'skin', 'clothes', 'metal', 'lights', 'blossoms', 'headgear'].includes(noun)
        ? words
        : article(words),
      [g],
    );
  }
  return r.shuffle(list);
}

/** "a, b and c" */
export const join = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

/** A caption of a scene from one of four templates; attributes are dropped at random by `keep`. */
export function caption(scene: Scene, r: Random, options: CaptionOptions): Caption {
  const all = details(scene, r, options);
  const subjectValue = value('subject', scene['subject'] ?? '');
  const subject = options.held ? r.pick(subjectValue.held) : r.pick(subjectValue.say);
  const ground = all.find((d) => 'background' in d.attributes);
  const rest = all.filter((d) => d !== ground);
  const wear = rest.filter((d) => 'outfit' in d.attributes);
  const other = rest.filter((d) => !wear.includes(d));
  const on = ground ? ` on ${ground.phrase}` : '';
  const listed = (items: readonly Detail[]): string => join(items.map((d) => d.phrase));
  const withList = rest.length > 0 ? ` with ${listed(rest)}` : '';
  const templates = [
    () => `${subject}${withList}${on}`,
    () =>
      `${subject}${other.length ? ` with ${listed(other)}` : ''}${wear.length ? `, wearing ${listed(wear)}` : ''}${on}`,
    () => `a picture of ${subject}${withList}${ground ? `, ${bare(ground.phrase)}` : ''}`,
    () => `${subject}: ${all.length ? all.map((d) => bare(d.phrase)).join(', ') : 'portrait'}`,
  ];
  return { text: r.pick(templates)(), details: all };
}

/** A phrase that can stand alone, and the value that it names. */
export interface ValuePhrase {
  readonly text: string;
  readonly group: string;
  readonly value: string;
}

/** Every phrase of groups that can stand alone: the phrase set of the retrieval tests. */
export function phrasesOf(groups: readonly Group[], held: boolean): ValuePhrase[] {
  return groups.flatMap((g) =>
    g.values.flatMap((x) =>
      (held ? x.held : x.say).map((w) => ({
        text: g.kind === 'colour' ? `${w} ${g.noun ?? ''}` : w,
        group: g.id,
        value: x.id,
      })),
    ),
  );
}

/** `phrasesOf` the embedded pack's glossary. */
export const phrases = (held: boolean): ValuePhrase[] => phrasesOf(GROUPS, held);
