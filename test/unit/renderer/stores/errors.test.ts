import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it } from 'vitest';
import { AppError } from '#contract';
import { useErrorsStore } from '../../../../renderer/stores/errors.ts';

beforeEach(() => {
  setActivePinia(createPinia());
});
const full = new AppError('disk_full', 'The disk is full.', { details: { free: 12 } });

it('keeps what went wrong, newest first, and an error that stands in two places once', () => {
  const errors = useErrorsStore();
  errors.note(full, 1000);
  errors.note(full, 1400);
  errors.note({ code: 'conflict', message: 'Not now.' }, 1500);
  errors.note(full, 9000);
  expect(errors.list.map(({ at, code }) => [at, code])).toEqual([
    [9000, 'disk_full'],
    [1500, 'conflict'],
    [1000, 'disk_full'],
  ]);
  expect(errors.asText()).toContain('1970-01-01T00:00:09.000Z {\n "code": "disk_full"');
  expect(errors.asText()).toContain('"free": 12');
  errors.clear();
  expect(errors.asText()).toBe('');
});

it('forgets the oldest beyond a hundred', () => {
  const errors = useErrorsStore();
  for (let i = 0; i < 120; i++) errors.note({ code: 'internal', message: `number ${i}` }, i);
  expect(errors.list).toHaveLength(100);
  expect(errors.list.at(-1)?.message).toBe('number 20');
});
