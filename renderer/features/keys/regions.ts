const STOP = 'button:not(:disabled, [tabindex="-1"]), input:not(:disabled), select, [tabindex="0"]';

/** Puts the focus on the part that is marked `data-entry` with this name, or on the first control in it; whether it is there. */
export function focusEntry(name: string): boolean {
  const entry = document.querySelector<HTMLElement>(`[data-entry="${name}"]`);
  const stop = entry?.matches('[tabindex], [contenteditable]')
    ? entry
    : entry?.querySelector<HTMLElement>(STOP);
  stop?.focus();
  return stop !== undefined && stop !== null;
}

/** Moves the focus to the next part of the screen, around its ends. Parts are marked with `data-region`. */
export function nextRegion(direction: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const from = at < 0 && direction < 0 ? 0 : at;
  for (let i = 1; i <= regions.length; i++) {
    const region = regions[(from + direction * i + regions.length * 2) % regions.length];
    const stop = region?.matches('[tabindex="0"], [contenteditable]')
      ? region
      : region?.querySelector<HTMLElement>(STOP);
    if (!stop) continue;
    stop.focus();
    return;
  }
}
