import { runsWithout, toAppError } from '#contract';
import type { AppError, PhraseChoices, Reference, ReferencesResponse } from '#contract';
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
  /** Only what is pinned here counts, not what was chosen for the phrase before: after a recall. */
  exact?: boolean;
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
/** Capitals do not tell phrases apart, as in the catalog. */
const phraseKey = (phrase: string): string => phrase.toLowerCase();

/** The references of every chip, found while typing and before anything is generated. */
export const useReferencesStore = defineStore('references', () => {
  const connection = useConnectionStore();
  const prompt = usePromptStore();
  const packs = usePacksStore();
  const sampling = useSamplingStore();

  const choices = reactive(new Map<string, Choice>());
  const found = shallowReactive(new Map<string, Found>());
  /** What was chosen for a phrase, here or earlier; the host keeps it. */
  const remembered = shallowReactive(new Map<string, PhraseChoices>());
  /** Rises for a phrase when a choice for it was changed, so that it is looked up again. */
  const edits = reactive(new Map<string, number>());
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
        remembered: choice?.exact !== true,
      };
      const edit = edits.get(phraseKey(chip.phrase)) ?? 0;
      return { id: chip.id, request, key: JSON.stringify([request, generation.value, edit]) };
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
      if (request.remembered) await recallChoices(request.phrase);
    } catch (thrown) {
      if (!current()) return;
      found.set(id, { key, state: 'failed', response: undefined, error: toAppError(thrown) });
    } finally {
      if (current()) running.delete(id);
    }
  }

  /** Takes in what was chosen for the phrase before; without an answer the pictures are there all the same. */
  async function recallChoices(phrase: string): Promise<void> {
    const name = phraseKey(phrase);
    if (remembered.has(name)) return;
    const client = await connection.client();
    const known = await client.catalog.choices({ phrase }).catch(() => undefined);
    if (known && !remembered.has(name)) remembered.set(name, known);
  }

  /** Keeps a choice for the phrase, for this sentence and later ones. */
  async function choose(id: string, contentHash: string, as: 'pin' | 'ban' | 'like' | 'none'): Promise<void> {
    const phrase = prompt.chips.find((chip) => chip.id === id)?.phrase;
    if (phrase === undefined || choices.get(id)?.exact) return;
    const name = phraseKey(phrase);
    try {
      const client = await connection.client();
      remembered.set(name, await client.catalog.choose({ phrase, contentHash, as }));
      edits.set(name, (edits.get(name) ?? 0) + 1);
    } catch (thrown) {
      const before = found.get(id);
      found.set(id, {
        key: before?.key ?? '',
        state: 'failed',
        response: before?.response,
        error: toAppError(thrown),
      });
    }
  }

  const rememberedFor = (id: string): PhraseChoices | undefined => {
    const phrase = prompt.chips.find((chip) => chip.id === id)?.phrase;
    return phrase === undefined || choices.get(id)?.exact ? undefined : remembered.get(phraseKey(phrase));
  };

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

  /** Pinned here, or for the phrase before. */
  function isPinned(id: string, contentHash: string): boolean {
    return (
      (choices.get(id)?.pins.includes(contentHash) ?? false) ||
      (rememberedFor(id)?.pins.includes(contentHash) ?? false)
    );
  }

  function isBanned(id: string, contentHash: string): boolean {
    return (
      (choices.get(id)?.bans.some((ban) => ban.image.contentHash === contentHash) ?? false) ||
      (rememberedFor(id)?.bans.includes(contentHash) ?? false)
    );
  }

  const isLiked = (id: string, contentHash: string): boolean =>
    rememberedFor(id)?.like.includes(contentHash) ?? false;

  function togglePin(id: string, reference: Reference): void {
    const { pins } = choiceOf(id);
    const hash = reference.image.contentHash;
    const was = isPinned(id, hash);
    const at = pins.indexOf(hash);
    if (at >= 0) pins.splice(at, 1);
    else if (!was) pins.push(hash);
    void choose(id, hash, was ? 'none' : 'pin');
  }

  /** More like this: its meaning is mixed into the phrase's, or not any more. */
  function toggleLike(id: string, reference: Reference): void {
    const hash = reference.image.contentHash;
    void choose(id, hash, isLiked(id, hash) ? 'none' : 'like');
  }

  function ban(id: string, reference: Reference): void {
    const choice = choiceOf(id);
    const at = choice.pins.indexOf(reference.image.contentHash);
    if (at >= 0) choice.pins.splice(at, 1);
    choice.bans.push(reference);
    void choose(id, reference.image.contentHash, 'ban');
  }

  /** Takes back the ban of one image, the last one when none is named. */
  function unban(id: string, contentHash?: string): void {
    const { bans } = choiceOf(id);
    const hash = contentHash ?? bans.at(-1)?.image.contentHash ?? rememberedFor(id)?.bans.at(-1);
    if (hash === undefined) return;
    const at = bans.findIndex((b) => b.image.contentHash === hash);
    if (at >= 0) bans.splice(at, 1);
    void choose(id, hash, 'none');
  }

  /** How many images are banned for the chip, here or for its phrase before. */
  function banCount(id: string): number {
    const here = (choices.get(id)?.bans ?? []).map((ban) => ban.image.contentHash);
    return new Set([...here, ...(rememberedFor(id)?.bans ?? [])]).size;
  }

  /** Takes back every "more like this" of the chip's phrase. */
  async function clearLikes(id: string): Promise<void> {
    for (const hash of rememberedFor(id)?.like ?? []) await choose(id, hash, 'none');
  }

  function setAnyway(id: string, anyway: boolean): void {
    choiceOf(id).anyway = anyway;
  }

  /** True when a search said that the catalog shows nothing like the phrase, and the user did not overrule it. */
  function isWithout(id: string): boolean {
    const choice = choices.get(id);
    return runsWithout(found.get(id)?.response, {
      pins: Math.max(choice?.pins.length ?? 0, rememberedFor(id)?.pins.length ?? 0),
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

  return {
    choices,
    found,
    settled,
    isPinned,
    isBanned,
    isLiked,
    banCount,
    likeCount: (id: string) => rememberedFor(id)?.like.length ?? 0,
    togglePin,
    toggleLike,
    clearLikes,
    ban,
    unban,
    setAnyway,
    isWithout,
    refresh,
    retry,
  };
});
