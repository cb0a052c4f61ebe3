/** Everything that has a key: one id each, with the keys that it has until the user chooses others. */

export interface Command {
  readonly group: 'anywhere' | 'stress' | 'run' | 'compare' | 'gallery';
  readonly keys: readonly string[];
  /** Works while text is typed too. */
  readonly inText?: boolean;
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
} as const satisfies Readonly<Record<string, Command>>;

export type CommandId = keyof typeof COMMANDS;
export const COMMAND_IDS = Object.keys(COMMANDS) as readonly CommandId[];

/** Commands that share a key; of these only those can clash that may be at work in the same place. */
export function clashes(keysOf: (id: CommandId) => readonly string[]): readonly [CommandId, CommandId][] {
  const owner = new Map<string, CommandId>();
  const found: [CommandId, CommandId][] = [];
  for (const id of COMMAND_IDS) {
    for (const key of keysOf(id)) {
      const other = owner.get(key);
      if (other !== undefined && other !== id) found.push([other, id]);
      else owner.set(key, id);
    }
  }
  return found;
}
