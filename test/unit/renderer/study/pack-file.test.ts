import { describe, expect, it } from 'vitest';
import type { StudySet } from '#contract';
import { readPackFile, writePackFile } from '../../../../renderer/features/study/pack-file.ts';

const set: StudySet = {
  format: 'accent-study',
  schema: 1,
  studyId: 'hats',
  createdAt: 1,
  items: [
    { kind: 'picture', itemId: 'a', text: 'a hat', details: ['hat'], image: 'p' },
    { kind: 'pair', itemId: 'b', text: 'a hat', left: 'l', right: 'r' },
  ],
  keyHash: '0'.repeat(64),
};
const images = new Map(['p', 'l', 'r'].map((name, i) => [name, Uint8Array.of(137, 80, i, 255)]));

describe('a study file', () => {
  it('holds the set and every picture, byte for byte', async () => {
    const file = await readPackFile(writePackFile({ set, images }));
    expect(file.set).toEqual(set);
    expect([...file.images]).toEqual([...images]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['another file', JSON.stringify({ format: 'accent-ratings' })],
    ['no pictures', JSON.stringify({ format: 'accent-study-pack', set })],
    ['a broken picture', writePackFile({ set, images }).replace('"p":"', '"p":"*')],
  ])('is refused with words: %s', async (_, text) => {
    await expect(readPackFile(text)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('not a study file') as string,
    });
  });

  it('is refused where a picture is missing, or the set is none', async () => {
    const without = new Map([...images].slice(1));
    await expect(readPackFile(writePackFile({ set, images: without }))).rejects.toMatchObject({
      message: expect.stringContaining('lacks a picture') as string,
    });
    const odd = { ...set, items: [] };
    await expect(readPackFile(writePackFile({ set: odd, images }))).rejects.toMatchObject({
      message: expect.stringContaining('items') as string,
    });
  });
});
