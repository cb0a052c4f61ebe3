import { onBeforeUnmount, onMounted } from 'vue';
import { useHistoryStore } from '../../stores/history.ts';
import { useJobsStore } from '../../stores/jobs.ts';
import { useNoticesStore } from '../../stores/notices.ts';
import { usePromptStore } from '../../stores/prompt.ts';
import { useSetsStore } from '../../stores/sets.ts';
import { COMPARE_MODES, useViewerStore } from '../../stores/viewer.ts';
import { t } from '../../strings/index.ts';
import { useCommands } from '../keys/use-commands.ts';
import type { CommandContext } from '../keys/use-commands.ts';

/** What the keys need of the editor. */
export interface EditorHandle {
  focus(): void;
  /** Reads the selection now. */
  syncSelection(): void;
  openHistory(): void;
}

/** The commands of Compose. */
export function useKeys(editor: EditorHandle): void {
  const jobs = useJobsStore();
  const prompt = usePromptStore();
  const viewer = useViewerStore();
  const sets = useSetsStore();
  const history = useHistoryStore();
  const notices = useNoticesStore();

  const weigh =
    (direction: 1 | -1) =>
    ({ inEditor, inField }: CommandContext): boolean => {
      if (inField) return false;
      prompt.stepWeight(direction, inEditor);
      return true;
    };
  const step = (direction: 1 | -1) => (): void => {
    prompt.stepSelection(direction);
    editor.focus();
  };
  const undo =
    (work: () => void) =>
    ({ inField }: CommandContext): boolean => {
      if (!inField) work();
      return !inField;
    };

  async function bringBack(by: 1 | -1): Promise<void> {
    const place = await history.step(by);
    editor.focus();
    if (place === undefined) notices.announce(by > 0 ? t.history.noEarlier : t.history.noLater);
    else notices.announce(place === 0 ? t.history.blank : t.history.place(place, history.entries.length));
  }
  const sentence =
    (by: 1 | -1) =>
    ({ inField }: CommandContext): boolean => {
      if (!inField) void bringBack(by);
      return !inField;
    };

  useCommands(
    {
      'edit.undo': undo(prompt.undo),
      'edit.redo': undo(prompt.redo),
      'stress.words': ({ inEditor }) => void (inEditor && prompt.stressSelection()),
      'stress.heavier': weigh(1),
      'stress.lighter': weigh(-1),
      'stress.mute': ({ inEditor }) => {
        prompt.toggleMute(inEditor);
      },
      'stress.next': step(1),
      'stress.previous': step(-1),
      'run.pair': () => void jobs.submit(['coarse', 'refined']),
      'run.earlier': sentence(1),
      'run.later': sentence(-1),
      'run.history': () => editor.openHistory(),
      'run.coarse': () => void jobs.submit(['coarse']),
      'compare.side': () => viewer.show('side'),
      'compare.slider': () => viewer.show('slider'),
      'compare.flip': () => viewer.show('flip'),
      'compare.difference': () => viewer.show('difference'),
      'compare.next': () => {
        const at = COMPARE_MODES.indexOf(viewer.mode);
        viewer.show(COMPARE_MODES[(at + 1) % COMPARE_MODES.length] ?? 'side');
      },
      'compare.hold': () => {
        viewer.flipped = true;
      },
      'compare.swap': () => {
        viewer.swapped = !viewer.swapped;
      },
      'compare.loupe': () => {
        viewer.loupe = !viewer.loupe;
      },
      'compare.fit': () => {
        viewer.fit();
      },
      'compare.recipe': () => {
        viewer.togglePanel('recipe');
      },
      'compare.set': () => {
        if (!sets.current) return false;
        sets.shown = !sets.shown;
        return true;
      },
      'compare.vary': () => {
        viewer.togglePanel('vary');
      },
      'compare.why': () => {
        viewer.togglePanel('why');
      },
    },
    () => {
      editor.syncSelection();
    },
  );

  function release(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.key === ' ') viewer.flipped = false;
  }
  onMounted(() => {
    window.addEventListener('keyup', release);
    window.addEventListener('blur', release);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keyup', release);
    window.removeEventListener('blur', release);
    viewer.flipped = false;
  });
}
