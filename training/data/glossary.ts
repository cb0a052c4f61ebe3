/**
 * The nameable world of the embedded pack, named by hand from contact sheets at 64 px (issue 3, section 1).
 * What a person cannot see at that size (cheeks, noses, brows, body patterns) has no name and is switched off.
 *
 * `say` are the words used in training (the first is canonical), `held` are synonyms that no training text contains.
 */
export interface Value {
  readonly id: string;
  /** What the renderer is given: a variant name or a hex colour. */
  readonly render: string;
  readonly say: readonly string[];
  readonly held: readonly string[];
}

export interface Group {
  readonly id: string;
  readonly kind: 'shape' | 'colour';
  /** Noun that a colour qualifies when it stands alone: "ginger hair". */
  readonly noun?: string;
  readonly values: readonly Value[];
}

const v = (id: string, render: string, say: string[], held: string[] = []): Value => ({
  id,
  render,
  say,
  held,
});

const colour = (id: string, hex: string, say: string[] = [id], held: string[] = []): Value =>
  v(id, hex, say, held);

const pastel = [
  colour('sky blue', '#7dd3fc', ['sky blue', 'light blue'], ['azure']),
  colour('lavender', '#c4b5fd', ['lavender', 'light purple'], ['lilac']),
  colour('pink', '#f0abfc', ['pink'], ['rose']),
  colour('red', '#f87171', ['red'], ['scarlet']),
  colour('orange', '#fb923c', ['orange'], ['tangerine']),
  colour('yellow', '#fcd34d', ['yellow'], ['golden']),
  colour('lime', '#bef264', ['lime', 'lime green'], ['chartreuse']),
  colour('white', '#e2e8f0', ['white'], ['snowy']),
];

const faceEyes = [
  v('round', 'round', ['two round eyes', 'round eyes'], ['a pair of circular eyes']),
  v('happy', 'happy', ['happy closed eyes', 'happy eyes'], ['cheerful eyes']),
  v('wink', 'wink', ['a wink', 'a winking eye'], ['one eye winking']),
  v('angry', 'angry', ['angry eyes', 'an angry look'], ['furious eyes']),
  v('sleepy', 'sleepy', ['sleepy eyes', 'half-closed eyes'], ['drowsy eyes']),
  v('dots', 'dots', ['dot eyes', 'small black eyes'], ['tiny dark eyes']),
];

const faceMouth = [
  v('smile', 'smile', ['a smile', 'a happy smile'], ['a pleasant smile']),
  v('grin', 'grin', ['a big open grin', 'a laughing mouth'], ['a wide laughing grin']),
  v('ooh', 'ooh', ['a small round mouth', 'a surprised mouth'], ['an astonished mouth']),
  v('frown', 'frown', ['a frown', 'a sad mouth'], ['an unhappy mouth']),
];

