/** Studies over made-up pictures; every answer here is synthetic and named so. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Arm, RatingSheet, StudyAnswer, StudyItem, StudySet } from '#contract';
import { makeStudy, sealOf } from '../../../../../main/services/study/index.ts';
import type { StudyPicture } from '../../../../../main/services/study/index.ts';
import type { KeyEntry } from '../../../../../main/services/study/draw.ts';
import { csvOf, resultsOf } from '../../../../../main/services/study/results.ts';

const ARMS: Arm[] = ['coarse', 'refined'];
const live = { signal: new AbortController().signal };
const folder = mkdtempSync(join(tmpdir(), 'accent-study-'));
/** Prompt 9 lacks an arm, so it cannot be shown. */
const pictures = (): StudyPicture[] =>
  Array.from({ length: 10 }, (_, prompt) => prompt).flatMap((prompt) =>
    ARMS.filter((arm) => prompt !== 9 || arm === 'coarse').map((arm) => ({
      prompt,
      arm,
      text: `sentence ${prompt}`,
      details: [
        { phrase: 'hat', reader: true },
        { phrase: 'beard', reader: null },
      ],
      size: 2,
      // The picture says what it is, so that the test can look behind the ids.
      rgb: Uint8Array.from({ length: 12 }, (__, i) => (i === 0 ? prompt : ARMS.indexOf(arm) * 100)),
    })),
  );
const { service } = makeStudy({
  folder,
  pictures: (_, arms) => pictures().filter((p) => arms.includes(p.arm)),
  now: () => 5,
});
const make = (studyId: string, change: object = {}) =>
  service.make(
    {
      studyId,
      evaluationId: 'results',
      arms: ARMS,
      prompts: 6,
      repeats: 0.5,
      pairs: true,
      seed: 1,
      ...change,
    },
    live,
  );
const keyOf = (studyId: string): KeyEntry[] =>
  (JSON.parse(readFileSync(join(folder, studyId, 'key.json'), 'utf8')) as { entries: KeyEntry[] }).entries;

