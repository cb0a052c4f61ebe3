import { onBeforeUpdate, onUpdated } from 'vue';

/**
 * For parts whose buttons go with what they bring about: the focus that was in `root` goes to what `stay` gives when its element
 * goes, so that the next key does not begin at the top of the page.
 */
export function useKeptFocus(
  root: () => HTMLElement | null,
  stay: () => HTMLElement | null | undefined = root,
): void {
  let hadFocus = false;
  onBeforeUpdate(() => {
    hadFocus = root()?.contains(document.activeElement) ?? false;
  });
  onUpdated(() => {
    if (hadFocus && document.activeElement === document.body) stay()?.focus();
    hadFocus = false;
  });
}
