/** A second pack gets its vectors in the background: it makes way, hurries when it is needed, stops and goes on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VectorPass } from '../../../../../contract/index.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';
import { pngOf } from '../../../../support/images.ts';

const IMAGES = 20;
const packs = [packOf('a', 8), packOf('b', 16), packOf('c', 32)] as const;
const [, b, c] = packs;
const B = b.manifest.parts.encoderWeights.sha256;
const idle = { signal: new AbortController().signal };

let rig: CatalogRig;
let busy: boolean;
beforeEach(async () => {
  busy = false;
  rig = makeCatalogRig(packs, { busy: () => busy });
  const pictures = join(rig.folder, 'pictures');
  mkdirSync(pictures);
  for (let n = 0; n < IMAGES; n++)
    writeFileSync(join(pictures, `${n}.png`), await pngOf([250 - n * 10, 20 + n * 10, n * 3]));
  await rig.importAll(pictures, 'a');
});
afterEach(async () => {
  await rig.catalog.stopPasses();
  rig.dispose();
});

const search = async (packId: string, from = rig) =>
  (await from.catalog.service.search({ text: 'red', k: 5, packId }, idle)).hits.map((h) => h.image.name);

/** States of a pass from now on, until one of the given kind has come. */
async function watch(
  until: VectorPass['state'],
  meet: (state: VectorPass) => void = () => undefined,
  from = rig,
): Promise<VectorPass[]> {
  const states: VectorPass[] = [];
  const end = new AbortController();
  for await (const state of from.catalog.service.vectorPasses({}, { signal: end.signal })) {
    states.push(v.parse(VectorPass, state));
    meet(state);
    if (state.state === until) end.abort();
  }
  return states;
}

describe('vectors for a second pack', () => {
  it('come in the background, wait for what else goes on, and the first pack answers meanwhile', async () => {
    busy = true;
    const first = await rig.catalog.service.addVectors({ packId: 'b' }, idle);
    expect(first).toMatchObject({ packId: 'b', state: 'waiting', done: 0, of: IMAGES, error: null });
    expect(await search('a')).toHaveLength(5);
    expect(rig.store.read.images.countWithoutVector(B)).toBe(IMAGES);
    busy = false;
    const states = await watch('done');
    expect(states.at(-1)).toMatchObject({ state: 'done', done: IMAGES, of: IMAGES, unread: 0 });
    expect(states.filter((s) => s.state === 'running').length).toBeGreaterThan(1);
    expect(rig.store.read.images.countWithoutVector(B)).toBe(0);
    const decoded = rig.decoded.length;
    expect(await search('b')).toEqual(await search('a'));
    expect(rig.decoded.length).toBe(decoded);
  });

  it('are hurried by a search that needs them', async () => {
    busy = true;
    await rig.catalog.service.addVectors({ packId: 'b' }, idle);
    expect(await search('b')).toEqual(await search('a'));
    expect(rig.store.read.images.countWithoutVector(B)).toBe(0);
  });

  it('stop with the studio and go on at the next start, for packs that were begun', async () => {
    await rig.catalog.service.addVectors({ packId: 'b' }, idle);
    await watch('running', (state) => {
      busy = state.state === 'running';
    });
    await watch('waiting');
    const left = rig.store.read.images.countWithoutVector(B);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(IMAGES);
    const stopped = watch('stopped');
    await rig.catalog.stopPasses();
    expect((await stopped).at(-1)).toMatchObject({ state: 'stopped', error: null });
    rig.store.close();

    const again = makeCatalogRig(packs, {}, rig.folder);
    try {
      await again.catalog.resumePasses(packs);
      expect((await watch('done', undefined, again)).at(-1)).toMatchObject({
        packId: 'b',
        of: left,
        done: left,
      });
      expect(again.store.read.images.countWithoutVector(B)).toBe(0);
      expect(again.store.read.images.countWithoutVector(c.manifest.parts.encoderWeights.sha256)).toBe(IMAGES);
    } finally {
      await again.catalog.stopPasses();
      again.store.close();
    }
  });

  it('say what went wrong, and are begun anew by the next who needs them', async () => {
    let fails = true;
    rig.store.close();
    const again = makeCatalogRig(
      packs,
      {
        decode: (file, size) =>
          fails && size === 16 ? Promise.reject(new Error('the decoder is broken')) : rig.decode(file, size),
      },
      rig.folder,
    );
    try {
      const failed = watch('failed', undefined, again);
      await again.catalog.service.addVectors({ packId: 'b' }, idle);
      expect((await failed).at(-1)).toMatchObject({ state: 'failed', error: { code: 'internal' } });
      fails = false;
      expect(await search('b', again)).toHaveLength(5);
    } finally {
      again.store.close();
    }
  });
});
