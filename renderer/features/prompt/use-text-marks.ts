/**
 * Underlines unknown words and strikes out what is not read, with the browser's highlights: the editor's DOM stays as it
 * is. A browser without them shows the sentence below the editor only.
 */
import { onBeforeUnmount, watch } from 'vue';
import type { Ref } from 'vue';
import { usePromptStore } from '../../stores/prompt.ts';
import { useTextCheckStore } from '../../stores/text-check.ts';
import { t } from '../../strings/index.ts';
import { offsetOf, rangeOf } from './editor-dom.ts';

const UNKNOWN = 'accent-unknown';
const CUT = 'accent-cut';

/** Marks the text of `root`; answers with a handler that explains the word under the pointer in the tooltip. */
export function useTextMarks(root: Readonly<Ref<HTMLElement | null>>): (event: MouseEvent) => void {
  const prompt = usePromptStore();
  const check = useTextCheckStore();
  const canMark = typeof Highlight === 'function';

  function clear(): void {
    CSS.highlights.delete(UNKNOWN);
    CSS.highlights.delete(CUT);
  }

  function mark(): void {
    const element = root.value;
    clear();
    const { found } = check;
    if (!element || !found) return;
    const unknown = found.unknown.map(({ start, end }) => rangeOf(element, start, end));
    if (unknown.length > 0) CSS.highlights.set(UNKNOWN, new Highlight(...unknown));
    const { length } = prompt.document.text;
    if (found.cutAt !== null && found.cutAt < length) {
      CSS.highlights.set(CUT, new Highlight(rangeOf(element, found.cutAt, length)));
    }
  }

  if (canMark) {
    watch(() => [check.found, prompt.document], mark, { flush: 'post', immediate: true });
    onBeforeUnmount(clear);
  }

  function at(offset: number): string {
    const { found } = check;
    if (!found) return '';
    if (found.cutAt !== null && offset >= found.cutAt) return t.prompt.notRead;
    const word = found.unknown.find(({ start, end }) => offset >= start && offset <= end);
    return word ? t.prompt.unknownWord(word.word) : '';
  }

  return (event) => {
    const element = root.value;
    if (!element || !check.found) return;
    const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const title = caret ? at(offsetOf(element, caret.offsetNode, caret.offset)) : '';
    if (element.title !== title) element.title = title;
  };
}
