/**
 * What is being typed, completed from the user's catalog: whole tags, and words of captions. Tags are read from their
 * index; the words of captions are counted once, little by little after the first question, so that no call waits.
 */
import type { StudioServices } from '#contract';
import type { Store } from '../store/index.ts';

/** Captions that are read at one go: a few milliseconds. */
const STRIDE = 2000;
const REST_MS = 20;
/** Distinct words that are kept; further ones are left out. */
const MOST_WORDS = 200_000;
const LEAST_LETTERS = 3;
/** Tags of one beginning that are looked at, and images that are counted of each. */
const MOST_TAGS = 200;
const MOST_TAGGED = 200;
/** From so many captions on, a word that stands in more than a third of them (with, the, and) says nothing. */
const ENOUGH_CAPTIONS = 30;
const MOST_SHARE = 1 / 3;

export interface Completion {
  readonly complete: StudioServices['catalog']['complete'];
  /** Reads what is left of the captions; resolves when all are counted. */
  readonly settled: () => Promise<void>;
  stop(): void;
}

/** Words of a caption in lower case, each once: letters, with digits, apostrophes and hyphens inside. Pure. */
export function wordsOf(caption: string): Set<string> {
  const words = caption
    .normalize('NFC')
    .toLowerCase()
    .match(/\p{L}[\p{L}\p{M}\p{N}'’-]*[\p{L}\p{M}\p{N}]/gu);
  return new Set((words ?? []).filter((word) => word.length >= LEAST_LETTERS));
}

/** Completion over a store. Captions that are written anew for an image that is known already count from the next start. */
export function makeCompletion(store: Pick<Store, 'read'>): Completion {
  /** By their first two letters, so that a question looks at few of them. */
  const byStart = new Map<string, Map<string, number>>();
  let words = 0;
  let texts = 0;
  let upto = 0;
  let stopped = false;
  let reading: Promise<void> | undefined;

  function learn(caption: string): void {
    if (caption === '') return;
    texts++;
    for (const word of wordsOf(caption)) {
      const start = word.slice(0, 2);
      const bucket = byStart.get(start) ?? new Map<string, number>();
      byStart.set(start, bucket);
      const count = bucket.get(word);
      if (count === undefined && words >= MOST_WORDS) continue;
      if (count === undefined) words++;
      bucket.set(word, (count ?? 0) + 1);
    }
  }

  /** One stride; true when there may be more. */
  function read(): boolean {
    const rows = store.read.completion.captions(upto, STRIDE);
    for (const { caption } of rows) learn(caption);
    upto = rows.at(-1)?.number ?? upto;
    return rows.length === STRIDE;
  }

  async function readAll(): Promise<void> {
    while (!stopped && read()) await new Promise((resolve) => setTimeout(resolve, REST_MS).unref());
  }

  function settled(): Promise<void> {
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  function wordsFrom(prefix: string): string[] {
    const wanted = prefix.toLowerCase();
    const most = texts < ENOUGH_CAPTIONS ? Infinity : texts * MOST_SHARE;
    return [...(byStart.get(wanted.slice(0, 2)) ?? [])]
      .filter(([word, count]) => word.startsWith(wanted) && word !== wanted && count <= most)
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .map(([word]) => word);
  }

  function tagsFrom(prefix: string): string[] {
    return store.read.completion
      .tags(prefix, MOST_TAGS)
      .filter((tag) => tag.toLowerCase() !== prefix.toLowerCase())
      .map((tag) => ({ tag, count: store.read.completion.tagged(tag, MOST_TAGGED) }))
      .sort((a, b) => b.count - a.count)
      .map(({ tag }) => tag);
  }

  return {
    complete({ prefixes, limit }) {
      // What cannot be read now is said by the tags' own reading below.
      settled().catch(() => undefined);
      const found = new Map<string, 'tag' | 'caption'>();
      for (const prefix of prefixes)
        for (const tag of tagsFrom(prefix)) found.set(tag, found.get(tag) ?? 'tag');
      const known = new Set([...found.keys()].map((tag) => tag.toLowerCase()));
      for (const prefix of prefixes)
        for (const word of wordsFrom(prefix)) if (!known.has(word)) found.set(word, 'caption');
      const phrases = [...found].map(([phrase, from]) => ({ phrase, from }));
      return { phrases: phrases.slice(0, limit) };
    },
    settled,
    stop() {
      stopped = true;
    },
  };
}
