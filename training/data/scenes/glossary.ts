/**
 * The nameable world of the scenes. For each kind a group says which object is there, how many (two or three; one has no
 * value), in which colour and where; `ground` is what they stand on.
 */
import type { Group, Value } from '../glossary.ts';
import { random } from '../random.ts';
import { GROUNDS, PAINTS } from './colours.ts';
import { COLOURED, KINDS, THINGS, plural } from './objects.ts';
import type { Kind } from './objects.ts';

export const NUMBERS = [
  { id: 'two', say: ['two', 'a pair of'], held: ['a couple of'] },
  { id: 'three', say: ['three'], held: ['a trio of'] },
] as const;

/** `at` stands behind an object alone; `of` between it and the other one. */
export const PLACES = [
  {
    id: 'left',
    opposite: 'right',
    at: ['on the left', 'at the left'],
    heldAt: 'on the left-hand side',
    of: ['left of', 'to the left of'],
    heldOf: 'on the left-hand side of',
  },
  {
    id: 'right',
    opposite: 'left',
    at: ['on the right', 'at the right'],
    heldAt: 'on the right-hand side',
    of: ['right of', 'to the right of'],
    heldOf: 'on the right-hand side of',
  },
  {
    id: 'above',
    opposite: 'below',
    at: ['at the top', 'on top'],
    heldAt: 'in the upper half',
    of: ['above', 'over'],
    heldOf: 'higher than',
  },
  {
    id: 'below',
    opposite: 'above',
    at: ['at the bottom', 'below'],
    heldAt: 'in the lower half',
    of: ['below', 'under'],
    heldOf: 'beneath',
  },
] as const;
export type Place = (typeof PLACES)[number]['id'];

export const numberOf = (kind: Kind): string => `${kind}Number`;
export const colourOf = (kind: Kind): string => `${kind}Colour`;
export const placeOf = (kind: Kind): string => `${kind}Place`;

export const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
const NOUN: Readonly<Record<Kind, string>> = {
  animal: 'animal',
  creature: 'creature',
  fruit: 'fruit',
  food: 'snack',
  vehicle: 'vehicle',
  plant: 'plant',
  clothing: 'garment',
  object: 'object',
};
const value = (id: string, say: readonly string[], held: readonly string[]): Value => ({
  id,
  render: id,
  say,
  held,
});

export const GROUPS: readonly Group[] = [
  ...KINDS.map((kind): Group => ({
    id: kind,
    kind: 'shape',
    values: THINGS[kind].map((t) => value(t.id, t.say.map(article), t.held.map(article))),
  })),
  ...KINDS.map((kind): Group => ({
    id: numberOf(kind),
    kind: 'shape',
    values: NUMBERS.map((n) =>
      value(
        n.id,
        n.say.map((w) => `${w} ${plural(NOUN[kind])}`),
        n.held.map((w) => `${w} ${plural(NOUN[kind])}`),
      ),
    ),
  })),
  ...COLOURED.map((kind): Group => ({
    id: colourOf(kind),
    kind: 'colour',
    noun: NOUN[kind],
    values: PAINTS.map((p) => value(p.id, p.say, p.held)),
  })),
  ...KINDS.map((kind): Group => ({
    id: placeOf(kind),
    kind: 'shape',
    values: PLACES.map((p) =>
      value(
        p.id,
        p.at.map((w) => `${article(NOUN[kind])} ${w}`),
        [`${article(NOUN[kind])} ${p.heldAt}`],
      ),
    ),
  })),
  {
    id: 'ground',
    kind: 'colour',
    noun: 'ground',
    values: GROUNDS.map((g) => value(g.id, g.say, g.held)),
  },
];

type Pair = readonly [string, string];

/** A tenth of the pairs of objects: each object has held-out partners, drawn once from a stream of their own. */
function objectPairs(): Pair[] {
  const r = random('scenes/held-out', 0);
  return KINDS.flatMap((a, i) =>
    KINDS.slice(i + 1).flatMap((b) => {
      const all = THINGS[a].flatMap((x) => THINGS[b].map((y): Pair => [`${a}=${x.id}`, `${b}=${y.id}`]));
      // Of 36 pairs of two kinds three or four, no object twice among them.
      const taken = new Set<string>();
      const chosen: Pair[] = [];
      for (const pair of r.shuffle(all)) {
        if (chosen.length === ((i + KINDS.indexOf(b)) % 5 < 3 ? 4 : 3)) break;
        if (pair.some((p) => taken.has(p))) continue;
        pair.forEach((p) => taken.add(p));
        chosen.push(pair);
      }
      return chosen;
    }),
  );
}

/** Some objects never come in some number, some place or some colour. */
function objectFacts(): Pair[] {
  const pairs: Pair[] = [];
  KINDS.forEach((kind, k) => {
    const at = (i: number): string => `${kind}=${THINGS[kind][(i + k) % 6]?.id ?? ''}`;
    pairs.push([at(0), `${numberOf(kind)}=two`], [at(1), `${numberOf(kind)}=three`]);
    pairs.push([at(2), `${placeOf(kind)}=${PLACES[k % 4]?.id ?? ''}`]);
  });
  COLOURED.forEach((kind, k) => {
    THINGS[kind]
      .filter((t) => t.hue !== undefined)
      .slice(0, 3)
      .forEach((t, i) => {
        pairs.push([`${kind}=${t.id}`, `${colourOf(kind)}=${PAINTS[(2 * i + k + 4) % 5]?.id ?? ''}`]);
      });
  });
  return pairs;
}

/** What no training, validation or test image shows together, by what the pair is made of. */
export const HELD_OUT: Readonly<Record<'objects' | 'facts', readonly Pair[]>> = {
  objects: objectPairs(),
  facts: objectFacts(),
};
export const HELD_OUT_PAIRS: readonly Pair[] = [...HELD_OUT.objects, ...HELD_OUT.facts];
