/** Small things that a browser keeps for the next visit. What does not read back as expected is forgotten. */

/** Reads what was saved under `name`; undefined when there is nothing, or nothing usable. */
export function readSaved<T>(name: string, check: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`accent.${name}`) ?? 'null');
    return check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Saves a plain value. A browser that keeps nothing (private window, full) only loses the convenience. */
export function save(name: string, value: unknown): void {
  try {
    localStorage.setItem(`accent.${name}`, JSON.stringify(value));
  } catch {
    return;
  }
}

/** A plain object, not null and not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
