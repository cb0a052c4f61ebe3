import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  RECIPE_KEY,
  describe as describeRecipe,
  readText,
  recipeOf,
  withText,
} from '../../../../../main/services/gallery/index.ts';
import { HASH, recipeWith } from '../../../../support/recipe.ts';

const recipe = recipeWith({
  prompt: 'a person with a “full beard”, 髭 🧔',
  emphases: [
    ...recipeWith().emphases,
    { id: 'e2', phrase: 'shades', weight: 1, muted: true, bans: [], references: [] },
  ],
  output: { width: 64, height: 64, upscaled: false, pixelsHash: HASH },
});
const plain = (): Promise<Buffer> =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: '#369' } })
    .png()
    .toBuffer();

describe('the recipe in a PNG', () => {
  it('comes back as it went in, beside other text, and the picture stays a picture', async () => {
    const png = withText(await plain(), { Software: 'Accent', [RECIPE_KEY]: JSON.stringify(recipe) });
    expect(recipeOf(png)).toEqual(recipe);
    expect(readText(png).get('Software')).toBe('Accent');
    const pixels = (file: Buffer): Promise<Buffer> => sharp(file, { failOn: 'warning' }).raw().toBuffer();
    expect(await pixels(png)).toEqual(await pixels(await plain()));
  });

  it('is described in one line for people', () => {
    expect(describeRecipe(recipe)).toBe(
      'a person with a “full beard”, 髭 🧔 | stressed: (full beard:1.4) | refined, seed 7, 50 steps, guidance 3, pack tiny 1.0.0',
    );
  });

  it.each([
    ['a PNG without one', async () => plain(), 'bad_recipe', /holds no recipe/],
    ['no PNG', async () => Buffer.from('JPEG, perhaps'), 'not_an_image', /Expected a PNG/],
    [
      'a cut PNG',
      async () => withText(await plain(), { a: 'b'.repeat(400) }).subarray(0, -60),
      'truncated',
      /cut off/,
    ],
    ['no JSON', async () => withText(await plain(), { [RECIPE_KEY]: '{' }), 'bad_recipe', /not JSON/],
    [
      'another format',
      async () => withText(await plain(), { [RECIPE_KEY]: JSON.stringify({ ...recipe, schema: 2 }) }),
      'bad_recipe',
      /schema/,
    ],
    [
      'a path where a hash belongs',
      async () =>
        withText(await plain(), { [RECIPE_KEY]: JSON.stringify({ ...recipe, encoderHash: '../../x' }) }),
      'bad_recipe',
      /encoderHash/,
    ],
    [
      'a field too many',
      async () => withText(await plain(), { [RECIPE_KEY]: JSON.stringify({ ...recipe, run: 'rm' }) }),
      'bad_recipe',
      /run/,
    ],
  ])('%s is refused by name', async (_, make, code, message) => {
    const file = await make();
    expect(() => recipeOf(file)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