export const GROUPS: readonly Group[] = [
  {
    id: 'subject',
    kind: 'shape',
    values: [
      v('person', 'voxel-art', ['a blocky person', 'a voxel person', 'a person'], ['a cube-shaped human']),
      v('critter', 'critters', ['a critter', 'a little monster', 'a creature'], ['a small beast']),
      v('plant', 'sprouts', ['a potted plant', 'a plant in a pot', 'a plant'], ['a houseplant']),
      v('robot', 'voxel-bot', ['a robot', 'a blocky robot', 'a bot'], ['an android']),
    ],
  },
  {
    id: 'hair',
    kind: 'shape',
    values: [
      v('short', 'short', ['short hair', 'a short haircut'], ['cropped hair']),
      v('spiky', 'spiky', ['spiky hair', 'hair in spikes'], ['pointy spiked hair']),
      v('bowl', 'bowl', ['a bowl cut', 'a bowl haircut'], ['a mushroom haircut']),
      v('curly', 'curly', ['curly hair', 'curls'], ['ringlets']),
      v('mohawk', 'mohawk', ['a mohawk', 'a mohawk haircut'], ['a punk mohican']),
      v('buns', 'buns', ['hair buns', 'two buns', 'space buns'], ['twin hair knots']),
      v('ponytail', 'ponytail', ['a top knot', 'a topknot'], ['hair tied up in a knot on top']),
      v('long', 'longStraight', ['long straight hair', 'long hair'], ['lengthy smooth hair']),
      v('wavy', 'longWavy', ['long wavy hair', 'wavy hair'], ['undulating long hair']),
      v('braids', 'braids', ['braids', 'braided hair'], ['plaits']),
      v('afro', 'afro', ['an afro', 'afro hair'], ['a big round afro hairstyle']),
    ],
  },
  {
    id: 'hat',
    kind: 'shape',
    values: [
      v('cap', 'cap', ['cap', 'flat cap'], ['peaked cap']),
      v('beanie', 'beanie', ['beanie', 'bobble hat', 'beanie with a pompom'], ['woolly hat']),
      v('ears', 'animalEars', ['animal hood', 'hood with animal ears'], ['bear-eared hood']),
      v('bunny', 'bunnyEars', ['bunny hood', 'hood with bunny ears'], ['rabbit hood']),
    ],
  },
  {
    id: 'hairColour',
    kind: 'colour',
    noun: 'hair',
    values: [
      colour('black', '#2c222b', ['black'], ['jet black']),
      colour('brown', '#7b4a2d', ['brown', 'brunette'], ['chestnut']),
      colour('blond', '#e8d4a8', ['blond', 'blonde'], ['fair']),
      colour('ginger', '#c2552d', ['ginger', 'copper'], ['auburn']),
      colour('pink', '#e0457f', ['pink', 'hot pink'], ['magenta']),
      colour('purple', '#6d5acf', ['purple', 'violet'], ['indigo']),
      colour('green', '#3fb27f', ['green'], ['emerald']),
    ],
  },
  {
    id: 'hatColour',
    kind: 'colour',
    noun: 'hat',
    values: [
      colour('white', '#f2f2f2', ['white'], ['snow-white']),
      colour('red', '#d64545', ['red'], ['scarlet']),
      colour('teal', '#3aa99f', ['teal', 'turquoise'], ['aquamarine']),
      colour('yellow', '#e5b02c', ['yellow', 'mustard yellow'], ['golden']),
      colour('purple', '#9357b5', ['purple', 'violet'], ['plum']),
      colour('blue', '#3d67b8', ['blue'], ['cobalt']),
    ],
  },
  {
    id: 'beard',
    kind: 'shape',
    values: [
      v('full', 'full', ['a full beard', 'a bushy beard', 'a big beard'], ['a thick beard']),
      v('moustache', 'mustache', ['a moustache', 'a mustache'], ['whiskers above the lip']),
      v('goatee', 'goatee', ['a goatee', 'a chin beard'], ['a small pointed chin beard']),
      v('stubble', 'stubble', ['stubble', 'beard stubble'], ['an unshaven face']),
    ],
  },
  {
    id: 'glasses',
    kind: 'shape',
    values: [
      v('round', 'round', ['round glasses', 'round spectacles'], ['circular eyeglasses']),
      v('square', 'square', ['square glasses', 'square spectacles'], ['rectangular eyeglasses']),
      v('shades', 'shades', ['shades', 'sunglasses', 'dark sunglasses'], ['dark glasses']),
      v('visor', 'visor', ['a visor', 'a futuristic visor'], ['a sci-fi eye shield']),
    ],
  },
  {
    id: 'mouth',
    kind: 'shape',
    values: [
      v('smile', 'smile', ['a smile', 'a soft smile'], ['a pleasant smile']),
      v('laugh', 'laugh', ['a laughing mouth', 'a big laugh'], ['a chuckling mouth']),
      v('frown', 'frown', ['a frown', 'a sad mouth'], ['an unhappy mouth']),
      v('grin', 'grin', ['a toothy grin', 'a grin with white teeth'], ['a grin baring teeth']),
    ],
  },
  {
    id: 'outfit',
    kind: 'shape',
    values: [
      v('plain', 'plain', ['t-shirt', 'plain shirt'], ['tee']),
      v('stripes', 'stripes', ['striped shirt', 'striped sweater'], ['pinstriped top']),
      v('overalls', 'overalls', ['shirt under overalls', 'shirt with dungarees'], ['shirt under a bib']),
      v('jacket', 'jacket', ['open jacket', 'jacket'], ['blouson']),
      v('coat', 'coat', ['long coat', 'buttoned coat'], ['overcoat']),
      v('dress', 'dress', ['dress', 'sleeveless dress'], ['gown']),
      v('suit', 'suit', ['suit', 'suit with a white shirt'], ['tuxedo']),
      v('checker', 'checker', ['checkered jacket', 'chequered jacket'], ['plaid jacket']),
    ],
  },
  {
    id: 'shirtColour',
    kind: 'colour',
    noun: 'shirt',
    values: [
      colour('pink', '#e64980', ['pink'], ['rose']),
      colour('orange', '#f76707', ['orange'], ['tangerine']),
      colour('yellow', '#fab005', ['yellow'], ['golden']),
      colour('green', '#40c057', ['green'], ['emerald']),
      colour('blue', '#228be6', ['blue'], ['azure']),
      colour('purple', '#7950f2', ['purple', 'violet'], ['indigo']),
      colour('grey', '#495057', ['grey', 'gray'], ['slate']),
    ],
  },
  {
    id: 'jacketColour',
    kind: 'colour',
    noun: 'clothes',
    values: [
      colour('white', '#f8f9fa', ['white'], ['ivory']),
      colour('black', '#343a40', ['black'], ['charcoal']),
      colour('navy', '#3b5b8c', ['navy', 'navy blue'], ['dark blue']),
      colour('brown', '#6b4f3a', ['brown'], ['chocolate']),
      colour('rust', '#b55239', ['rust red', 'rusty red'], ['brick red']),
      colour('teal', '#5ba8a0', ['teal', 'turquoise'], ['aquamarine']),
    ],
  },
  {
    id: 'skin',
    kind: 'colour',
    noun: 'skin',
    values: [
      colour('light', '#f5d0b0', ['light', 'pale'], ['fair']),
      colour('tan', '#d9a066', ['tan', 'tanned'], ['olive']),
      colour('brown', '#a5683d', ['brown'], ['caramel']),
      colour('dark', '#5e351a', ['dark'], ['deep brown']),
    ],
  },
  {
    id: 'background',
    kind: 'colour',
    noun: 'background',
    values: [
      colour('pale blue', '#b6e3f4', ['pale blue', 'baby blue'], ['powder blue']),
      colour('pale purple', '#c0aede', ['pale purple', 'soft purple'], ['mauve']),
      colour('pale pink', '#ffd5dc', ['pale pink', 'soft pink'], ['blush']),
      colour('cream', '#fff0c9', ['cream', 'cream-coloured'], ['vanilla']),
      colour('deep blue', '#1d4ed8', ['deep blue', 'royal blue'], ['ultramarine']),
      colour('violet', '#6d28d9', ['violet', 'deep purple'], ['amethyst']),
      colour('magenta', '#be185d', ['magenta', 'crimson'], ['raspberry']),
      colour('rust', '#b8460e', ['burnt orange', 'dark orange'], ['terracotta']),
      colour('forest', '#047857', ['dark green', 'forest green'], ['pine green']),
      colour('midnight', '#1e293b', ['midnight', 'nearly black'], ['pitch-dark']),
    ],
  },
  {
    id: 'critterBody',
    kind: 'shape',
    values: [
      v('boxy', 'block', ['a boxy body', 'a square body'], ['a cube-like body']),
      v('narrow', 'chimney', ['a narrow body', 'a slim body'], ['a skinny body']),
      v('wide', 'squat', ['a wide body', 'a broad round body'], ['a fat body']),
      v('bell', 'bell', ['a bell-shaped body', 'a bell body'], ['a body flared like a bell']),
      v('stepped', 'steps', ['a stepped body', 'a body with shoulders'], ['a body like a stair']),
      v('dome', 'dome', ['a dome-shaped body', 'a domed body'], ['a rounded dome body']),
    ],
  },
  {
    id: 'critterTop',
    kind: 'shape',
    values: [
      v('horns', 'horns', ['horns', 'big horns'], ['bull horns']),
      v('antenna', 'antenna', ['antenna', 'single antenna'], ['feeler']),
      v('antennae', 'antennae', ['antennae', 'pair of antennae'], ['twin feelers']),
      v('round ears', 'earsRound', ['round ears', 'mouse ears'], ['circular ears']),
      v('pointy ears', 'earsPointy', ['pointy ears', 'cat ears'], ['sharp ears']),
      v('spikes', 'spikes', ['spikes', 'row of spikes'], ['thorns']),
      v('sprout', 'sprout', ['leaf sprout', 'sprout on the head'], ['seedling on the head']),
    ],
  },
  {
    id: 'critterEyes',
    kind: 'shape',
    values: [
      ...faceEyes,
      v('mono', 'mono', ['one big eye', 'a single eye'], ['a cyclops eye']),
      v('trio', 'trio', ['three eyes'], ['a trio of eyes']),
      v('four', 'four', ['four eyes'], ['a quartet of eyes']),
    ],
  },
  {
    id: 'critterMouth',
    kind: 'shape',
    values: [
      ...faceMouth,
      v('teeth', 'teeth', ['a mouth full of teeth', 'a toothy mouth'], ['a mouth with fangs']),
      v('zigzag', 'zigzag', ['a zigzag mouth', 'a jagged mouth'], ['a serrated mouth']),
    ],
  },
  { id: 'critterColour', kind: 'colour', noun: 'body', values: pastel },
  {
    id: 'topColour',
    kind: 'colour',
    noun: 'headgear',
    values: pastel.filter((c) => ['pink', 'yellow', 'lime', 'white', 'red'].includes(c.id)),
  },
  {
    id: 'plant',
    kind: 'shape',
    values: [
      v('sprout', 'sprout', ['a sprout', 'a young sprout'], ['a germinating shoot']),
      v('cactus', 'cactus', ['a cactus', 'a tall cactus with arms'], ['a saguaro']),
      v('ball', 'ball', ['a ball cactus', 'a round cactus'], ['a spherical cactus']),
      v('succulent', 'succulent', ['a succulent', 'an aloe'], ['an agave']),
      v('bush', 'bush', ['a bush', 'a leafy shrub'], ['a hedge']),
      v('flower', 'flower', ['a flower', 'a daisy flower'], ['a blossom']),
      v('tulip', 'tulip', ['a tulip', 'a tulip flower'], ['a cup-shaped flower']),
      v('palm', 'palm', ['a palm', 'a palm tree'], ['a coconut tree']),
      v('grass', 'grass', ['grass', 'blades of grass'], ['a tuft of lawn']),
      v('buds', 'buds', ['flower buds', 'round buds'], ['unopened blossoms']),
    ],
  },
  {
    id: 'pot',
    kind: 'shape',
    values: [
      v('tapered', 'taper', ['tapered pot', 'pot that narrows'], ['conical pot']),
      v('bowl', 'bowl', ['bowl', 'bowl-shaped pot'], ['basin']),
      v('round', 'round', ['round pot', 'ball-shaped pot'], ['spherical pot']),
      v('rimmed', 'rim', ['pot with a rim', 'rimmed pot'], ['pot with a lip']),
      v('straight', 'cylinder', ['straight pot', 'square pot'], ['cylindrical pot']),
    ],
  },
  { id: 'potColour', kind: 'colour', noun: 'pot', values: pastel },
  {
    id: 'bloomColour',
    kind: 'colour',
    noun: 'blossoms',
    values: [
      colour('pink', '#f472b6', ['pink'], ['rose']),
      colour('orange', '#fb923c', ['orange'], ['tangerine']),
      colour('yellow', '#fde047', ['yellow'], ['golden']),
      colour('purple', '#a78bfa', ['purple', 'violet'], ['lilac']),
      colour('red', '#ef4444', ['red'], ['scarlet']),
    ],
  },
  { id: 'plantEyes', kind: 'shape', values: faceEyes },
  { id: 'plantMouth', kind: 'shape', values: faceMouth },
  {
    id: 'robotTop',
    kind: 'shape',
    values: [
      v('antenna', 'antenna', ['an antenna', 'a single antenna'], ['an aerial']),
      v('twin', 'twin', ['two antennas', 'twin antennas'], ['a pair of aerials']),
      v('dish', 'dish', ['a radar dish', 'a satellite dish'], ['a receiver dish']),
      v('fin', 'fin', ['a head fin', 'a fin on the head'], ['a crest on the head']),
      v('siren', 'siren', ['a siren', 'a siren light'], ['an alarm light']),
      v('studs', 'studs', ['studs', 'bolts on the head'], ['knobs on the head']),
    ],
  },
  {
    id: 'robotEyes',
    kind: 'shape',
    values: [
      v('round', 'round', ['round eyes', 'two round eyes'], ['a pair of circular eyes']),
      v('square', 'square', ['square eyes', 'two square eyes'], ['boxy eyes']),
      v('visor', 'visor', ['a visor band', 'a glowing visor'], ['an eye strip']),
      v('cyclops', 'cyclops', ['one round eye', 'a single eye'], ['a cyclops eye']),
      v('plus', 'plus', ['plus-shaped eyes', 'cross eyes'], ['eyes shaped like a plus sign']),
    ],
  },
  {
    id: 'chest',
    kind: 'shape',
    values: [
      v('buttons', 'buttons', ['a control panel', 'a chest panel with buttons'], ['a button console']),
      v('vents', 'vents', ['chest vents', 'cooling vents'], ['air slits']),
      v('screen', 'screen', ['a chest screen', 'a display on the chest'], ['a monitor on the chest']),
      v('heart', 'heart', ['a heart on the chest', 'a glowing heart'], ['a love symbol on the chest']),
    ],
  },
  {
    id: 'robotColour',
    kind: 'colour',
    noun: 'metal',
    values: [
      colour('white', '#f1f3f5', ['white'], ['ivory']),
      colour('grey', '#98a3ae', ['grey', 'gray'], ['silver']),
      colour('blue', '#74c0fc', ['blue', 'light blue'], ['azure']),
      colour('yellow', '#ffd43b', ['yellow'], ['golden']),
      colour('red', '#ff7b7b', ['red'], ['scarlet']),
      colour('purple', '#b6a6f5', ['purple', 'violet'], ['lilac']),
      colour('green', '#69db7c', ['green'], ['emerald']),
    ],
  },
  {
    id: 'glow',
    kind: 'colour',
    noun: 'lights',
    values: [
      colour('cyan', '#3bc9db', ['cyan', 'turquoise'], ['aqua']),
      colour('green', '#51ff7a', ['green'], ['emerald']),
      colour('yellow', '#ffe14d', ['yellow'], ['golden']),
      colour('red', '#ff4d4d', ['red'], ['scarlet']),
      colour('pink', '#f783ff', ['pink'], ['magenta']),
    ],
  },
];

