import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { CheckTextRequest, CheckTextResponse } from '../../../../../contract/index.ts';
import { makeTestHost } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';

let test: TestHost;
let started: string[];
beforeAll(() => {
  started = [];
  // Any process that would be asked is an error here: the answer must not wait for the engine.
  test = makeTestHost((entry) => {
    started.push(entry);
    throw new Error(`the ${entry} process was started`);
  });
});
afterAll(async () => {
  await test.dispose();
});

async function check(text: string, packId?: string): Promise<CheckTextResponse> {
  const input = v.parse(CheckTextRequest, { text, ...(packId === undefined ? {} : { packId }) });
  const answer = await test.host.services.packs.checkText(input, { signal: new AbortController().signal });
  return v.parse(CheckTextResponse, answer);
}

describe('packs.checkText', () => {
  it('has nothing to say of words that the pack knows', async () => {
    expect(await check('a person with a red beard', 'tiny')).toEqual({ cutAt: null, unknown: [] });
    expect(await check('', 'tiny')).toEqual({ cutAt: null, unknown: [] });
  });

  it('names unknown words by their place in the very text that came', async () => {
    const text = '  A person\twith  a zeppelin, 🙂 and a Red qqq';
    const { cutAt, unknown } = await check(text, 'tiny');
    expect(cutAt).toBeNull();
    expect(unknown.map((u) => u.word)).toEqual(['zeppelin', '🙂', 'qqq']);
    for (const { start, end, word } of unknown) expect(text.slice(start, end)).toBe(word);
  });

  it('says from where the encoder does not read', async () => {
    // 16 tokens with [CLS] and [SEP]: 14 words.
    const { cutAt, unknown } = await check(`${'red '.repeat(14)}blue zzz`, 'tiny');
    expect(cutAt).toBe('red '.repeat(14).length);
    expect(unknown).toEqual([]);
  });

  it('takes the pack of the settings, else the first that generates, and starts no process', async () => {
    expect((await check('a zzz')).unknown).toHaveLength(1);
    const { settings } = test.host.services;
    const context = { signal: new AbortController().signal };
    await settings.set({ packId: 'absent' }, context);
    await expect(check('a zzz')).rejects.toMatchObject({ code: 'not_found' });
    await settings.set({ packId: null }, context);
    await expect(check('a zzz', 'absent')).rejects.toMatchObject({ code: 'not_found' });
    expect(started).toEqual([]);
  });
});
