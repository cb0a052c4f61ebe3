import { describe, expect, it } from 'vitest';
import { isBinding, showBinding, strokeOf, strokesOf } from '../../../../renderer/features/keys/bindings.ts';
import {
  COMMANDS,
  COMMAND_IDS,
  clashes,
  isFixed,
  rivalOf,
} from '../../../../renderer/features/keys/commands.ts';

const press = (key: string, held = ''): string | undefined =>
  strokeOf({
    key,
    ctrlKey: held.includes('c'),
    metaKey: held.includes('m'),
    shiftKey: held.includes('s'),
    altKey: held.includes('a'),
  });

describe('a press as text', () => {
  it('names modifiers in one order, Command as Control, and no modifier alone', () => {
    expect(press('e', 'cs')).toBe('Mod+Shift+E');
    expect(press('E', 'ms')).toBe('Mod+Shift+E');
    expect(press('ArrowUp', 'c')).toBe('Mod+ArrowUp');
    expect(press(' ')).toBe('Space');
    expect(press('Shift', 's')).toBeUndefined();
  });

  it('lets Shift choose a sign without counting it, so that layouts agree', () => {
    // "?" needs Shift on one keyboard and none on another; "/" needs Shift on a German one.
    expect([press('?', 's'), press('?'), press('/', 's')]).toEqual(['?', '?', '/']);
    expect(press('F6', 's')).toBe('Shift+F6');
  });

  it('is shown as key caps', () => {
    const words = { Mod: 'Strg', Shift: 'Umschalt', Space: 'Leertaste' };
    expect(showBinding('Mod+Shift+Enter', words)).toBe('Strg Umschalt ↵');
    expect(showBinding('G R', words)).toBe('G, R');
    expect(showBinding('Mod++', words)).toBe('Strg +');
    expect(strokesOf('G R')).toEqual(['G', 'R']);
  });
});

describe('the commands', () => {
  it('have keys that read back, and none that two of them share', () => {
    for (const id of COMMAND_IDS) for (const key of COMMANDS[id].keys) expect(isBinding(key), key).toBe(true);
    expect(clashes((id) => COMMANDS[id].keys)).toEqual([]);
    expect(clashes((id) => (id === 'run.queue' ? ['Mod+E'] : COMMANDS[id].keys))).toEqual([
      ['stress.words', 'run.queue'],
    ]);
    expect(clashes((id) => (id === 'run.queue' ? ['T', 'S'] : COMMANDS[id].keys))).toEqual([
      ['run.queue', 'compare.twin'],
      ['run.queue', 'grid.star'],
      ['run.queue', 'grid.complete'],
    ]);
    expect(['', 'Mod+', 'Mod+Mod+E', 'constructor of', 3].filter(isBinding)).toEqual([]);
  });
});

describe('a key of a list', () => {
  const keysOf = (id: (typeof COMMAND_IDS)[number]) => COMMANDS[id].keys;

  it('may be that of another list, or of a command that is not at work there', () => {
    expect(rivalOf('grid.star', 'P', keysOf)).toBeUndefined();
    expect(rivalOf('grid.star', 'W', keysOf)).toBeUndefined();
    expect(rivalOf('reference.pin', 'F', keysOf)).toBeUndefined();
    // In an option plain keys are never commands.
    expect(rivalOf('phrase.mute', 'R', keysOf)).toBeUndefined();
  });

  it('may be no other of the same list, nor of what is at work beside it', () => {
    expect(rivalOf('grid.star', 'X', keysOf)).toBe('grid.mark');
    expect(rivalOf('grid.star', 'F', keysOf)).toBe('gallery.filters');
    expect(rivalOf('reference.pin', 'R', keysOf)).toBe('compare.recipe');
    expect(rivalOf('phrase.mute', 'Mod+E', keysOf)).toBe('stress.words');
    expect(rivalOf('rate.1', '?', keysOf)).toBe('help.keys');
    expect(rivalOf('compare.next', 'L', keysOf)).toBe('reference.like');
  });

  it('is none that moves in the list, and in rating none that answers yes or no', () => {
    expect([isFixed('grid.star', 'Enter'), isFixed('rate.1', 'J'), isFixed('grid.star', 'J')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isFixed('run.queue', 'Enter')).toBe(false);
  });
});
