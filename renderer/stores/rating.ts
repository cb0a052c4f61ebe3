import { isId, toAppError } from '#contract';
import type { AppError, RatingSheet, StudyAnswer, StudySet } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import {
  emptyAnswer,
  firstOpen,
  isAnswered,
  isDone,
  questionsOf,
  tasksOf,
} from '../features/study/passes.ts';
import type { Question } from '../features/study/passes.ts';
import { useConnectionStore } from './connection.ts';
import { readSaved, save } from './saved.ts';

/** How many tasks ahead pictures are fetched. */
const AHEAD = 3;

/** One rater at work: one task at a time, each answer kept by the host as soon as its task is whole. */
export const useRatingStore = defineStore('rating', () => {
  const connection = useConnectionStore();
  const rater = ref(readSaved('rater', isId) ?? '');
  const set = shallowRef<StudySet>();
  const sheet = shallowRef<RatingSheet>();
  const at = ref(0);
  /** The words before a pass. */
  const intro = ref(false);
  const draft = shallowRef<StudyAnswer | null>(null);
  /** The detail that Y and N answer next. */
  const row = ref(0);
  const busy = ref(false);
  const error = shallowRef<AppError>();
  const pictures = shallowRef<ReadonlyMap<string, string>>(new Map());
  const asked = new Set<string>();

  const tasks = computed(() => tasksOf(set.value?.items ?? []));
  const task = computed(() => tasks.value[at.value]);
  const passes = computed(() => [...new Set(tasks.value.map(({ pass }) => pass))]);
  /** All tasks are done; only the seal is missing, or that too. */
  const finished = computed(() => set.value !== undefined && at.value >= tasks.value.length);
  const questions = computed(() => (task.value ? questionsOf(task.value) : []));
  const left = computed(() => questions.value.filter((q) => !isAnswered(q, draft.value)).length);
  const active = computed(() => set.value !== undefined);

  const answers = (): ReadonlyMap<string, StudyAnswer> =>
    new Map(sheet.value?.answers.map((answer) => [answer.itemId, answer]));

  function goTo(index: number): void {
    const before = task.value;
    at.value = Math.min(Math.max(index, 0), tasks.value.length);
    const now = task.value;
    if (!now) return;
    intro.value = now.pass !== before?.pass && now.n === 1;
    draft.value = answers().get(now.item.itemId) ?? emptyAnswer(now.item);
    row.value = firstRow();
    for (const { item } of tasks.value.slice(at.value, at.value + AHEAD))
      for (const image of item.kind === 'pair' ? [item.left, item.right] : [item.image])
        void fetchPicture(image);
  }

  /** The first detail without an answer, else the last. */
  function firstRow(): number {
    const details = draft.value?.kind === 'picture' ? draft.value.details : [];
    const open = details.indexOf(null);
    return open < 0 ? Math.max(0, details.length - 1) : open;
  }

  async function fetchPicture(image: string): Promise<void> {
    const studyId = set.value?.studyId;
    if (studyId === undefined || asked.has(image)) return;
    asked.add(image);
    try {
      const { png } = await (await connection.client()).study.image({ studyId, image });
      const url = URL.createObjectURL(new Blob([new Uint8Array(png)], { type: 'image/png' }));
      if (set.value?.studyId === studyId) pictures.value = new Map([...pictures.value, [image, url]]);
      else URL.revokeObjectURL(url);
    } catch (thrown) {
      asked.delete(image);
      error.value = toAppError(thrown);
    }
  }

  /** Opens the set at the first task that this rater has not done. */
  async function start(studyId: string, name: string): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    error.value = undefined;
    try {
      const client = await connection.client();
      const [given, own] = await Promise.all([
        client.study.set({ studyId }),
        client.study.sheet({ studyId, rater: name }),
      ]);
      rater.value = name;
      save('rater', name);
      sheet.value = own;
      at.value = -1;
      set.value = given;
      goTo(firstOpen(tasks.value, answers()));
      intro.value = !finished.value;
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      busy.value = false;
    }
  }

  /** Puts the set away; what was answered is kept. */
  function leave(): void {
    set.value = undefined;
    sheet.value = undefined;
    for (const url of pictures.value.values()) URL.revokeObjectURL(url);
    pictures.value = new Map();
    asked.clear();
    at.value = 0;
  }

  /** Answers a question of the task in sight. */
  function answer(question: Question, value: number | boolean | 'left' | 'right' | 'same'): void {
    const now = task.value;
    if (!now || sheet.value?.seal !== null) return;
    if (question === 'better') {
      draft.value = { kind: 'pair', itemId: now.item.itemId, better: value as 'left' };
      return;
    }
    if (draft.value?.kind !== 'picture') return;
    if (question === 'photorealism') draft.value = { ...draft.value, photorealism: value as 1 };
    else if (question === 'alignment') draft.value = { ...draft.value, alignment: value as 1 };
    else {
      const details = draft.value.details.with(question, value as boolean);
      draft.value = { ...draft.value, details };
      const after = details.findIndex((yes, i) => i > question && yes === null);
      row.value = after < 0 ? firstRow() : after;
    }
  }

  /** Keeps the answer and shows the next task; false while something is left to answer. */
  async function next(): Promise<boolean> {
    const [now, given, here] = [task.value, draft.value, set.value];
    if (!now || !here || given === null || busy.value || !isDone(now, given)) return false;
    if (sheet.value?.seal === null) {
      busy.value = true;
      try {
        const client = await connection.client();
        sheet.value = await client.study.rate({ studyId: here.studyId, rater: rater.value, answer: given });
        error.value = undefined;
      } catch (thrown) {
        error.value = toAppError(thrown);
        return false;
      } finally {
        busy.value = false;
      }
    }
    goTo(at.value + 1);
    return true;
  }

  /** Takes back the last answer of the task in sight, or shows the task before. */
  function back(): void {
    if (intro.value) {
      if (at.value === 0) return;
      goTo(at.value - 1);
      return;
    }
    const given = draft.value;
    const last = questions.value.findLast((q) => isAnswered(q, given));
    if (last === undefined || !given || finished.value) {
      goTo(at.value - 1);
      return;
    }
    if (given.kind === 'pair') draft.value = null;
    else if (typeof last === 'number') {
      draft.value = { ...given, details: given.details.with(last, null) };
      row.value = last;
    } else draft.value = { ...given, [last]: null };
  }

  /** Fixes the sheet for ever. */
  async function seal(): Promise<void> {
    const here = set.value;
    if (!here || busy.value) return;
    busy.value = true;
    try {
      sheet.value = await (
        await connection.client()
      ).study.seal({ studyId: here.studyId, rater: rater.value });
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      busy.value = false;
    }
  }

  return {
    rater,
    set,
    sheet,
    task,
    passes,
    intro,
    draft,
    row,
    left,
    busy,
    error,
    pictures,
    finished,
    active,
    start,
    leave,
    answer,
    next,
    back,
    seal,
    begin: () => {
      intro.value = false;
    },
  };
});
