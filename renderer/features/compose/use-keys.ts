import { onBeforeUnmount, onMounted } from 'vue';
import { useJobsStore } from '../../stores/jobs.ts';
import { usePromptStore } from '../../stores/prompt.ts';
import { useViewerStore } from '../../stores/viewer.ts';
import type { CompareMode } from '../../stores/viewer.ts';

const MODES: Readonly<Record<string, CompareMode>> = { 1: 'side', 2: 'slider', 3: 'flip' };

/** What the keys need of the editor. */
export interface EditorHandle {
  focus(): void;
  /** Reads the selection now. */
  syncSelection(): void;
}

/**
 * The keys of Compose. Those with Control (Command on macOS) work everywhere; single letters and Space only where no
 * text is typed and no control wants them.
 */
export function useKeys(editor: EditorHandle): void {
  const jobs = useJobsStore();
  const prompt = usePromptStore();
  const viewer = useViewerStore();

  /** True when the key was used. */
  function withMod(event: KeyboardEvent, inEditor: boolean): boolean {
    switch (event.key.toLowerCase()) {
      case 'enter':
        void jobs.submit(event.shiftKey ? ['coarse'] : ['coarse', 'refined']);
        return true;
      case '.':
        if (jobs.running) void jobs.cancel(jobs.running.view.jobId);
        return true;
      case 'e':
        if (event.shiftKey) prompt.toggleMute(inEditor);
        else if (inEditor) prompt.stressSelection();
        return true;
      case 'arrowup':
      case 'arrowdown':
        if (isField(event.target)) return false;
        prompt.stepWeight(event.key === 'ArrowUp' ? 1 : -1, inEditor);
        return true;
      case 'z':
        if (isField(event.target)) return false;
        if (event.shiftKey) prompt.redo();
        else prompt.undo();
        return true;
      case 'y':
        if (isField(event.target)) return false;
        prompt.redo();
        return true;
      default:
        return false;
    }
  }

  function plain(event: KeyboardEvent): boolean {
    const mode = MODES[event.key];
    if (mode) viewer.mode = mode;
    else if (event.key === ' ') viewer.flipped = true;
    else if (event.key.toLowerCase() === 'm') {
      const order = Object.values(MODES);
      viewer.mode = order[(order.indexOf(viewer.mode) + 1) % order.length] ?? 'side';
    } else if (event.key.toLowerCase() === 'r') viewer.recipeOpen = !viewer.recipeOpen;
    else return false;
    return true;
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const inEditor = isEditor(event.target);
    if (inEditor) editor.syncSelection();
    let used = false;
    if (event.key === 'F6') {
      used = true;
      nextRegion(event.shiftKey ? -1 : 1);
    } else if (event.key === 'F8') {
      used = true;
      prompt.stepSelection(event.shiftKey ? -1 : 1);
      editor.focus();
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey) used = withMod(event, inEditor);
    else if (!event.altKey && !inEditor && !wantsKey(event.target, event.key)) used = plain(event);
    if (used) event.preventDefault();
  }

  function onKeyUp(event: KeyboardEvent): void {
    if (event.key === ' ') viewer.flipped = false;
  }
  const onBlur = (): void => {
    viewer.flipped = false;
  };

  onMounted(() => {
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    window.addEventListener('blur', onBlur);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', onKeyDown);
    window.removeEventListener('keyup', onKeyUp);
    window.removeEventListener('blur', onBlur);
  });
}

function isEditor(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.isContentEditable;
}

/** A text field of its own, which has its own undo and arrows. */
function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

/** True for a key that the control in focus has a use for itself. */
function wantsKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('[role="dialog"], [role="option"], select, textarea')) return true;
  if (target instanceof HTMLInputElement) return target.type !== 'radio' && target.type !== 'range';
  return key === ' ' && target.closest('button, summary, a') !== null;
}

/** Moves the focus to the next part of the screen, around its ends. */
function nextRegion(direction: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const from = at < 0 && direction < 0 ? 0 : at;
  for (let i = 1; i <= regions.length; i++) {
    const region = regions[(from + direction * i + regions.length * 2) % regions.length];
    const stop = region?.matches('[tabindex="0"], [contenteditable]')
      ? region
      : region?.querySelector<HTMLElement>(
          'button:not(:disabled, [tabindex="-1"]), input:not(:disabled), select, [tabindex="0"]',
        );
    if (!stop) continue;
    stop.focus();
    return;
  }
}
