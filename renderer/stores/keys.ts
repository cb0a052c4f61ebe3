import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { isBinding } from '../features/keys/bindings.ts';
import { COMMANDS, COMMAND_IDS, clashes } from '../features/keys/commands.ts';
import type { CommandId } from '../features/keys/commands.ts';
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

  /**
   * Gives a command this one key. Answers with the command that has it already, and changes nothing then.
   */
  function bind(id: CommandId, key: string): CommandId | undefined {
    const taken = COMMAND_IDS.find((other) => other !== id && keysOf(other).includes(key));
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

  return { own, keysOf, isOwnKey, bind, reset };
});
