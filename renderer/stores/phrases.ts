import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePromptStore } from './prompt.ts';
import { readSaved, save } from './saved.ts';

const KEPT = 200;
const isPhrases = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((phrase) => typeof phrase === 'string');

/** Phrases that were stressed before: in this browser, and in every pair of the gallery. They complete what is typed. */
export const usePhrasesStore = defineStore('phrases', () => {
  const connection = useConnectionStore();
  const prompt = usePromptStore();
  const own = shallowRef<readonly string[]>(readSaved('phrases', isPhrases) ?? []);
  const made = shallowRef<readonly string[]>([]);
  const known = computed(() => [...new Set([...own.value, ...made.value])]);

  /** Reads the gallery's phrases; without them only the browser's own complete. */
  async function load(): Promise<void> {
    try {
      const { emphases } = await (await connection.client()).gallery.facets({});
      made.value = emphases.map(({ emphasis }) => emphasis);
    } catch {
      made.value = [];
    }
  }

  /** Keeps what is stressed now; called when it is used for a run, so that half a word is not kept. */
  function remember(): void {
    const now = prompt.chips.map(({ phrase }) => phrase);
    own.value = [...new Set([...now, ...own.value])].slice(0, KEPT);
    save('phrases', own.value);
  }

  watch(
    () => connection.opens,
    () => void load(),
    { immediate: true },
  );

  return { known, load, remember };
});