/** Likes refined pictures, sees every hat and no beard. */
function opinion(item: StudyItem, key: readonly KeyEntry[]): StudyAnswer {
  const entry = key.find((k) => k.itemId === item.itemId);
  if (entry?.kind === 'pair' && item.kind === 'pair')
    return { kind: 'pair', itemId: item.itemId, better: entry.left === 'refined' ? 'left' : 'right' };
  const refined = entry?.kind === 'picture' && entry.arm === 'refined';
  return {
    kind: 'picture',
    itemId: item.itemId,
    photorealism: refined ? 5 : 3,
    alignment: refined ? 4 : 2,
    details: [true, false],
  };
}
async function rateAll(set: StudySet, rater: string, synthetic = true): Promise<RatingSheet> {
  const key = keyOf(set.studyId);
  for (const item of set.items)
    await service.rate({ studyId: set.studyId, rater, synthetic, answer: opinion(item, key) }, live);
  return service.seal({ studyId: set.studyId, rater }, live);
}

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a blind set', () => {
  it('shows each prompt in every arm, side by side, and a share twice; the arms are in the key only', async () => {
    const set = await make('drawn');
    // 6 prompts: 12 pictures, 6 pairs, and half of these 18 again.
    expect(set.items).toHaveLength(27);
    expect(set.items.filter((i) => i.kind === 'pair').length).toBeGreaterThanOrEqual(6);
    const key = keyOf('drawn');
    expect(key.filter((k) => k.of !== null)).toHaveLength(9);
    expect(JSON.stringify(set)).not.toMatch(/coarse|refined/);
    expect(set.items.some((i) => i.text === 'sentence 9')).toBe(false);
    const order = set.items
      .slice(0, 18)
      .map((i) => key.findIndex((k) => k.itemId === i.itemId && k.kind === 'pair'));
    expect(new Set(order).size).toBeGreaterThan(1);
    const sides = key.flatMap((k) => (k.kind === 'pair' ? [k.left] : []));
    expect(new Set(sides).size).toBe(2);
  });

  it('has pictures without any metadata, each showing of a picture under a name of its own', async () => {
    const names = readdirSync(join(folder, 'drawn', 'images'));
    const images = names.map((name) => readFileSync(join(folder, 'drawn', 'images', name)));
    const key = keyOf('drawn');
    expect(names).toHaveLength(key.reduce((n, k) => n + (k.kind === 'pair' ? 2 : 1), 0));
    for (const png of images) {
      const chunks: string[] = [];
      for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
        chunks.push(png.toString('latin1', at + 4, at + 8));
      expect(new Set(chunks)).toEqual(new Set(['IHDR', 'IDAT', 'IEND']));
    }
    const { png } = await service.image({ studyId: 'drawn', image: (names[0] as string).slice(0, -4) }, live);
    expect(Buffer.from(png)).toEqual(images[0]);
    await expect(service.image({ studyId: 'drawn', image: 'none' }, live)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('is not made twice, and not of arms that are not there', async () => {
    await expect(make('drawn')).rejects.toMatchObject({ code: 'conflict' });
    await expect(make('other', { arms: ['coarse', 'wrong'] })).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.set({ studyId: 'other' }, live)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('sheets', () => {
  it('are revealed only when all are sealed, and take no answer after that', async () => {
    const set = await make('sheets', { prompts: 2 });
    const studyId = 'sheets';
    await expect(service.reveal({ studyId }, live)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('no raters yet') as string,
    });
    const first = set.items[0] as StudyItem;
    const answer = opinion(first, keyOf(studyId));
    await service.rate({ studyId, rater: 'ann', synthetic: true, answer }, live);
    await expect(service.seal({ studyId, rater: 'ann' }, live)).rejects.toMatchObject({ code: 'conflict' });
    await expect(service.reveal({ studyId }, live)).rejects.toMatchObject({
      message: expect.stringContaining('ann has not sealed') as string,
    });
    const sealed = await rateAll(set, 'ann');
    expect(sealed.seal).toBe(sealOf(sealed));
    expect(await service.sheet({ studyId, rater: 'ann' }, live)).toEqual(sealed);
    await expect(
      service.rate({ studyId, rater: 'ann', synthetic: true, answer }, live),
    ).rejects.toMatchObject({
      code: 'conflict',
    });
    const { results } = await service.reveal({ studyId }, live);
    expect(results).toMatchObject({ raters: 0, synthetic: 1 });
  });

  it('from elsewhere are merged sealed, unchanged and once', async () => {
    const set = await make('merge', { prompts: 2 });
    const ben = await rateAll(set, 'ben');
    rmSync(join(folder, 'merge', 'sheets', 'ben.json'));
    const merge = (sheet: RatingSheet) => service.merge({ studyId: 'merge', sheet }, live);
    await expect(merge({ ...ben, seal: null })).rejects.toMatchObject({ code: 'conflict' });
    await expect(merge({ ...ben, answers: ben.answers.slice(1) })).rejects.toMatchObject({
      message: expect.stringContaining('changed after it was sealed') as string,
    });
    await expect(merge({ ...ben, keyHash: '0'.repeat(64) })).rejects.toMatchObject({
      message: expect.stringContaining('another study') as string,
    });
    await merge(ben);
    await merge(ben);
    const other = { ...ben, answers: [...ben.answers].reverse() };
    await expect(merge({ ...other, seal: sealOf(other) })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('that do not fit the set are refused', async () => {
    const set = await make('fit', { prompts: 2, repeats: 0 });
    const item = set.items.find((i) => i.kind === 'picture') as StudyItem;
    const rate = (answer: StudyAnswer) =>
      service.rate({ studyId: 'fit', rater: 'cy', synthetic: true, answer }, live);
    await expect(rate({ kind: 'pair', itemId: item.itemId, better: 'left' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    const short = { ...opinion(item, keyOf('fit')), details: [true] } as StudyAnswer;
    await expect(rate(short)).rejects.toMatchObject({
      message: expect.stringContaining('needs 2 answers') as string,
    });
  });
});

describe('answers in passes', () => {
  it('fill up: what a later pass leaves open stays, and an item counts once it is whole', async () => {
    const set = await make('passes', { prompts: 1, repeats: 0, pairs: false });
    const studyId = 'passes';
    const { itemId } = set.items[0] as StudyItem;
    const rate = (change: object) =>
      service.rate(
        {
          studyId,
          rater: 'dee',
          synthetic: false,
          answer: {
            kind: 'picture',
            itemId,
            photorealism: null,
            alignment: null,
            details: [null, null],
            ...change,
          },
        },
        live,
      );
    const answered = async () =>
      (await service.list({}, live)).studies.find((s) => s.studyId === studyId)?.raters[0]?.answered;
    await rate({ photorealism: 3 });
    expect(await answered()).toBe(0);
    await rate({ alignment: 4, details: [true, null] });
    const sheet = await rate({ details: [null, false] });
    expect(sheet.answers).toEqual([
      { kind: 'picture', itemId, photorealism: 3, alignment: 4, details: [true, false] },
    ]);
    expect(await answered()).toBe(1);
    expect((await rate({ photorealism: 5 })).answers[0]).toMatchObject({ photorealism: 5, alignment: 4 });
    await expect(service.seal({ studyId, rater: 'dee' }, live)).rejects.toMatchObject({
      message: expect.stringContaining('lacks 1 of 2') as string,
    });
  });

  it('are not merged from a sheet that was sealed with one left open', async () => {
    const set = await make('holes', { prompts: 1, repeats: 0 });
    const whole = await rateAll(set, 'eve');
    rmSync(join(folder, 'holes', 'sheets', 'eve.json'));
    const holed = {
      ...whole,
      answers: whole.answers.map((a) => (a.kind === 'picture' ? { ...a, alignment: null } : a)),
    };
    await expect(
      service.merge({ studyId: 'holes', sheet: { ...holed, seal: sealOf(holed) } }, live),
    ).rejects.toMatchObject({ message: expect.stringContaining('lacks answers') as string });
  });
});

describe('a set from elsewhere', () => {
  const elsewhere = makeStudy({
    folder: join(folder, 'elsewhere', 'studies'),
    pictures: () => [],
    now: () => 6,
  }).service;

  it('is taken in picture by picture, rated there, and revealed only where it was made', async () => {
    const set = await make('given', { prompts: 1, repeats: 0 });
    const { lacks } = await elsewhere.take(set, live);
    expect(lacks).toHaveLength(4);
    await expect(elsewhere.set({ studyId: 'given' }, live)).rejects.toMatchObject({ code: 'not_found' });
    const images = await Promise.all(
      lacks.map(async (image) => ({
        image,
        png: (await service.image({ studyId: 'given', image }, live)).png,
      })),
    );
    const [first, ...rest] = images as [(typeof images)[number], ...typeof images];
    await elsewhere.takeImages({ studyId: 'given', images: [first] }, live);
    // A break in between: the same set again asks for what is missing only.
    expect(await elsewhere.take(set, live)).toEqual({ lacks: rest.map((i) => i.image) });
    expect(await elsewhere.takeImages({ studyId: 'given', images: rest }, live)).toEqual({ lacks: [] });
    expect((await elsewhere.list({}, live)).studies).toEqual([
      { studyId: 'given', createdAt: 5, items: set.items.length, own: false, raters: [] },
    ]);
    expect((await elsewhere.image({ studyId: 'given', image: first.image }, live)).png).toEqual(first.png);
    const key = keyOf('given');
    for (const item of set.items)
      await elsewhere.rate(
        { studyId: 'given', rater: 'fay', synthetic: true, answer: opinion(item, key) },
        live,
      );
    const sheet = await elsewhere.seal({ studyId: 'given', rater: 'fay' }, live);
    await expect(elsewhere.reveal({ studyId: 'given' }, live)).rejects.toMatchObject({
      message: expect.stringContaining('from elsewhere') as string,
    });
    await expect(elsewhere.take(set, live)).rejects.toMatchObject({ code: 'conflict' });
    await service.merge({ studyId: 'given', sheet }, live);
    expect((await service.reveal({ studyId: 'given' }, live)).results.synthetic).toBe(1);
  });

  it('keeps nothing of a picture but its pixels, and refuses what is no picture of it', async () => {
    const set = await make('odd', { prompts: 1, repeats: 0, pairs: false });
    const [image = ''] = (await elsewhere.take(set, live)).lacks;
    const { png } = await service.image({ studyId: 'odd', image }, live);
    const text = Buffer.from('\0\0\0\x04tEXtseed\0\0\0\0', 'latin1');
    const told = Buffer.concat([png.subarray(0, 33), text, png.subarray(33)]);
    const give = (name: string, bytes: Uint8Array) =>
      elsewhere.takeImages({ studyId: 'odd', images: [{ image: name, png: bytes }] }, live);
    await expect(give('other', png)).rejects.toMatchObject({ code: 'invalid_input' });
    for (const bad of [Buffer.from('no'), png.subarray(0, png.length - 3), told.subarray(0, 40)])
      await expect(give(image, bad)).rejects.toMatchObject({
        message: expect.stringContaining('not a whole PNG') as string,
      });
    await give(image, told);
    const [second = ''] = (await elsewhere.take(set, live)).lacks;
    await give(second, (await service.image({ studyId: 'odd', image: second }, live)).png);
    expect((await elsewhere.image({ studyId: 'odd', image }, live)).png).toEqual(png);
  });
});

describe('the reveal', () => {
  it('gives figures by arm, agreement, and every answer as CSV and JSON', async () => {
    const set = await make('figures');
    await rateAll(set, 'ann');
    await rateAll(set, 'ben');
    const { results, csv, json } = await service.reveal({ studyId: 'figures' }, live);
    expect(
      results.arms.map((a) => [
        a.arm,
        a.pictures,
        a.photorealism?.value,
        a.alignment?.value,
        a.detail?.value,
      ]),
    ).toEqual([
      ['coarse', 12, 3, 2, 50],
      ['refined', 12, 5, 4, 50],
    ]);
    expect(results.arms[0]?.strength?.value).toBe(0);
    // 12 wins of 12, and half a win each more.
    expect(results.arms[1]?.strength?.value).toBeCloseTo(Math.log(12.5 / 0.5), 6);
    expect(results.agreement.photorealism).toEqual({ alpha: 1, selfConsistency: 1 });
    expect(results.agreement.pair.selfConsistency).toBe(1);
    // The reader has a word for the hat only, and sees it as people do.
    expect(results.readerAgreement?.value).toBe(100);
    const lines = csv.split('\r\n');
    expect(lines).toHaveLength(2 * set.items.length + 2);
    expect(lines[0]).toContain('rater,synthetic,itemId');
    expect((JSON.parse(json) as { rows: unknown[] }).rows).toHaveLength(2 * set.items.length);
  });

  it('never counts synthetic sheets beside those of people', () => {
    const set = {
      studyId: 'x',
      keyHash: '0'.repeat(64),
      seal: null,
      format: 'accent-ratings',
      schema: 1,
    } as const;
    const key: KeyEntry[] = [
      { kind: 'picture', itemId: 'i', prompt: 0, of: null, arm: 'coarse', reader: [null] },
    ];
    const sheet = (rater: string, synthetic: boolean, photorealism: 1 | 5): RatingSheet => ({
      ...set,
      rater,
      synthetic,
      answers: [{ kind: 'picture', itemId: 'i', photorealism, alignment: 1, details: [true] }],
    });
    const both = resultsOf('x', ['coarse'], [sheet('a', true, 5), sheet('b', false, 1)], key, () => 0);
    expect(both).toMatchObject({ raters: 1, synthetic: 1, arms: [{ photorealism: { value: 1 } }] });
  });

  it('refuses a key that is not the one of the set', async () => {
    const set = await make('key', { prompts: 2 });
    await rateAll(set, 'ann');
    const path = join(folder, 'key', 'key.json');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('refined', 'coarse2'));
    await expect(service.reveal({ studyId: 'key' }, live)).rejects.toMatchObject({ code: 'hash_mismatch' });
  });

  it('writes cells that table programs take as text', () => {
    expect(csvOf([{ a: '=1+1', b: 'x,"y"', c: 3 }])).toBe('a,b,c\r\n\'=1+1,"x,""y""",3\r\n');
  });
});
