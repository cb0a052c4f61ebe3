/** The hand on a chip's number: dragging it sideways, or the wheel with Control, changes the weight. */
import { usePromptStore } from '../../stores/prompt.ts';
import { WEIGHT_STEP, clampWeight } from './document.ts';

/** Pixels for one step of the weight. */
const STRIDE = 10;

function chipOf(event: Event): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>('.chip') : null;
}

/** True where the number stands: in the chip's last line, right of its words. */
function isOnNumber(chip: HTMLElement, { clientX, clientY }: MouseEvent): boolean {
  const words = document.createRange();
  words.selectNodeContents(chip);
  const last = [...words.getClientRects()].at(-1);
  return last !== undefined && clientX > last.right && clientY >= last.top - 4 && clientY <= last.bottom + 4;
}

/** Handlers for the editor. */
export function useWeightDrag() {
  const prompt = usePromptStore();

  function onDown(event: PointerEvent): void {
    const chip = chipOf(event);
    const id = chip?.dataset['id'];
    if (!chip || id === undefined || event.button !== 0 || !isOnNumber(chip, event)) return;
    const from = prompt.chips.find((each) => each.id === id)?.weight;
    if (from === undefined) return;
    event.preventDefault();
    prompt.selectChip(id);
    const move = ({ clientX }: PointerEvent): void => {
      prompt.setWeight(id, clampWeight(from + Math.round((clientX - event.clientX) / STRIDE) * WEIGHT_STEP));
    };
    const end = (): void => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
  }

  /** A press that began on the number must not move the caret. */
  function onMouseDown(event: MouseEvent): void {
    const chip = chipOf(event);
    if (chip && event.button === 0 && isOnNumber(chip, event)) event.preventDefault();
  }

  function onWheel(event: WheelEvent): void {
    const id = chipOf(event)?.dataset['id'];
    const chip = prompt.chips.find((each) => each.id === id);
    if (!chip || !event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    prompt.selectChip(chip.id);
    prompt.setWeight(chip.id, clampWeight(chip.weight + (event.deltaY < 0 ? WEIGHT_STEP : -WEIGHT_STEP)));
  }

  return { pointerdown: onDown, mousedown: onMouseDown, wheel: onWheel };
}
