/**
 * The 48 objects of the scenes, six of each of eight kinds, chosen on sheets at 28 px: none is taken for another there.
 * A scene shows one object of a kind at most, so a kind's groups (which, how many, what colour, where) say all of it.
 */
export interface Thing {
  readonly id: string;
  /** Code points of the picture's file, as the package names it. */
  readonly file: string;
  /** Words of captions, singular and without article (the first is canonical); `held` are never trained on. */
  readonly say: readonly string[];
  readonly held: readonly string[];
  /** Hue, 0..360, of the part that can have another colour; absent where another colour looks wrong. */
  readonly hue?: number;
}

export const KINDS = [
  'animal',
  'creature',
  'fruit',
  'food',
  'vehicle',
  'plant',
  'clothing',
  'object',
] as const;
export type Kind = (typeof KINDS)[number];

const thing = (id: string, file: string, say: string[], held: string[], hue?: number): Thing => ({
  id,
  file,
  say: [id, ...say],
  held,
  ...(hue === undefined ? {} : { hue }),
});

export const THINGS: Readonly<Record<Kind, readonly Thing[]>> = {
  animal: [
    thing('fox', '1f98a', ['orange fox'], ['vixen']),
    thing('panda', '1f43c', ['panda bear'], ['bamboo eater']),
    thing('frog', '1f438', ['green frog'], ['toad']),
    thing('pig', '1f437', ['pink pig'], ['hog']),
    thing('elephant', '1f418', ['grey elephant'], ['pachyderm']),
    thing('turtle', '1f422', ['green turtle'], ['tortoise']),
  ],
  creature: [
    thing('penguin', '1f427', ['little penguin'], ['flightless antarctic bird']),
    thing('owl', '1f989', ['brown owl'], ['nocturnal bird of prey']),
    thing('crab', '1f980', ['red crab'], ['crustacean']),
    thing('whale', '1f433', ['blue whale'], ['giant sea mammal']),
    thing('bee', '1f41d', ['honeybee'], ['bumblebee']),
    thing('butterfly', '1f98b', ['orange butterfly'], ['monarch with open wings']),
  ],
  fruit: [
    thing('lemon', '1f34b', ['yellow lemon'], ['citrus']),
    thing('strawberry', '1f353', ['ripe strawberry'], ['red berry']),
    thing('banana', '1f34c', ['peeled banana'], ['plantain']),
    thing('bunch of grapes', '1f347', ['bunch of purple grapes'], ['cluster of grapes']),
    thing('slice of watermelon', '1f349', ['piece of watermelon'], ['wedge of melon']),
    thing('carrot', '1f955', ['orange carrot'], ['root vegetable']),
  ],
  food: [
    thing('slice of pizza', '1f355', ['piece of pizza'], ['pepperoni slice']),
    thing('burger', '1f354', ['hamburger'], ['beef sandwich in a bun']),
    thing('doughnut', '1f369', ['donut'], ['glazed ring']),
    thing('box of fries', '1f35f', ['packet of fries'], ['bag of chips']),
    thing('cake', '1f382', ['birthday cake'], ['gateau']),
    thing('pretzel', '1f968', ['soft pretzel'], ['salted knot of dough']),
  ],
  vehicle: [
    thing('car', '1f697', ['automobile'], ['sedan'], 350),
    thing('bus', '1f68c', ['coach'], ['omnibus'], 38),
    thing('tractor', '1f69c', ['farm tractor'], ['agricultural machine'], 150),
    thing('helicopter', '1f681', ['chopper'], ['rotorcraft'], 25),
    thing('rocket', '1f680', ['space rocket'], ['spaceship'], 350),
    thing('sailboat', '26f5', ['sailing boat'], ['yacht']),
  ],
  plant: [
    thing('sunflower', '1f33b', ['big sunflower'], ['helianthus']),
    thing('cactus', '1f335', ['tall cactus'], ['saguaro']),
    thing('palm tree', '1f334', ['palm'], ['coconut tree']),
    thing('pine tree', '1f332', ['fir tree'], ['spruce']),
    thing('tulip', '1f337', ['tulip flower'], ['dutch spring flower'], 330),
    thing('mushroom', '1f344', ['toadstool'], ['fungus'], 350),
  ],
  clothing: [
    thing('crown', '1f451', ['golden crown'], ['tiara']),
    thing('top hat', '1f3a9', ['black top hat'], ["magician's hat"]),
    thing('dress', '1f457', ['gown'], ['frock'], 210),
    thing('backpack', '1f392', ['rucksack'], ['school satchel'], 345),
    thing('umbrella', '2602-fe0f', ['open umbrella'], ['parasol'], 265),
    thing('cap', '1f9e2', ['baseball cap'], ['peaked hat'], 205),
  ],
  object: [
    thing('balloon', '1f388', ['party balloon'], ['inflated rubber ball'], 350),
    thing('heart', '2764-fe0f', ['big heart'], ['love symbol'], 345),
    thing('book', '1f4d5', ['closed book'], ['hardback novel'], 345),
    thing('bucket', '1faa3', ['water bucket'], ['pail'], 205),
    thing('camera', '1f4f7', ['photo camera'], ['snapshot device']),
    thing('chair', '1fa91', ['wooden chair'], ['seat with a backrest']),
  ],
};

/** Kinds of which some objects come in several colours. */
export const COLOURED = KINDS.filter((k) => THINGS[k].some((t) => t.hue !== undefined));

/** The object of a kind by id, or an error that names both. */
export function thingOf(kind: Kind, id: string): Thing {
  const found = THINGS[kind].find((t) => t.id === id);
  if (!found) throw new Error(`the kind '${kind}' has no object '${id}'`);
  return found;
}

/** "box of fries" to "boxes of fries"; the head noun stands before "of", "with" or "in". */
export function plural(words: string): string {
  const [, head = words, rest = ''] = /^(.*?)((?: of | with | in ).*)?$/.exec(words) ?? [];
  if (/(s|x|(?<!ar)ch|sh)$/.test(head)) return `${head}es${rest}`;
  if (/[^aeiou]y$/.test(head)) return `${head.slice(0, -1)}ies${rest}`;
  return `${head}s${rest}`;
}