/** Look a group up; a wrong name is a programming error. */
export function group(id: string): Group {
  const found = GROUPS.find((g) => g.id === id);
  if (!found) throw new Error(`no attribute group '${id}'`);
  return found;
}

/** Pairs `group=value` that no training, validation, test or sample image shows together: the composition test. */
export const HELD_OUT_PAIRS: readonly (readonly [string, string])[] = [
  ['hair=mohawk', 'glasses=visor'],
  ['hair=afro', 'beard=goatee'],
  ['hair=curly', 'outfit=suit'],
  ['hair=buns', 'glasses=shades'],
  ['hair=spiky', 'hairColour=purple'],
  ['hair=braids', 'hairColour=green'],
  ['hat=bunny', 'beard=full'],
  ['hat=beanie', 'hatColour=yellow'],
  ['hat=cap', 'glasses=round'],
  ['beard=moustache', 'outfit=dress'],
  ['glasses=square', 'outfit=overalls'],
  ['outfit=stripes', 'shirtColour=green'],
  ['outfit=coat', 'jacketColour=white'],
  ['skin=dark', 'hairColour=blond'],
  ['critterTop=horns', 'critterColour=lime'],
  ['critterTop=antennae', 'critterEyes=four'],
  ['critterEyes=mono', 'critterMouth=zigzag'],
  ['critterBody=bell', 'critterColour=red'],
  ['critterBody=wide', 'critterEyes=angry'],
  ['critterTop=round ears', 'topColour=yellow'],
  ['plant=tulip', 'bloomColour=orange'],
  ['plant=cactus', 'potColour=pink'],
  ['pot=round', 'potColour=yellow'],
  ['plant=palm', 'plantEyes=wink'],
  ['robotTop=dish', 'chest=heart'],
  ['robotEyes=plus', 'glow=red'],
  ['robotColour=yellow', 'robotTop=siren'],
  ['robotEyes=cyclops', 'chest=vents'],
];
