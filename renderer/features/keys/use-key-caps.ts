import { useKeysStore } from '../../stores/keys.ts';
import { t } from '../../strings/index.ts';
import { showBinding } from './bindings.ts';
import type { CommandId } from './commands.ts';

/** Key caps of commands as they stand in labels and tooltips; they follow what the user chose. */
export function useKeyCaps() {
  const keys = useKeysStore();
  const cap = (id: CommandId): string => {
    const [first] = keys.keysOf(id);
    return first === undefined ? '' : showBinding(first, t.keys.names);
  };
  /** A label with its key behind it, for a tooltip. */
  const withKey = (label: string, id: CommandId): string => {
    const key = cap(id);
    return key === '' ? label : `${label} (${key})`;
  };
  return { cap, withKey };
}
