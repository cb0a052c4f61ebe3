import type { Completions } from '#contract';
import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePromptStore } from './prompt.ts';
import { readSaved, save } from './saved.ts';

const KEPT = 200;
/** A pause in typing after which the catalog is asked. */
const ASK_AFTER_MS = 60;
const MOST_TYPED = 100;
const isPhrases = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((phrase) => typeof phrase === 'string');

type Offers = Completions['phrases'];
export type PhraseSource = 'before' | Offers[number]['from'];

/**
 * Phrases that complete what is typed: those that were stressed before, in this browser and in every pair of the gallery,
 * then the tags and the words of captions of the user's catalog.
 */
export const usePhrasesStore = defineStore('phrases', () => {
  const connection = useConnectionStore();
  const prompt = usePromptStore();
  const own = shallowRef<readonly string[]>(readSaved('phrases', isPhrases) ?? []);
  const made = shallowRef<readonly string[]>([]);
  /** What the catalog has for what was asked last. */
  const offers = shallowRef<Offers>([]);
  const before = computed(() => new Set([...own.value, ...made.value]));
  const known = computed(() => {
    const lower = new Set([...before.value].map((phrase) => phrase.toLowerCase()));
    const more = offers.value.filter(({ phrase }) => !lower.has(phrase.toLowerCase()));
    return [...before.value, ...more.map(({ phrase }) => phrase)];
  });
  let asking: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks the catalog for what these beginnings may become; the newest question counts. */
  function ask(prefixes: readonly string[]): void {
    clearTimeout(timer);
    asking?.abort();
    if (prefixes.length === 0) return;
    timer = setTimeout(() => void askNow(prefixes), ASK_AFTER_MS);
  }

  async function askNow(prefixes: readonly string[]): Promise<void> {
    const controller = new AbortController();
    asking = controller;
    try {
      const client = await connection.client();
      const { phrases } = await client.catalog.complete(
        { prefixes: prefixes.map((prefix) => prefix.slice(0, MOST_TYPED)) },
        { signal: controller.signal },
      );
      if (asking === controller) offers.value = phrases;
    } catch {
      // Without the catalog's answer what was stressed before still completes.
      if (asking === controller) offers.value = [];
    }
  }

  /** Where a known phrase comes from. */
  const sourceOf = (phrase: string): PhraseSource =>
    before.value.has(phrase)
      ? 'before'
      : (offers.value.find((offer) => offer.phrase === phrase)?.from ?? 'before');

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

  return { known, sourceOf, ask, load, remember };
});
