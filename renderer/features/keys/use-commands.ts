/**
 * Keys become commands here, but for those of a scope, which its list asks for itself (`commandAt`). A screen says which commands it can do while it is there; one listener of
 * the window finds the command of a press and calls it.
 */
import { onBeforeUnmount, onMounted } from 'vue';
import { useKeysStore } from '../../stores/keys.ts';
import { strokeOf, strokesOf } from './bindings.ts';
import { COMMANDS, COMMAND_IDS, isPlain } from './commands.ts';
import type { Command, CommandId } from './commands.ts';

/** Where the key was pressed. */
export interface CommandContext {
  /** In the sentence. */
  readonly inEditor: boolean;
  /** In a field that has its own undo and arrows. */
  readonly inField: boolean;
}

/** Does the command. False says that the key was of no use, so that the browser may have it. */
export type Handler = (context: CommandContext) => boolean | undefined | void;
export type Handlers = Readonly<Partial<Record<CommandId, Handler>>>;

/** The newest comes first: a dialog over a screen wins. */
const stack: Handlers[] = [];
const before: (() => void)[] = [];

/** Offers commands as long as the component is there. `beforeEach` runs before any key in the sentence. */
export function useCommands(handlers: Handlers, beforeEach?: () => void): void {
  onMounted(() => {
    stack.unshift(handlers);
    if (beforeEach) before.push(beforeEach);
  });
  onBeforeUnmount(() => {
    stack.splice(stack.indexOf(handlers), 1);
    if (beforeEach) before.splice(before.indexOf(beforeEach), 1);
  });
}

/** Does a command as if its key had been pressed, from a button or a menu. */
export function runCommand(id: CommandId): void {
  stack.find((handlers) => handlers[id])?.[id]?.({ inEditor: false, inField: false });
}

const SEQUENCE_MS = 1200;

/** The window's one listener; called once, by the shell. */
export function useKeyboard(): void {
  const keys = useKeysStore();
  let prefix: { readonly stroke: string; readonly at: number } | undefined;

  /** `at`: when the key was pressed, in ms; a page that was busy hears of it later. */
  function find(stroke: string, at: number, isTyping: boolean): Handler | undefined {
    const sequence = prefix && at - prefix.at < SEQUENCE_MS ? `${prefix.stroke} ${stroke}` : undefined;
    prefix = undefined;
    for (const wanted of [sequence, stroke]) {
      if (wanted === undefined) continue;
      for (const id of COMMAND_IDS) {
        if (!keys.keysOf(id).includes(wanted)) continue;
        const command: Command = COMMANDS[id];
        if (isTyping && (isPlain(wanted) || command.inText !== true)) continue;
        const handler = stack.find((handlers) => handlers[id])?.[id];
        if (handler) return handler;
      }
    }
    if (!isTyping && COMMAND_IDS.some((id) => keys.keysOf(id).some((key) => isPrefix(key, stroke)))) {
      prefix = { stroke, at };
    }
    return undefined;
  }

  function onKeyDown(event: KeyboardEvent): void {
    // A sheet over the screen has the keys to itself.
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const stroke = strokeOf(event);
    if (stroke === undefined) return;
    const inEditor = event.target instanceof HTMLElement && event.target.isContentEditable;
    // The browser tells of a new selection late, and what comes next, a command or an edit, goes by it.
    if (inEditor) for (const prepare of before) prepare();
    const context = { inEditor, inField: isField(event.target) };
    const handler = find(stroke, event.timeStamp, inEditor || wantsKey(event.target, event));
    if (!handler) return;
    if (handler(context) !== false) event.preventDefault();
  }

  onMounted(() => {
    window.addEventListener('keydown', onKeyDown);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', onKeyDown);
  });
}

function isPrefix(binding: string, stroke: string): boolean {
  const strokes = strokesOf(binding);
  return strokes.length > 1 && strokes[0] === stroke;
}

/** A text field of its own, which has its own undo and arrows. */
function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

/** True for a key that the control in focus has a use for itself. */
function wantsKey(target: EventTarget | null, { key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || !(target instanceof Element)) return false;
  if (target.closest('[role="dialog"], [role="option"], [role="menu"], select, textarea')) return true;
  if (target instanceof HTMLInputElement) {
    if (target.type === 'range') return key.startsWith('Arrow') || key === 'Home' || key === 'End';
    if (target.type === 'radio') return key.startsWith('Arrow');
    return true;
  }
  return key === ' ' && target.closest('button, summary, a') !== null;
}
