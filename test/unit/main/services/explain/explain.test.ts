/** Why a kept picture looks as it does, over the tiny pack: asked once, kept with the picture, gone with it. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainEvent, Explanation, Result } from '../../../../../contract/index.ts';
import { generateDone, idle, importAll, makeTestHost, writePictures } from '../../../../support/host.ts';
import type { TestHost } from '../../../../support/host.ts';

let test: TestHost;
let results: Result[];
let pairId: string;
beforeAll(async () => {
  test = makeTestHost();
  await writePictures(join(test.folder, 'pictures'));
  await importAll(test.host, join(test.folder, 'pictures'));
  const { done } = await generateDone(test.host, {
    prompt: 'a person with red beard and green shades',
    emphases: [
      { id: 'e1', phrase: 'red beard' },
      { id: 'e2', phrase: 'green shades', muted: true },
      { id: 'e3', phrase: 'blue', weight: 0.5 },
    ],
    steps: 12,
  });
  ({ results, pairId } = done);
});
afterAll(async () => {
  await test.dispose();
});

const service = () => test.host.services.explain;
const imageOf = (arm: string, large: boolean): string => {
  const own = results.filter((r) => r.arm === arm).sort((a, b) => a.width - b.width);
  return (large ? own.at(-1) : own[0])?.imageId ?? 'none';
};
const file = (): string => join(test.home, 'images', `${imageOf('refined', false)}.why`);

async function explain(imageId: string, signal = idle.signal): Promise<ExplainEvent[]> {
  const events: ExplainEvent[] = [];
  for await (const event of service().run({ imageId }, { signal })) events.push(event);
  return events;
}

describe('why', () => {
  it('is nothing before it was asked', async () => {
    expect(await service().kept({ imageId: imageOf('refined', true) }, idle)).toEqual({ explanation: null });
  });

  it('can be stopped on the way, and then keeps nothing', async () => {
    for await (const event of service().run({ imageId: imageOf('refined', false) }, idle))
      if (event.type === 'step' && event.arm === 'refined') break;
    expect(existsSync(file())).toBe(false);
  });

  it('runs the kept picture again, explains each phrase that had an effect, and is kept over a restart', async () => {
    const events = await explain(imageOf('refined', true));
    expect(events.filter(({ type }) => type === 'step').length).toBeGreaterThanOrEqual(24);
    const last = events.at(-1);
    const made = last?.type === 'done' ? last.explanation : undefined;
    expect(made).toMatchObject({ imageId: imageOf('refined', false), same: true, steps: 12 });
    expect(made?.phrases.map(({ phrase, weight }) => [phrase, weight])).toEqual([
      ['red beard', 1],
      ['blue', 0.5],
    ]);
    await test.restart();
    const kept: { explanation: Explanation | null } = await service().kept(
      { imageId: imageOf('refined', false) },
      idle,
    );
    expect(kept.explanation).toEqual(made);
  });

  it('is made again where the file is not what this version writes', async () => {
    writeFileSync(file(), 'no frame');
    expect(await service().kept({ imageId: imageOf('refined', false) }, idle)).toEqual({ explanation: null });
    await explain(imageOf('refined', false));
    expect((await service().kept({ imageId: imageOf('refined', false) }, idle)).explanation).not.toBeNull();
  });

  it('is asked of refined pictures only', async () => {
    await expect(explain(imageOf('coarse', false))).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(explain('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('goes with the picture', async () => {
    expect(existsSync(file())).toBe(true);
    await test.host.services.gallery.remove({ pairIds: [pairId] }, idle);
    await test.host.services.gallery.purge({ pairIds: [pairId] }, idle);
    expect(readdirSync(join(test.home, 'images'))).toEqual([]);
  });
});
