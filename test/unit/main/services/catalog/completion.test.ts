/** What is typed, completed from tags and captions of a real store. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCompletion, wordsOf } from '../../../../../main/services/catalog/completion.ts';
import type { Completion } from '../../../../../main/services/catalog/completion.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';

let rig: CatalogRig;
let completion: Completion;
let count: number;
beforeEach(() => {
  rig = makeCatalogRig([packOf('a', 4)]);
  completion = makeCompletion(rig.store);
  count = 0;
});
afterEach(() => {
  completion.stop();
  rig.dispose();
});

/** An image of the catalog with this caption and these tags, and a name that must never be offered. */
function image(caption: string, tags: readonly string[] = []): void {
  const hash = (++count).toString(16).padStart(64, '0');
  const common = { content_hash: hash, name: `bearing-${count}.png` };
  rig.store.transaction(() => {
    rig.store.write.images.image({
      ...common,
      image_id: hash.slice(-24),
      width: 4,
      height: 4,
      imported_at: count,
      root_id: null,
    });
    rig.store.write.facts.put({
      ...common,
      format: 'png',
      bytes: 1,
      taken_at: null,
      at: 0,
      look: null,
      caption,
    });
    rig.store.write.facts.tag(hash, tags, []);
  });
}

async function offered(prefixes: string[], limit = 6): Promise<string[]> {
  await completion.settled();
  const idle = { signal: new AbortController().signal };
  const { phrases } = await completion.complete({ prefixes, limit }, idle);
  return phrases.map(({ phrase, from }) => `${from} ${phrase}`);
}

describe('completion from the catalog', () => {
  it('offers tags as a whole and words of captions, those of most images first, and no file names', async () => {
    image('a beard and a beret', ['bear costume']);
    image('a beret', ['bear costume', 'Beach']);
    image('a Beret of felt');
    expect(await offered(['bear'])).toEqual(['tag bear costume', 'caption beard']);
    expect(await offered(['BE'])).toEqual([
      'tag bear costume',
      'tag Beach',
      'caption beret',
      'caption beard',
    ]);
    expect(await offered(['be'], 1)).toEqual(['tag bear costume']);
  });

  it('takes the longest beginning first, a phrase of several words too', async () => {
    image('costume jewellery', ['bear costume', 'costly']);
    expect(await offered(['with bear cos', 'bear cos', 'cos'])).toEqual([
      'tag bear costume',
      'tag costly',
      'caption costume',
    ]);
  });

  it('leaves out what is typed already, and words that stand nearly everywhere', async () => {
    for (let i = 0; i < 40; i++) image(i < 10 ? 'painted with oil' : 'drawn with wire');
    expect(await offered(['with'])).toEqual([]);
    expect(await offered(['wi'])).toEqual([]);
    expect(await offered(['oi'])).toEqual(['caption oil']);
  });

  it('learns what comes in later, and answers before all is read', async () => {
    image('a parrot');
    expect(await offered(['pa'])).toEqual(['caption parrot']);
    image('a palm', ['%odd_tag']);
    expect(await offered(['pa'])).toEqual(['caption palm', 'caption parrot']);
    expect(await offered(['%o'])).toEqual(['tag %odd_tag']);
  });

  it('reads words of any script, each once', () => {
    expect([...wordsOf('Ein Hut, ein hut: Überzug d’or 3d x2 10')]).toEqual([
      'ein',
      'hut',
      'überzug',
      'd’or',
    ]);
  });
});
