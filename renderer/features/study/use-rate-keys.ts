/** The keys of rating: everything can be answered without a pointer. Those of the scales can be changed. */
import { onBeforeUnmount, onMounted, ref } from 'vue';
import { useKeysStore } from '../../stores/keys.ts';
import { useRatingStore } from '../../stores/rating.ts';
import { t } from '../../strings/index.ts';
import type { CommandId } from '../keys/commands.ts';

const SCALES = { photorealism: [1, 3, 5], alignment: [1, 2, 4, 5] } as const;
const SIDES: Readonly<Record<string, 'left' | 'right' | 'same'>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowDown: 'same',
};

/** Listens while the screen is there. `isClose` is true as long as Z is held; `forward` is what Enter does. */
export function useRateKeys(forward: () => void) {
  const rating = useRatingStore();
  const keys = useKeysStore();
  const isClose = ref(false);

  /** True when the key was of use. */
  function press(key: string, command: CommandId | undefined): boolean {
    const { task } = rating;
    const isOpen = task !== undefined && !rating.intro && !rating.finished;
    if (key === 'Escape') rating.leave();
    else if (key === 'Backspace') rating.back();
    else if (key === 'Enter') forward();
    else if (!isOpen) return false;
    else if (key.toLowerCase() === 'z') isClose.value = true;
    else if (task.pass === 'beside') {
      const side = SIDES[key];
      if (side === undefined) return false;
      rating.answer('better', side);
    } else {
      const scale = task.pass === 'looks' ? 'photorealism' : 'alignment';
      const letters = t.study.task.letters;
      const value = SCALES[scale].find((each) => command === `rate.${each}`);
      if (value !== undefined) rating.answer(scale, value);
      else if (task.pass === 'match' && key.toUpperCase() === letters.yes) rating.answer(rating.row, true);
      else if (task.pass === 'match' && key.toUpperCase() === letters.no) rating.answer(rating.row, false);
      else return false;
    }
    return true;
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (document.querySelector('dialog[open]')) return;
    const command = keys.commandAt('rate', event);
    if (!command && (event.ctrlKey || event.metaKey || event.altKey)) return;
    const { target } = event;
    // A button in focus keeps what is its own; answers are radio buttons, which have no use for Enter.
    if (
      target instanceof Element &&
      target.closest('button, a') &&
      (event.key === 'Enter' || event.key === ' ')
    )
      return;
    if (event.repeat && event.key.toLowerCase() !== 'z') return;
    if (press(event.key, command)) event.preventDefault();
  }

  function onKeyUp(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === 'z') isClose.value = false;
  }

  const letGo = (): void => {
    isClose.value = false;
  };

  onMounted(() => {
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    window.addEventListener('blur', letGo);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', onKeyDown);
    window.removeEventListener('keyup', onKeyUp);
    window.removeEventListener('blur', letGo);
  });
  return { isClose };
}
