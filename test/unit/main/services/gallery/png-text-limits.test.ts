import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { RECIPE_KEY, readText, recipeOf, withText } from '../../../../../main/services/gallery/index.ts';

const plain = (): Promise<Buffer> =>
  sharp({ create: { width: 2, height: 2, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();
const LARGE = 'x'.repeat(256 * 1024 + 1);

describe('text of a PNG', () => {
  it('says that a recipe is too large rather than that there is none', async () => {
    const png = withText(await plain(), { [RECIPE_KEY]: LARGE });
    expect(() => recipeOf(png)).toThrow(expect.objectContaining({ code: 'too_large' }) as Error);
  });

  it('passes over a large entry of another key', async () => {
    const png = withText(await plain(), { other: LARGE, small: 'kept' });
    expect([...readText(png, RECIPE_KEY)]).toEqual([['small', 'kept']]);
  });

  it('sees a changed byte by its checksum', async () => {
    const png = withText(await plain(), { key: 'seed 7' });
    png[png.indexOf('seed 7') + 5] = '8'.charCodeAt(0);
    expect(() => readText(png)).toThrow(expect.objectContaining({ code: 'corrupt_image' }) as Error);
  });

  it('refuses a file without its end', async () => {
    const png = withText(await plain(), { key: 'text' });
    for (const cut of [12, 20])
      expect(() => readText(png.subarray(0, png.length - cut))).toThrow(
        expect.objectContaining({ code: 'truncated' }) as Error,
      );
  });
});
