/**
 * A blind set as a row of tasks: looks without the sentence first, then match and details, then side by side. Judging both
 * at once would let one colour the other. Pure.
 */
import type { StudyAnswer, StudyItem } from '#contract';

export type Pass = 'looks' | 'match' | 'beside';
export const PASSES: readonly Pass[] = ['looks', 'match', 'beside'];

export type PictureAnswer = Extract<StudyAnswer, { kind: 'picture' }>;
export type PairAnswer = Extract<StudyAnswer, { kind: 'pair' }>;

/** One item in one pass; `n` of `of` counts within the pass from 1. */
export interface Task {
  readonly pass: Pass;
  readonly item: StudyItem;
  readonly n: number;
  readonly of: number;
}

/** All tasks in the order in which they are asked; a pass without items is left out. */
export function tasksOf(items: readonly StudyItem[]): Task[] {
  return PASSES.flatMap((pass) => {
    const own = items.filter(({ kind }) => (kind === 'pair') === (pass === 'beside'));
    return own.map((item, i) => ({ pass, item, n: i + 1, of: own.length }));
  });
}

/** The answer of an item before anything was answered. A pair's has no such state: null. */
export function emptyAnswer(item: StudyItem): PictureAnswer | null {
  if (item.kind === 'pair') return null;
  return {
    kind: 'picture',
    itemId: item.itemId,
    photorealism: null,
    alignment: null,
    details: item.details.map(() => null),
  };
}

/** What a task asks, in its order: a scale, a detail by number, or which of two. */
export type Question = 'photorealism' | 'alignment' | 'better' | number;

export function questionsOf({ pass, item }: Task): Question[] {
  if (pass === 'looks') return ['photorealism'];
  if (item.kind === 'pair') return ['better'];
  return ['alignment', ...item.details.keys()];
}

/** True when the answer says something to the question. */
export function isAnswered(question: Question, answer: StudyAnswer | null): boolean {
  if (answer === null) return false;
  if (answer.kind === 'pair') return question === 'better';
  if (question === 'photorealism' || question === 'alignment') return answer[question] !== null;
  return typeof question === 'number' && (answer.details[question] ?? null) !== null;
}

/** True when nothing of the task is left to answer. */
export const isDone = (task: Task, answer: StudyAnswer | null): boolean =>
  questionsOf(task).every((question) => isAnswered(question, answer));

/** The first task that is not done, or the number of tasks when all are. */
export function firstOpen(tasks: readonly Task[], answers: ReadonlyMap<string, StudyAnswer>): number {
  const open = tasks.findIndex((task) => !isDone(task, answers.get(task.item.itemId) ?? null));
  return open < 0 ? tasks.length : open;
}

/** A sentence in parts, those that are a marked phrase named by number; phrases that overlap an earlier one are left out. */
export function markedParts(
  text: string,
  phrases: readonly string[],
): { readonly text: string; readonly phrase: number | null }[] {
  const found = phrases
    .map((phrase, index) => ({
      begin: text.indexOf(phrase),
      end: text.indexOf(phrase) + phrase.length,
      index,
    }))
    .filter(({ begin }) => begin >= 0)
    .sort((a, b) => a.begin - b.begin);
  const parts: { text: string; phrase: number | null }[] = [];
  let at = 0;
  for (const { begin, end, index } of found) {
    if (begin < at || end === begin) continue;
    if (begin > at) parts.push({ text: text.slice(at, begin), phrase: null });
    parts.push({ text: text.slice(begin, end), phrase: index });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), phrase: null });
  return parts;
}
