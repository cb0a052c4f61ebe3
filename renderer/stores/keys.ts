import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { isBinding, strokeOf } from '../features/keys/bindings.ts';
import { COMMANDS, COMMAND_IDS, clashes, isFixed, rivalOf } from '../features/keys/commands.ts';
import type { Press } from '../features/keys/bindings.ts';
import type { Command, CommandId, Scope } from '../features/keys/commands.ts';
import { isRecord, readSaved, save } from './saved.ts';

type Own = Readonly<Partial<Record<CommandId, readonly string[]>>>;

const isOwn = (value: unknown): value is Own =>
  isRecord(value) &&
  Object.entries(value).every(
    ([id, keys]) => COMMAND_IDS.some((known) => known === id) && Array.isArray(keys) && keys.every(isBinding),
  );

/** The keys of every command: the studio's own, or those that the user chose on this browser. */
export const useKeysStore = defineStore('keys', () => {
  const own = shallowRef<Own>(readSaved('keys', isOwn) ?? {});

  function keysOf(id: CommandId): readonly string[] {
    return own.value[id] ?? COMMANDS[id].keys;
  }

  function isOwnKey(id: CommandId): boolean {
    return own.value[id] !== undefined;
  }

  /** The command of a press in a part of the screen that has keys of its own. */
  function commandAt(scope: Scope, press: Press): CommandId | undefined {
    const stroke = strokeOf(press);
    return COMMAND_IDS.find(
      (id) =>
        (COMMANDS[id] as Command).scope === scope && stroke !== undefined && keysOf(id).includes(stroke),
    );
  }

  /**
   * Gives a command this one key. Answers with the command that has it already where both may hear it, or `fixed` where the
   * list has another use for it, and changes nothing then.
   */
  function bind(id: CommandId, key: string): CommandId | 'fixed' | undefined {
    const taken = isFixed(id, key) ? 'fixed' : rivalOf(id, key, keysOf);
    if (taken !== undefined) return taken;
    change({ ...own.value, [id]: [key] });
    return undefined;
  }

  /** Back to the studio's own keys, of one command or of all. Another command may have taken them meanwhile: it loses them. */
  function reset(id?: CommandId): void {
    if (id === undefined) {
      change({});
      return;
    }
    const next: Partial<Record<CommandId, readonly string[]>> = { ...own.value };
    delete next[id];
    for (const [one, other] of clashes((each) => next[each] ?? COMMANDS[each].keys)) {
      const rival = one === id ? other : one;
      delete next[rival];
    }
    change(next);
  }

  function change(next: Own): void {
    own.value = next;
    save('keys', next);
  }

  return { own, keysOf, isOwnKey, commandAt, bind, reset };
});
