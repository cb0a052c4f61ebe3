import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { useNoticesStore } from './notices.ts';

/** Something that was done and can be taken back for a while. */
export interface Toast {
  readonly text: string;
  readonly undo: () => void;
}

const SHOWN_MS = 6000;

/** The one toast: only ever to undo. Its time stands still while the pointer or the focus is on it. */
export const useToastStore = defineStore('toast', () => {
  const notices = useNoticesStore();
  const toast = shallowRef<Toast>();
  const held = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!held.value) toast.value = undefined;
    }, SHOWN_MS);
  }

  function show(next: Toast): void {
    toast.value = next;
    notices.announce(next.text);
    start();
  }

  function hold(on: boolean): void {
    held.value = on;
    if (!on) start();
  }

  /** Takes back what the toast tells of; false when there is none. */
  function undo(): boolean {
    const { value } = toast;
    toast.value = undefined;
    value?.undo();
    return value !== undefined;
  }

  return { toast, show, hold, undo };
});
