import { toAppError } from '#contract';
import type { AppError, JobSummary, Result } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePromptStore } from './prompt.ts';
import { useReferencesStore } from './references.ts';
import { bringBack, keyOf, settingsOf, writtenNow, writtenOf } from './written.ts';
import type { PromptDocument } from '../features/prompt/document.ts';
import type { Written } from './written.ts';

/** A sentence that stood in Compose before, with its chips, weights and settings. */
export interface Entry {
  /** The same for the same sentence, chips and settings. */
  readonly key: string;
  readonly written: Written;
  /** When it was last sent; null for one that never was. */
  readonly at: number | null;
  /** What its newest run made; none where it made nothing. */
  readonly results: readonly Result[];
}

const PAGE = 100;
/** Runs that are looked through, newest first. */
const MOST_RUNS = 2000;
const MOST_UNSENT = 10;
/** Cells of one grid come in together. */
const ONE_SET_MS = 1000;

/** Earlier sentences, newest first: what was left unsent on this page, then what was sent from anywhere. */
export const useHistoryStore = defineStore('history', () => {
  const connection = useConnectionStore();
  const prompt = usePromptStore();
  const references = useReferencesStore();

  const unsent = shallowRef<readonly Entry[]>([]);
  const runs = shallowRef<readonly JobSummary[]>([]);
  const next = ref<string | null>(null);
  const loading = ref(false);
  const error = shallowRef<AppError>();
  const sent = computed(() => sentences(runs.value));
  const entries = computed(() => {
    const known = new Set(sent.value.map(({ key }) => key));
    return [...unsent.value.filter(({ key }) => !known.has(key)), ...sent.value];
  });
  /** What was brought last, as it stood then: as soon as it is edited, a step begins at the newest again. */
  let shown: { readonly key: string | null; readonly as: string; readonly document: unknown } | undefined;
  /** Where the steps began, if that was an empty sentence. */
  let blank: Written | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** Reads what is new since it was read last. */
  async function load(): Promise<void> {
    await read(undefined, (items, after) => {
      const at = items.findIndex(({ jobId }) => jobId === runs.value[0]?.jobId);
      if (at < 0) {
        runs.value = items;
        next.value = after;
      } else runs.value = [...items.slice(0, at), ...runs.value].slice(0, MOST_RUNS);
    });
  }

  /** Reads a page of older runs; false when there is none. */
  async function loadMore(): Promise<boolean> {
    const { value: after } = next;
    if (after === null || runs.value.length >= MOST_RUNS || error.value) return false;
    await read(after, (items, older) => {
      runs.value = [...runs.value, ...items];
      next.value = older;
    });
    return error.value === undefined;
  }

  /** Reads all that is looked through: to search in it. */
  async function loadAll(): Promise<void> {
    while (await loadMore());
  }

  async function read(
    after: string | undefined,
    take: (items: readonly JobSummary[], next: string | null) => void,
  ): Promise<void> {
    loading.value = true;
    error.value = undefined;
    try {
      const client = await connection.client();
      const page = await client.jobs.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      take(page.items, page.next);
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      loading.value = false;
    }
  }

  const standing = (): string => JSON.stringify(settingsOf(writtenNow()));
  const isAsShown = (): boolean => shown?.document === prompt.document && shown.as === standing();

  /** Keeps what stands there, so that nothing that was written is lost by looking at what was before. */
  function keep(): void {
    if (isAsShown()) return;
    const now = writtenNow();
    const key = keyOf({ ...now, document: asSent(now.document) });
    blank = undefined;
    if (prompt.isEmpty) blank = now;
    else if (!entries.value.some((entry) => entry.key === key)) {
      unsent.value = [{ key, written: now, at: null, results: [] }, ...unsent.value].slice(0, MOST_UNSENT);
    }
    shown = { key: prompt.isEmpty ? null : key, as: standing(), document: prompt.document };
  }

  /** Phrases that would run without effect are muted in a request: else what was just run would seem to be another. */
  const asSent = ({ text, chips }: PromptDocument): PromptDocument => ({
    text,
    chips: chips.map((chip) => ({ ...chip, muted: chip.muted || references.isWithout(chip.id) })),
  });

  function show(written: Written, key: string | null): void {
    bringBack(written);
    shown = { key, as: standing(), document: prompt.document };
  }

  /** Brings back one of `entries`. */
  function use(entry: Entry): void {
    keep();
    show(entry.written, entry.key);
  }

  /**
   * One sentence back (1) or forth (-1). Answers with its place among all, 1 the newest; undefined when there is none that
   * way. Steps that come quickly wait for each other.
   */
  function step(by: 1 | -1): Promise<number | undefined> {
    const work = turn.then(() => move(by));
    turn = work;
    return work;
  }

  async function move(by: 1 | -1): Promise<number | undefined> {
    if (!isAsShown()) await load();
    keep();
    const place = entries.value.findIndex(({ key }) => key === shown?.key) + by;
    if (place >= entries.value.length) await loadMore();
    if (place === -1 && blank) {
      show(blank, null);
      return 0;
    }
    const entry = entries.value[place];
    if (!entry) return undefined;
    show(entry.written, entry.key);
    return place + 1;
  }

  return { entries, next, loading, error, load, loadMore, loadAll, use, step };
});

/** Runs as sentences, each once, by its newest run; the cells of one grid are one sentence. Pure but for new chips' ids. */
function sentences(runs: readonly JobSummary[]): Entry[] {
  const seen = new Map<string, Entry>();
  let last: JobSummary | undefined;
  for (const run of runs) {
    const before = last;
    last = run;
    if (before?.request.prompt === run.request.prompt && before.createdAt - run.createdAt < ONE_SET_MS)
      continue;
    const written = writtenOf(run.request);
    const key = keyOf(written);
    if (!seen.has(key)) seen.set(key, { key, written, at: run.createdAt, results: run.results });
  }
  return [...seen.values()];
}
