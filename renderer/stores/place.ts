import type { PlaceProblem } from '#contract';
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';
import { isRecord, readSaved, save } from './saved.ts';

type Kind = PlaceProblem['kind'];
/** What was put aside, with how much room there was then. */
type Aside = Readonly<Partial<Record<Kind, number>>>;

const LOOK_MS = 60_000;
const isAside = (value: unknown): value is Aside =>
  isRecord(value) && Object.values(value).every((free) => typeof free === 'number');

/**
 * What speaks against where the data folder lies, looked at every minute. What was put aside stays so until it gets worse
 * (half the room that there was) or comes back after it was gone.
 */
export const usePlaceStore = defineStore('place', () => {
  const connection = useConnectionStore();
  const problems = shallowRef<readonly PlaceProblem[]>([]);
  const aside = shallowRef<Aside>(readSaved('place', isAside) ?? {});
  let timer: ReturnType<typeof setInterval> | undefined;

  const shown = computed(() =>
    problems.value.filter(({ kind, free }) => {
      const then = aside.value[kind];
      return then === undefined || (free !== null && free <= then / 2);
    }),
  );

  async function load(): Promise<void> {
    try {
      const client = await connection.client();
      problems.value = (await client.settings.place({})).problems;
    } catch {
      // What is not known is not said; a lost connection has its own line.
      return;
    }
    const there = new Set(problems.value.map(({ kind }) => kind));
    const kept = Object.entries(aside.value).filter(([kind]) => there.has(kind as Kind));
    if (kept.length < Object.keys(aside.value).length) keep(Object.fromEntries(kept));
  }

  /** Looks now and from now on. */
  function follow(): void {
    clearInterval(timer);
    timer = setInterval(() => void load(), LOOK_MS);
    void load();
  }

  function putAside(kind: Kind): void {
    const free = problems.value.find((problem) => problem.kind === kind)?.free ?? 0;
    keep({ ...aside.value, [kind]: free });
  }

  function keep(next: Aside): void {
    aside.value = next;
    save('place', next);
  }

  return { problems, shown, load, follow, putAside };
});
