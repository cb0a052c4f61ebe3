import type { CheckTextResponse } from '#contract';
import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';
import { usePromptStore } from './prompt.ts';

const DEBOUNCE_MS = 150;
const LONGEST = 2000;

/** What the pack's text encoder makes of the sentence: words that it does not know, and from where it reads nothing. */
export const useTextCheckStore = defineStore('text-check', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const prompt = usePromptStore();
  const answer = shallowRef<{ readonly text: string; readonly found: CheckTextResponse }>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The answer, or as much of it as holds for the sentence as it stands until the next one comes. */
  const found = computed((): CheckTextResponse | undefined => {
    const last = answer.value;
    const { text } = prompt.document;
    if (!last || last.text === text) return last?.found;
    let same = 0;
    while (same < text.length && text[same] === last.text[same]) same++;
    return {
      cutAt: last.found.cutAt !== null && last.found.cutAt <= same ? last.found.cutAt : null,
      unknown: last.found.unknown.filter(({ end }) => end < same),
    };
  });
  const unread = computed(() => {
    const cutAt = found.value?.cutAt ?? null;
    return cutAt === null ? '' : prompt.document.text.slice(cutAt).trim();
  });
  /** Stressed phrases that the sentence's reader does not get to. */
  const lost = computed(() => {
    const cutAt = found.value?.cutAt ?? null;
    return cutAt === null ? [] : prompt.chips.filter(({ begin }) => begin >= cutAt);
  });

  async function check(): Promise<void> {
    const { text } = prompt.document;
    const packId = packs.current?.packId;
    if (packId === undefined || text.trim() === '') {
      answer.value = undefined;
      return;
    }
    try {
      const client = await connection.client();
      const head = text.slice(0, LONGEST);
      const response = await client.packs.checkText({ text: head, packId });
      answer.value = { text, found: response };
    } catch {
      // Without an answer nothing is marked: marks are a help, and the run says itself what fails.
      answer.value = undefined;
    }
  }

  watch(
    () => [prompt.document.text, packs.current?.packId],
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => void check(), DEBOUNCE_MS);
    },
    { immediate: true },
  );

  return { found, unread, lost };
});
