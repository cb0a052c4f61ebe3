import { defineStore } from 'pinia';
import { ref } from 'vue';

const PAUSE_MS = 5000;

/** What a screen reader is told: at most one sentence in five seconds, the newest wins. */
export const useNoticesStore = defineStore('notices', () => {
  const spoken = ref('');
  let next: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function speak(text: string): void {
    spoken.value = text;
    timer = setTimeout(() => {
      timer = undefined;
      const waiting = next;
      next = undefined;
      if (waiting !== undefined) speak(waiting);
    }, PAUSE_MS);
  }

  function announce(text: string): void {
    if (timer === undefined) speak(text);
    else next = text;
  }

  return { spoken, announce };
});
