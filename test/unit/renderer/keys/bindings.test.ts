import { describe, expect, it } from 'vitest';
import { isBinding, showBinding, strokeOf, strokesOf } from '../../../../renderer/features/keys/bindings.ts';
import { COMMANDS, COMMAND_IDS, clashes } from '../../../../renderer/features/keys/commands.ts';

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
    expect(['', 'Mod+', 'Mod+Mod+E', 'constructor of', 3].filter(isBinding)).toEqual([]);
  });
});
