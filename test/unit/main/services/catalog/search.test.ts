/** Search by words, image, picture and sums; filters, folding, diversity; what is remembered for a phrase. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ImageDetail,
  Duplicates,
  ReferencesRequest,
  ReferencesResponse,
  SearchRequest,
  SearchResponse,
} from '../../../../../contract/index.ts';
import { nativeRows } from '../../../../../main/services/catalog/index.ts';
import type { MakeRows } from '../../../../../main/services/catalog/index.ts';
import { lookDistance, lookOf } from '../../../../../main/services/catalog/look.ts';
import { kernel } from '../../../../native/support.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';

/** Undefined: WebAssembly. */
const scans: [string, MakeRows | undefined][] = [
  ['WebAssembly', undefined],
  ['the native scan', nativeRows((width) => kernel().scan.rows(width))],
];
const idle = { signal: new AbortController().signal };
let rig: CatalogRig;
let folder: string;
const hash = new Map<string, string>();
const id = new Map<string, string>();

/** A picture of stripes in one colour: its look is its number. */
function stripes(n: number, [r, g, b]: readonly number[], size = 64) {
  const raw = Buffer.alloc(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const cell = Math.floor((x * 9) / size) + 9 * Math.floor((y * 8) / size);
      const on = ((n * 2654435761 + cell * 40503) >>> 5) % 3 === 0 ? 0.4 : 1;
      raw.set([(r ?? 0) * on, (g ?? 0) * on, (b ?? 0) * on], (y * size + x) * 3);
    }
  return sharp(raw, { raw: { width: size, height: size, channels: 3 } });
}

