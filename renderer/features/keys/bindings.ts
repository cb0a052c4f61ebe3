/**
 * Key bindings as text: `Mod+Shift+E` (Mod is Control, Command on macOS), `G C` (one key after the other), `?`. Letters
 * and signs go by what the key types, so every keyboard layout has its own place for them. Pure.
 */

/** The parts of a keyboard event that matter. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const NAMED: Readonly<Record<string, string>> = { ' ': 'Space' };
const ALONE = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Unidentified']);

/** One press as text, or undefined for a modifier alone. Shift counts only where it does not choose the sign itself. */
export function strokeOf(press: Press): string | undefined {
  if (ALONE.has(press.key)) return undefined;
  const name = NAMED[press.key] ?? press.key;
  const isSign = name.length === 1 && name.toLowerCase() === name.toUpperCase();
  const key = name.length === 1 ? name.toUpperCase() : name;
  return [
    ...(press.ctrlKey || press.metaKey ? ['Mod'] : []),
    ...(press.altKey ? ['Alt'] : []),
    ...(press.shiftKey && !isSign ? ['Shift'] : []),
    key,
  ].join('+');
}

/** The strokes of a binding, first to last. */
export function strokesOf(binding: string): readonly string[] {
  return binding.split(' ').filter((stroke) => stroke !== '');
}

/** True for a binding that this module could have made. */
export function isBinding(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^(?:(?:Mod\+)?(?:Alt\+)?(?:Shift\+)?(?:[^\s+]|\+|[A-Z][A-Za-z0-9]+)(?: |$)){1,2}$/.test(value)
  );
}

const SHOWN: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
};

/** A binding as it stands on a key cap; `words` are the names that differ by language. */
export function showBinding(binding: string, words: Readonly<Record<string, string>>): string {
  return strokesOf(binding)
    .map((stroke) => {
      // A plus at the end is the key itself.
      const parts = stroke.endsWith('++') ? [...stroke.slice(0, -2).split('+'), '+'] : stroke.split('+');
      return (stroke === '+' ? ['+'] : parts).map((part) => SHOWN[part] ?? words[part] ?? part).join(' ');
    })
    .join(', ');
}
