/** Everything that has a key: one id each, with the keys that it has until the user chooses others. */

export type Group = 'anywhere' | 'stress' | 'run' | 'compare' | 'gallery' | 'study';

/** A part of the screen that has keys of its own while the focus is in it; it looks at a key before anything else does. */
export type Scope = 'grid' | 'phrase' | 'reference' | 'rate';

export interface Command {
  readonly group: Group;
  readonly keys: readonly string[];
  /** Works while text is typed too. */
  readonly inText?: boolean;
  /** Absent: wherever a screen offers it. */
  readonly scope?: Scope;
}

export const COMMANDS = {
  'place.compose': { group: 'anywhere', keys: ['Mod+1', 'G C'], inText: true },
  'place.gallery': { group: 'anywhere', keys: ['Mod+2', 'G G'], inText: true },
  'place.references': { group: 'anywhere', keys: ['Mod+3', 'G R'], inText: true },
  'place.study': { group: 'anywhere', keys: ['Mod+4', 'G T'], inText: true },
  'place.packs': { group: 'anywhere', keys: ['Mod+5', 'G P'], inText: true },
  'place.settings': { group: 'anywhere', keys: ['Mod+,', 'G S'], inText: true },
  'help.keys': { group: 'anywhere', keys: ['?', 'F1'] },
  'region.next': { group: 'anywhere', keys: ['F6'], inText: true },
  'region.previous': { group: 'anywhere', keys: ['Shift+F6'], inText: true },
  'edit.undo': { group: 'anywhere', keys: ['Mod+Z'], inText: true },
  'edit.redo': { group: 'anywhere', keys: ['Mod+Shift+Z', 'Mod+Y'], inText: true },
  'stress.words': { group: 'stress', keys: ['Mod+E'], inText: true },
  'stress.heavier': { group: 'stress', keys: ['Mod+ArrowUp'], inText: true },
  'stress.lighter': { group: 'stress', keys: ['Mod+ArrowDown'], inText: true },
  'stress.mute': { group: 'stress', keys: ['Mod+Shift+E'], inText: true },
  'stress.next': { group: 'stress', keys: ['F8'], inText: true },
  'stress.previous': { group: 'stress', keys: ['Shift+F8'], inText: true },
  'run.pair': { group: 'run', keys: ['Mod+Enter'], inText: true },
  'run.coarse': { group: 'run', keys: ['Mod+Shift+Enter'], inText: true },
  'run.cancel': { group: 'run', keys: ['Mod+.'], inText: true },
  'run.earlier': { group: 'run', keys: ['Alt+ArrowUp'], inText: true },
  'run.later': { group: 'run', keys: ['Alt+ArrowDown'], inText: true },
  'run.history': { group: 'run', keys: ['H'] },
  'run.queue': { group: 'run', keys: ['Q'] },
  'compare.side': { group: 'compare', keys: ['1'] },
  'compare.slider': { group: 'compare', keys: ['2'] },
  'compare.flip': { group: 'compare', keys: ['3'] },
  'compare.difference': { group: 'compare', keys: ['4'] },
  'compare.next': { group: 'compare', keys: ['M'] },
  'compare.hold': { group: 'compare', keys: ['Space'] },
  'compare.swap': { group: 'compare', keys: ['C'] },
  'compare.loupe': { group: 'compare', keys: ['Z'] },
  'compare.fit': { group: 'compare', keys: ['0'] },
  'compare.recipe': { group: 'compare', keys: ['R'] },
  'compare.twin': { group: 'compare', keys: ['T'] },
  'compare.strip': { group: 'compare', keys: ['B'] },
  'compare.vary': { group: 'compare', keys: ['V'] },
  'compare.set': { group: 'compare', keys: ['Backspace'] },
  'compare.why': { group: 'compare', keys: ['W'] },
  'compare.stepBack': { group: 'compare', keys: [','] },
  'compare.stepOn': { group: 'compare', keys: ['.'] },
  'gallery.filters': { group: 'gallery', keys: ['F'] },
  'gallery.search': { group: 'gallery', keys: ['/', 'Mod+K'], inText: true },
  'grid.mark': { group: 'gallery', keys: ['X'], scope: 'grid' },
  'grid.star': { group: 'gallery', keys: ['S'], scope: 'grid' },
  'grid.complete': { group: 'gallery', keys: ['T'], scope: 'grid' },
  'grid.recall': { group: 'gallery', keys: ['R'], scope: 'grid' },
  'grid.export': { group: 'gallery', keys: ['E'], scope: 'grid' },
  'grid.keepOne': { group: 'gallery', keys: ['K'], scope: 'grid' },
  'grid.remove': { group: 'gallery', keys: ['Delete'], scope: 'grid' },
  'phrase.mute': { group: 'stress', keys: ['M'], scope: 'phrase' },
  'phrase.remove': { group: 'stress', keys: ['Delete', 'Backspace'], scope: 'phrase' },
  'reference.pin': { group: 'stress', keys: ['P'], scope: 'reference' },
  'reference.ban': { group: 'stress', keys: ['X'], scope: 'reference' },
  'reference.like': { group: 'stress', keys: ['L'], scope: 'reference' },
  'rate.1': { group: 'study', keys: ['1'], scope: 'rate' },
  'rate.2': { group: 'study', keys: ['2'], scope: 'rate' },
  'rate.3': { group: 'study', keys: ['3'], scope: 'rate' },
  'rate.4': { group: 'study', keys: ['4'], scope: 'rate' },
  'rate.5': { group: 'study', keys: ['5'], scope: 'rate' },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandId = keyof typeof COMMANDS;
export const COMMAND_IDS = Object.keys(COMMANDS) as readonly CommandId[];

export type CommandKeys = (id: CommandId) => readonly string[];

const MOVES = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Enter', 'Escape'];

/** Keys that a scope keeps to itself: those that move in it, and those that answer yes or no in any language. */
const FIXED: Readonly<Record<Scope, readonly string[]>> = {
  grid: [...MOVES, 'PageUp', 'PageDown'],
  phrase: [...MOVES, 'Space'],
  reference: [...MOVES, 'Space'],
  rate: [...MOVES, 'Space', 'Backspace', 'Z', 'Y', 'J', 'N'],
};

/** Groups whose commands can be at work while the focus is in a scope. In an option of a list plain keys are never commands. */
const BESIDE: Readonly<Record<Scope, readonly Group[]>> = {
  grid: ['anywhere', 'run', 'gallery'],
  phrase: ['anywhere', 'run', 'stress', 'compare'],
  reference: ['anywhere', 'run', 'stress', 'compare'],
  rate: ['anywhere', 'run'],
};

/** True for a key that types something by itself: a letter, a sign, an arrow. */
export const isPlain = (key: string): boolean => !/^(Mod|Alt)\+|^(Shift\+)?F\d/.test(key);

const scopeOf = (id: CommandId): Scope | undefined => (COMMANDS[id] as Command).scope;

/** True where the command's own scope has another use for the key. */
export function isFixed(id: CommandId, key: string): boolean {
  const scope = scopeOf(id);
  return scope !== undefined && FIXED[scope].includes(key);
}

/** True when both commands may hear the key in the same place. */
function meet(a: CommandId, b: CommandId, key: string): boolean {
  const [one, other] = [scopeOf(a), scopeOf(b)];
  if (one === other) return true;
  if (one !== undefined && other !== undefined) return false;
  const scope = one ?? other;
  if (scope === undefined || (scope === 'phrase' && isPlain(key))) return false;
  return BESIDE[scope].includes(COMMANDS[one === undefined ? a : b].group);
}

/** The command that has the key already where this one would have it too. */
export const rivalOf = (id: CommandId, key: string, keysOf: CommandKeys): CommandId | undefined =>
  COMMAND_IDS.find((other) => other !== id && keysOf(other).includes(key) && meet(id, other, key));

/** Commands that share a key where both may hear it. */
export function clashes(keysOf: CommandKeys): readonly [CommandId, CommandId][] {
  return COMMAND_IDS.flatMap((id, at) =>
    keysOf(id).flatMap((key) =>
      COMMAND_IDS.slice(0, at)
        .filter((other) => keysOf(other).includes(key) && meet(id, other, key))
        .map((other): [CommandId, CommandId] => [other, id]),
    ),
  );
}