describe.each(scans)('over %s', (_, rows) => {
  beforeAll(async () => {
    rig = makeCatalogRig([packOf('a', 32)], { rows });
    folder = join(rig.folder, 'pictures');
    mkdirSync(folder);
    const put = (name: string, bytes: Buffer): void => {
      writeFileSync(join(folder, name), bytes);
    };
    put('red.png', await stripes(1, [250, 20, 20]).png().toBuffer());
    put('red-small.jpg', await stripes(1, [250, 20, 20]).resize(40, 40).jpeg({ quality: 80 }).toBuffer());
    put('red-other.png', await stripes(2, [250, 22, 20]).png().toBuffer());
    put('orange.png', await stripes(3, [220, 120, 20]).png().toBuffer());
    put('green.png', await stripes(4, [20, 250, 20]).png().toBuffer());
    put('blue.webp', await stripes(5, [20, 20, 250]).webp().toBuffer());
    writeFileSync(join(folder, 'blue.txt'), 'Café by the sea');
    await rig.importAll(folder, 'a');
    for (const { content_hash, image_id, name } of rig.store.read.images.page(
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
      99,
    )) {
      hash.set(name, content_hash);
      id.set(name, image_id);
    }
  });
  afterAll(() => {
    rig.dispose();
  });

  async function search(request: object): Promise<{ name: string; alike?: number | undefined }[]> {
    const input = v.parse(SearchRequest, { packId: 'a', ...request });
    const { hits } = v.parse(SearchResponse, await rig.catalog.service.search(input, idle));
    expect(hits.map((h) => h.rank)).toEqual(hits.map((_, i) => i + 1));
    return hits.map((h) => ({ name: h.image.name, ...(h.alike === undefined ? {} : { alike: h.alike }) }));
  }
  /** The order in which an image came in. */
  const place = (name: string): number => rig.store.read.facts.one(hash.get(name) ?? '')?.number ?? 0;
  const names = async (request: object): Promise<string[]> => (await search(request)).map((h) => h.name);
  async function references(request: object): Promise<string[]> {
    const input = v.parse(ReferencesRequest, { packId: 'a', phrase: 'red', k: 3, ...request });
    const answer = v.parse(ReferencesResponse, await rig.catalog.service.references(input, idle));
    return answer.references.map((r) => `${r.image.name}${r.pinned ? ' (pinned)' : ''}`);
  }

  describe('search', () => {
    it('finds by words, by an image, by a picture of any size, and by sums of them', async () => {
      expect((await names({ text: 'blue' }))[0]).toBe('blue.webp');
      expect((await names({ imageId: id.get('green.png') }))[0]).toBe('orange.png');
      const dropped = await stripes(9, [30, 240, 30], 48).jpeg().toBuffer();
      expect((await names({ picture: dropped }))[0]).toBe('green.png');
      const orange = await names({ terms: [{ text: 'red' }, { text: 'green', weight: 0.5 }] });
      expect(orange[0]).toBe('orange.png');
      const less = await names({
        terms: [{ imageId: id.get('orange.png') }, { text: 'green', weight: -0.6 }],
      });
      expect(less[0]).toMatch(/^red/);
      expect(less).not.toContain('orange.png');
      const nothing = { terms: [{ text: 'red' }, { text: 'red', weight: -1 }] };
      await expect(names(nothing)).rejects.toMatchObject({ code: 'invalid_input' });
      for (const bad of [{}, { text: 'red', imageId: 'x' }, { terms: [] }, { terms: [{}] }])
        expect(v.safeParse(SearchRequest, { packId: 'a', ...bad }).success).toBe(false);
      await expect(names({ picture: new Uint8Array([1, 2, 3]) })).rejects.toThrow();
    });

    it('tells an image’s duplicates by level, the image itself not among them', async () => {
      const of = async (name: string) => {
        const request = { imageId: id.get(name) ?? '', packId: 'a' };
        const found = v.parse(Duplicates, await rig.catalog.service.duplicates(request, idle));
        const listed = (hits: typeof found.look) => hits.map(({ image }) => image.name);
        return { picture: listed(found.picture), look: listed(found.look) };
      };
      expect(await of('red.png')).toEqual({ picture: ['red-small.jpg'], look: ['red-other.png'] });
      expect(await of('blue.webp')).toEqual({ picture: [], look: [] });
      await expect(of('no such')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('keeps to a filter: words, format, tag, size, root, and time', async () => {
      await rig.catalog.service.tagImages(
        {
          imageIds: [id.get('green.png') ?? '', id.get('blue.webp') ?? ''],
          addTags: ['Sea side'],
          removeTags: [],
        },
        idle,
      );
      expect(await names({ text: 'red', filter: { words: 'cafe sea' } })).toEqual(['blue.webp']);
      expect((await names({ text: 'red', filter: { words: 'side' } })).sort()).toEqual([
        'blue.webp',
        'green.png',
      ]);
      expect(await names({ text: 'red', filter: { format: 'jpeg' } })).toEqual(['red-small.jpg']);
      expect((await names({ text: 'red', filter: { tag: 'sea SIDE' } })).sort()).toEqual([
        'blue.webp',
        'green.png',
      ]);
      expect(await names({ text: 'red', filter: { rootId: 'none' } })).toEqual([]);
      expect(await names({ text: 'red', filter: { to: 1 } })).toEqual([]);
      expect(await names({ text: 'red', filter: {} })).toHaveLength(6);
      const rootId = rig.store.read.images.roots()[0]?.root_id ?? '';
      for (const [filter, n] of [
        [{ tag: 'sea side' }, 2],
        [{ words: 'png' }, 4],
        [{ from: 1 }, 6],
        [{ from: 1, to: 2 }, 0],
        [{ rootId }, 6],
        [{ rootId, format: 'png' as const, words: 're' }, 2],
        [{ minSide: 24 }, 6],
        [{ minSide: 25 }, 0],
        [{ missing: false }, 6],
        [{}, 6],
      ] as const) {
        const seen: string[] = [];
        for (let after: string | undefined; ;) {
          const page = await rig.catalog.service.images(
            { limit: 2, filter, ...(after === undefined ? {} : { after }) },
            idle,
          );
          seen.push(...page.items.map((i) => i.name));
          if (page.next === null) break;
          after = page.next;
        }
        expect([JSON.stringify(filter), seen.length, new Set(seen).size]).toEqual([
          JSON.stringify(filter),
          n,
          n,
        ]);
        expect(seen).toEqual(
          [...hash.keys()].filter((name) => seen.includes(name)).sort((a, b) => place(b) - place(a)),
        );
      }
      expect(() => rig.catalog.service.images({ limit: 2, filter: {}, after: '1 OR 1' }, idle)).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      );
    });

    it('folds what is the same on each level, and counts it', async () => {
      expect(await search({ text: 'red', k: 4 })).toHaveLength(4);
      const onPicture = await search({ text: 'red', k: 3, fold: 'picture' });
      expect(
        onPicture
          .slice(0, 2)
          .map((h) => h.alike)
          .sort(),
      ).toEqual([0, 1]);
      expect(
        onPicture.map((h) => h.name).filter((n) => n === 'red.png' || n === 'red-small.jpg'),
      ).toHaveLength(1);
      const onLook = await search({ text: 'red', k: 3, fold: 'look' });
      expect(onLook[0]).toMatchObject({ alike: 2 });
      expect(onLook[1]).toMatchObject({ name: 'orange.png' });
    });
  });

  describe('references', () => {
    it('are the best, or the best that differ, or one of each picture', async () => {
      expect((await references({})).every((name) => name.startsWith('red'))).toBe(true);
      const varied = await references({ diversity: 0.6 });
      expect(varied.filter((name) => name.startsWith('red'))).toHaveLength(1);
      expect(await references({ fold: 'look' })).toHaveLength(3);
      expect((await references({ fold: 'look' })).filter((n) => n.startsWith('red'))).toHaveLength(1);
    });

    it('are none for a phrase that the pack cannot name, however high an image scores', async () => {
      const nearest = Array.from({ length: 101 }, (_, i) => i / 100);
      const named = makeCatalogRig([packOf('n', 32, nearest)], { rows });
      try {
        await named.importAll(folder, 'n');
        const ask = async (phrase: string) =>
          named.catalog.service.references({ phrase, k: 1, pins: [], bans: [], packId: 'n' }, idle);
        const [red, unred] = [await ask('red'), await ask('unred')];
        expect(unred.references[0]?.score).toBe(red.references[0]?.score);
        expect([red.verdict, unred.verdict]).toEqual(['good', 'none']);
        expect(unred.references[0]?.strength).toBeCloseTo(0.3, 12);
        const { hits } = await named.catalog.service.search({ text: 'unred', k: 1, packId: 'n' }, idle);
        expect(hits[0]?.strength).toBeCloseTo(0.3, 12);
      } finally {
        named.dispose();
      }
    });

    it('are as good as what they show of the phrase, where the pack can tell; a picture has no strength', async () => {
      // "blue" is read as something that a red picture shows, and "green" as both at once, which none does.
      const shows = [20, 0, 0];
      const meant = {
        blue: { weights: Float32Array.of(...shows), bias: Float32Array.of(-10), readings: [[0]] },
        green: {
          weights: Float32Array.of(...shows, 0, 0, 20),
          bias: Float32Array.of(-10, -10),
          readings: [[0, 1]],
        },
      };
      const told = makeCatalogRig([packOf('n', 32)], { rows }, undefined, meant);
      try {
        await told.importAll(folder, 'n');
        const { service } = told.catalog;
        const ask = async (phrase: string, pins: string[] = []) =>
          service.references({ phrase, k: 1 + pins.length, pins, bans: [], packId: 'n' }, idle);
        const red = hash.get('red.png') ?? '';
        expect((await ask('blue')).verdict).toBe('none');
        const pinned = await ask('blue', [red]);
        expect(pinned.verdict).toBe('good');
        expect(pinned.references.map((r) => (r.strength ?? 0) > 0.99)).toEqual([true, false]);
        expect((await ask('green', [red])).verdict).toBe('none');
        const { hits } = await service.search({ text: 'blue', k: 20, packId: 'n' }, idle);
        const strength = new Map(hits.map((h) => [h.image.contentHash, h.strength ?? 0]));
        expect(strength.get(red)).toBeGreaterThan(0.99);
        expect(strength.get(hash.get('blue.webp') ?? '')).toBeLessThan(0.01);
        const imageId = hits[0]?.image.imageId ?? '';
        const alike = await service.search({ imageId, k: 1, packId: 'n' }, idle);
        expect(alike.hits[0]?.strength).toBeNull();
        const { picture, look } = await service.duplicates({ imageId, packId: 'n' }, idle);
        expect([...picture, ...look].every((h) => h.strength === null)).toBe(true);
      } finally {
        told.dispose();
      }
    });

    it('remember pins, bans and "more like this" of a phrase, when asked to', async () => {
      const choose = (name: string, as: 'pin' | 'ban' | 'like' | 'none') =>
        rig.catalog.service.choose({ phrase: 'Red', contentHash: hash.get(name) ?? '', as }, idle);
      await choose('blue.webp', 'pin');
      await choose('red.png', 'ban');
      expect(await choose('green.png', 'like')).toEqual({
        phrase: 'Red',
        pins: [hash.get('blue.webp')],
        bans: [hash.get('red.png')],
        like: [hash.get('green.png')],
      });
      expect(await references({ k: 3 })).not.toContain('blue.webp (pinned)');
      const remembered = await references({ k: 3, remembered: true });
      expect(remembered[0]).toBe('blue.webp (pinned)');
      expect(remembered[1]).toBe('orange.png');
      expect(remembered).not.toContain('red.png');
      await choose('green.png', 'none');
      expect((await references({ k: 3, remembered: true }))[1]).toMatch(/^red/);
      expect((await references({ k: 3, remembered: true, pins: [hash.get('red.png')] }))[0]).toBe(
        'red.png (pinned)',
      );
      expect(() =>
        rig.catalog.service.choose({ phrase: 'red', contentHash: 'f'.repeat(64), as: 'pin' }, idle),
      ).toThrow(expect.objectContaining({ code: 'not_found' }));
    });
  });

  describe('the details of an image', () => {
    it('name its places, words, tags and use', async () => {
      const detail = v.parse(
        ImageDetail,
        await rig.catalog.service.detail({ imageId: id.get('blue.webp') ?? '' }, idle),
      );
      expect(detail).toMatchObject({
        tags: ['Sea side'],
        caption: 'Café by the sea',
        format: 'webp',
        takenAt: null,
        results: 0,
        files: [{ file: 'blue.webp', state: 'present' }],
      });
      expect(detail.bytes).toBeGreaterThan(50);
    });
  });

  describe('how a picture looks', () => {
    it('stays when it is scaled and compressed, and tells others apart', async () => {
      const look = async (image: Sharp): Promise<bigint> =>
        lookOf(await image.resize(32, 32).removeAlpha().raw().toBuffer(), 32);
      const one = await look(stripes(1, [200, 100, 50]));
      const small = sharp(await stripes(1, [200, 100, 50]).resize(48).jpeg({ quality: 70 }).toBuffer());
      expect(lookDistance(one, await look(small))).toBeLessThanOrEqual(4);
      expect(lookDistance(one, await look(stripes(2, [200, 100, 50])))).toBeGreaterThan(8);
      expect(lookDistance(-1n, 0n)).toBe(64);
    });
  });
});
