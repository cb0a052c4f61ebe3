/** The hand on the pictures: wheel zooms at the pointer, dragging pans or moves the slider, double click zooms in and out. */
import { onBeforeUnmount, shallowRef } from 'vue';
import type { Ref } from 'vue';
import { useViewerStore } from '../../stores/viewer.ts';
import { FIT, panBy, zoomAt } from './lens.ts';

const GRAB = 18;
const WHEEL = 0.0016;
const DOUBLE = 4;

/** A place in a picture's frame, shares of its side. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** `split` is the slider's place in percent. */
export function usePointer(split: Ref<number>) {
  const viewer = useViewerStore();
  /** Where the pointer is over a picture; null when it is over none. */
  const place = shallowRef<Place | null>(null);
  let dragging: { readonly frame: DOMRect; readonly what: 'pan' | 'split'; x: number; y: number } | undefined;

  function frameOf(event: MouseEvent): DOMRect | undefined {
    const pane = event.target instanceof Element ? event.target.closest('figure') : null;
    return pane?.querySelector('.pane')?.getBoundingClientRect();
  }

  const within = (frame: DOMRect, { clientX, clientY }: MouseEvent): Place => ({
    x: (clientX - frame.left) / frame.width,
    y: (clientY - frame.top) / frame.height,
  });

  function onWheel(event: WheelEvent): void {
    const frame = frameOf(event);
    // On a narrow screen the page itself scrolls.
    if (!frame || (!event.ctrlKey && !matchMedia('(min-width: 1100px)').matches)) return;
    event.preventDefault();
    const { x, y } = within(frame, event);
    const turn = event.deltaY * (event.deltaMode === 1 ? 16 : 1) * (event.ctrlKey ? 4 : 1);
    viewer.lens = zoomAt(viewer.lens, Math.exp(-turn * WHEEL), x, y);
  }

  function moveSplit(frame: DOMRect, event: PointerEvent): void {
    split.value = Math.round(Math.min(1, Math.max(0, within(frame, event).x)) * 1000) / 10;
  }

  function onDown(event: PointerEvent): void {
    const frame = frameOf(event);
    if (!frame || event.button > 1) return;
    const atHandle = Math.abs(event.clientX - frame.left - (split.value / 100) * frame.width) < GRAB;
    const isSlider = viewer.mode === 'slider' && event.button === 0;
    const what = isSlider && (atHandle || viewer.lens.scale === 1) ? 'split' : 'pan';
    if (what === 'pan' && viewer.lens.scale === 1) return;
    dragging = { frame, what, x: event.clientX, y: event.clientY };
    if (what === 'split') moveSplit(frame, event);
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
  }

  function onMove(event: PointerEvent): void {
    if (dragging?.what === 'split') moveSplit(dragging.frame, event);
    else if (dragging) {
      const { frame } = dragging;
      const dx = (event.clientX - dragging.x) / frame.width;
      const dy = (event.clientY - dragging.y) / frame.height;
      dragging.x = event.clientX;
      dragging.y = event.clientY;
      viewer.lens = panBy(viewer.lens, dx, dy);
    }
    const frame = frameOf(event);
    const now = frame ? within(frame, event) : null;
    place.value = now && now.x >= 0 && now.x <= 1 && now.y >= 0 && now.y <= 1 ? now : null;
  }

  function onUp(): void {
    dragging = undefined;
  }

  function onDouble(event: MouseEvent): void {
    const frame = frameOf(event);
    if (!frame || viewer.mode === 'slider') return;
    const { x, y } = within(frame, event);
    viewer.lens = viewer.lens.scale > 1 ? FIT : zoomAt(FIT, DOUBLE, x, y);
  }

  onBeforeUnmount(onUp);
  return {
    place,
    on: {
      wheel: onWheel,
      pointerdown: onDown,
      pointermove: onMove,
      pointerup: onUp,
      pointercancel: onUp,
      pointerleave: () => {
        place.value = null;
      },
      dblclick: onDouble,
    },
  };
}
