/**
 * The editor's hands: every edit is taken before the browser makes it and done on the document instead, so that chips,
 * weights and text share one undo stack. Only while an input method composes, the browser edits and is read afterwards.
 */
import { nextTick, onBeforeUnmount, onMounted, watch } from 'vue';
import type { Ref } from 'vue';
import { usePromptStore } from '../../stores/prompt.ts';
import { difference, offsetOf, readSelection, renderDocument, writeSelection } from './editor-dom.ts';
import { writeMarks } from './marks.ts';
import type { ChipLook } from './editor-dom.ts';
import type { Chip } from './document.ts';

/** What the element listens to. */
export interface EditorHandlers {
  readonly beforeinput: (event: InputEvent) => void;
  readonly input: () => void;
  readonly compositionstart: () => void;
  readonly compositionend: () => void;
  readonly copy: (event: ClipboardEvent) => void;
  readonly cut: (event: ClipboardEvent) => void;
  readonly paste: (event: ClipboardEvent) => void;
}

/** Binds an element to the prompt store. `lookOf` must be reactive: it is read again whenever it changes. */
export function useEditor(
  root: Readonly<Ref<HTMLElement | null>>,
  lookOf: (chip: Chip) => ChipLook,
): { readonly on: EditorHandlers; readonly syncSelection: () => void } {
  const prompt = usePromptStore();
  let composing = false;

  function render(): void {
    const element = root.value;
    if (!element || composing) return;
    const replaced = renderDocument(element, prompt.document, lookOf);
    if (replaced) restoreCaret();
  }

  function restoreCaret(): void {
    const element = root.value;
    if (!element || document.activeElement !== element) return;
    writeSelection(element, prompt.selection.begin, prompt.selection.end);
    caretIntoView(element);
  }

  /** The browser tells of a new selection late; whoever is about to use it asks for it. */
  function syncSelection(): void {
    const element = root.value;
    if (!element || composing || document.activeElement !== element) return;
    const range = readSelection(element);
    const now = prompt.selection;
    if (range && (range.begin !== now.begin || range.end !== now.end)) prompt.select(range);
  }

  /** Reads what the browser did by itself. */
  function readBack(): void {
    const element = root.value;
    if (!element) return;
    const { begin, end, insert } = difference(prompt.document.text, element.textContent);
    if (begin !== end || insert !== '') prompt.replace(begin, end, insert, 'type');
    render();
    restoreCaret();
  }

  function replaceRange(event: InputEvent, insert: string, kind: string | null): void {
    const element = root.value;
    const range = element ? targetOf(element, event) : undefined;
    if (!range) return;
    const deleting = insert === '';
    if (deleting && range.begin === range.end) return;
    const whole = prompt.document.chips.find(({ begin, end }) => begin === range.begin && end === range.end);
    // A chip that is selected as a whole loses its stress first, its words only at the next press.
    if (deleting && whole && prompt.selection.begin !== prompt.selection.end) prompt.removeChip(whole.id);
    else prompt.replace(range.begin, range.end, insert, kind);
  }

  function onBeforeInput(event: InputEvent): void {
    if (event.inputType === 'insertCompositionText' || composing) return;
    event.preventDefault();
    const { inputType } = event;
    if (inputType === 'historyUndo') prompt.undo();
    else if (inputType === 'historyRedo') prompt.redo();
    else if (inputType === 'insertParagraph' || inputType === 'insertLineBreak')
      replaceRange(event, '\n', null);
    else if (inputType.startsWith('insert')) replaceRange(event, insertedText(event), 'type');
    else if (inputType.startsWith('delete')) replaceRange(event, '', 'delete');
  }

  function onPaste(event: ClipboardEvent): void {
    syncSelection();
    event.preventDefault();
    const text = event.clipboardData?.getData('text/plain').replaceAll(/\r\n?/g, '\n') ?? '';
    if (text !== '') prompt.paste(prompt.selection.begin, prompt.selection.end, text);
  }

  function onCopy(event: ClipboardEvent): void {
    syncSelection();
    const { begin, end } = prompt.selection;
    if (begin === end) return;
    event.preventDefault();
    event.clipboardData?.setData('text/plain', writeMarks(prompt.document, begin, end));
  }

  function onCut(event: ClipboardEvent): void {
    onCopy(event);
    const { begin, end } = prompt.selection;
    if (begin !== end) prompt.replace(begin, end, '', null);
  }

  onMounted(() => {
    render();
    document.addEventListener('selectionchange', syncSelection);
  });
  onBeforeUnmount(() => {
    document.removeEventListener('selectionchange', syncSelection);
  });
  // At once, not in Vue's next round: a second key may come before it.
  watch(
    () => [prompt.document, prompt.document.chips.map((chip) => JSON.stringify(lookOf(chip))).join()],
    render,
    {
      flush: 'sync',
    },
  );
  watch(
    () => prompt.selection,
    ({ begin, end }) => {
      const element = root.value;
      if (!element || composing || document.activeElement !== element) return;
      const shown = readSelection(element);
      if (shown?.begin !== begin || shown.end !== end) void nextTick(restoreCaret);
    },
    { flush: 'sync' },
  );

  const on: EditorHandlers = {
    beforeinput: onBeforeInput,
    input: () => {
      if (!composing) readBack();
    },
    compositionstart: () => {
      composing = true;
    },
    compositionend: () => {
      composing = false;
      readBack();
    },
    copy: onCopy,
    cut: onCut,
    paste: onPaste,
  };
  return { on, syncSelection };
}

function targetOf(element: HTMLElement, event: InputEvent): { begin: number; end: number } | undefined {
  const [range] = event.getTargetRanges();
  if (!range) return readSelection(element);
  return {
    begin: offsetOf(element, range.startContainer, range.startOffset),
    end: offsetOf(element, range.endContainer, range.endOffset),
  };
}

function insertedText(event: InputEvent): string {
  return event.data ?? event.dataTransfer?.getData('text/plain') ?? '';
}

/** The editor scrolls inside itself once it has grown to its limit; the caret must stay in sight. */
function caretIntoView(element: HTMLElement): void {
  const selection = document.getSelection();
  if (!selection || selection.rangeCount === 0 || element.scrollHeight <= element.clientHeight) return;
  const caret = selection.getRangeAt(0).getBoundingClientRect();
  const box = element.getBoundingClientRect();
  if (caret.height === 0) return;
  if (caret.bottom > box.bottom) element.scrollTop += caret.bottom - box.bottom + 8;
  else if (caret.top < box.top) element.scrollTop -= box.top - caret.top + 8;
}
