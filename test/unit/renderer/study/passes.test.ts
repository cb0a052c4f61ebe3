import { describe, expect, it } from 'vitest';
import type { StudyAnswer, StudyItem } from '#contract';
import {
  emptyAnswer,
  firstOpen,
  isDone,
  markedParts,
  questionsOf,
  tasksOf,
} from '../../../../renderer/features/study/passes.ts';

const picture = (itemId: string, details = ['hat']): StudyItem => ({
  kind: 'picture',
  itemId,
  text: 'a hat',
  details,
  image: `i${itemId}`,
});
const items: StudyItem[] = [
  picture('a'),
  { kind: 'pair', itemId: 'b', text: 'a hat', left: 'l', right: 'r' },
  picture('c', []),
];
const answer = (itemId: string, change: object): StudyAnswer => ({
  ...(emptyAnswer(picture(itemId)) as Extract<StudyAnswer, { kind: 'picture' }>),
  ...change,
});

describe('passes', () => {
  it('ask looks of every picture first, then match, then pairs, each counted by itself', () => {
    expect(tasksOf(items).map(({ pass, item, n, of }) => [pass, item.itemId, n, of])).toEqual([
      ['looks', 'a', 1, 2],
      ['looks', 'c', 2, 2],
      ['match', 'a', 1, 2],
      ['match', 'c', 2, 2],
      ['beside', 'b', 1, 1],
    ]);
    expect(tasksOf([picture('a')]).map(({ pass }) => pass)).toEqual(['looks', 'match']);
  });

  it('ask one thing at a time', () => {
    const [looks, , match, , beside] = tasksOf(items);
    expect(looks && questionsOf(looks)).toEqual(['photorealism']);
    expect(match && questionsOf(match)).toEqual(['alignment', 0]);
    expect(beside && questionsOf(beside)).toEqual(['better']);
  });

  it('go on at the first task that is not done', () => {
    const tasks = tasksOf(items);
    expect(firstOpen(tasks, new Map())).toBe(0);
    const looked = new Map([
      ['a', answer('a', { photorealism: 5 })],
      ['c', answer('c', { photorealism: 1, details: [] })],
    ]);
    expect(firstOpen(tasks, looked)).toBe(2);
    looked.set('a', answer('a', { photorealism: 5, alignment: 2, details: [null] }));
    expect(firstOpen(tasks, looked)).toBe(2);
    looked.set('a', answer('a', { photorealism: 5, alignment: 2, details: [false] }));
    looked.set('c', answer('c', { photorealism: 1, alignment: 4, details: [] }));
    expect(firstOpen(tasks, looked)).toBe(4);
    looked.set('b', { kind: 'pair', itemId: 'b', better: 'same' });
    expect(firstOpen(tasks, looked)).toBe(5);
    expect(tasks.every((task) => isDone(task, looked.get(task.item.itemId) ?? null))).toBe(true);
  });
});

describe('marked parts of a sentence', () => {
  it('are its details in their places; what overlaps or is not there stays plain', () => {
    expect(markedParts('a red hat and a hat', ['red hat', 'hat', 'a beard'])).toEqual([
      { text: 'a ', phrase: null },
      { text: 'red hat', phrase: 0 },
      { text: ' and a hat', phrase: null },
    ]);
    expect(markedParts('plain', [])).toEqual([{ text: 'plain', phrase: null }]);
  });
});
