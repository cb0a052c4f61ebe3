import { runsWithout, toAppError } from '#contract';
import type { AppError, Reference, ReferencesResponse } from '#contract';
import { defineStore } from 'pinia';
import { computed, reactive, shallowReactive, shallowRef, watch } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';
import { usePromptStore } from './prompt.ts';
import { useSamplingStore } from './sampling.ts';

/** What the user decided for one chip. Kept when the chip goes, so that undo brings it back. */
export interface Choice {
  readonly pins: string[];
  readonly bans: Reference[];
  /** Use the references although none is good. */
  anyway: boolean;
}

/** What was found for one chip. While a new search runs the last answer stays. */
export interface Found {
  readonly key: string;
  readonly state: 'searching' | 'ready' | 'failed';
  readonly response: ReferencesResponse | undefined;
  readonly error: AppError | undefined;
}

const DEBOUNCE_MS = 200;
const KEPT_ANSWERS = 200;

/** The references of every chip, found while typing and before anything is generated. */
export const useReferencesStore = defineStore('references', () => {
  const connection = useConnectionStore();
  const prompt = usePromptStore();
  const packs = usePacksStore();
  const sampling = useSamplingStore();

  const choices = reactive(new Map<string, Choice>());
  const found = shallowReactive(new Map<string, Found>());
  /** Rises when the catalog has changed, so that everything is looked up again. */
  const generation = shallowRef(0);
  const answers = new Map<string, ReferencesResponse>();
  const running = new Map<string, AbortController>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wanted = computed(() =>
    prompt.chips.map((chip) => {
      const choice = choices.get(chip.id);
      const request = {
        phrase: chip.phrase,
        k: sampling.referencesPerEmphasis,
        pins: choice ? [...choice.pins] : [],
        bans: choice ? choice.bans.map((ban) => ban.image.contentHash) : [],
        packId: packs.current?.packId ?? '',
      };
      return { id: chip.id, request, key: JSON.stringify([request, generation.value]) };
    }),
  );

  async function search({ id, request, key }: (typeof wanted.value)[number]): Promise<void> {
    running.get(id)?.abort();
    const controller = new AbortController();
    running.set(id, controller);
    found.set(id, { key, state: 'searching', response: found.get(id)?.response, error: undefined });
    const current = (): boolean => running.get(id) === controller;
    try {
      const client = await connection.client();
      const response = await client.catalog.references(request, { signal: controller.signal });
      if (!current()) return;
      remember(key, response);
      found.set(id, { key, state: 'ready', response, error: undefined });
    } catch (thrown) {
      if (!current()) return;
      found.set(id, { key, state: 'failed', response: undefined, error: toAppError(thrown) });
    } finally {
      if (current()) running.delete(id);
    }
  }

  function remember(key: string, response: ReferencesResponse): void {
    answers.set(key, response);
    const oldest = answers.keys().next();
    if (answers.size > KEPT_ANSWERS && !oldest.done) answers.delete(oldest.value);
  }

  /** Starts what is missing now. Searches of chips that are gone are dropped. */
  function flush(): Promise<unknown> {
    clearTimeout(timer);
    timer = undefined;
    const list = wanted.value;
    for (const [id, controller] of running) {
      if (list.some((want) => want.id === id)) continue;
      controller.abort();
      running.delete(id);
    }
    return Promise.all(list.map(lookUp));
  }

  /** Answers from memory where it can. */
  async function lookUp(want: (typeof wanted.value)[number]): Promise<void> {
    if (want.request.packId === '' || found.get(want.id)?.key === want.key) return;
    const known = answers.get(want.key);
    if (!known) {
      await search(want);
      return;
    }
    running.get(want.id)?.abort();
    running.delete(want.id);
    found.set(want.id, { key: want.key, state: 'ready', response: known, error: undefined });
  }

  watch(
    () => wanted.value.map((want) => `${want.id} ${want.key}`).join('\n'),
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => void flush(), DEBOUNCE_MS);
    },
    { immediate: true },
  );

  /** Waits until every chip's references are known (or their search failed). */
  async function settled(): Promise<void> {
    await flush();
    while (running.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  function choiceOf(id: string): Choice {
    let choice = choices.get(id);
    if (!choice) {
      choices.set(id, { pins: [], bans: [], anyway: false });
      choice = choices.get(id);
    }
    return choice ?? { pins: [], bans: [], anyway: false };
  }

  function togglePin(id: string, reference: Reference): void {
    const { pins } = choiceOf(id);
    const hash = reference.image.contentHash;
    const at = pins.indexOf(hash);
    if (at >= 0) pins.splice(at, 1);
    else pins.push(hash);
  }

  function ban(id: string, reference: Reference): void {
    const choice = choiceOf(id);
    const at = choice.pins.indexOf(reference.image.contentHash);
    if (at >= 0) choice.pins.splice(at, 1);
    choice.bans.push(reference);
  }

  /** Takes back the ban of one image, the last one when none is named. */
  function unban(id: string, contentHash?: string): void {
    const { bans } = choiceOf(id);
    const at =
      contentHash === undefined
        ? bans.length - 1
        : bans.findIndex((b) => b.image.contentHash === contentHash);
    if (at >= 0) bans.splice(at, 1);
  }

  function setAnyway(id: string, anyway: boolean): void {
    choiceOf(id).anyway = anyway;
  }

  /** True when a search said that the catalog shows nothing like the phrase, and the user did not overrule it. */
  function isWithout(id: string): boolean {
    const choice = choices.get(id);
    return runsWithout(found.get(id)?.response, {
      pins: choice?.pins.length ?? 0,
      anyway: choice?.anyway ?? false,
    });
  }

  /** Looks everything up again, after an import. */
  function refresh(): void {
    generation.value++;
  }

  /** Tries again what failed. */
  function retry(id: string): void {
    found.delete(id);
    void flush();
  }

  return { choices, found, settled, togglePin, ban, unban, setAnyway, isWithout, refresh, retry };
});
