/** Packs of different image sizes over the same images. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';
import { pngOf } from '../../../../support/images.ts';

const [small, large] = [packOf('small', 8), packOf('large', 16)];
const idle = { signal: new AbortController().signal };
const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

let rig: CatalogRig;
let pictures: string;
let red: string;
const made = new Map<string, Buffer>();
beforeEach(async () => {
  made.clear();
  rig = makeCatalogRig([small, large], { resultFile: (hash) => Promise.resolve(made.get(hash) ?? null) });
  pictures = join(rig.folder, 'pictures');
  mkdirSync(join(pictures, 'sub'), { recursive: true });
  writeFileSync(join(pictures, 'sub', 'red.png'), await pngOf([220, 20, 20]));
  writeFileSync(join(pictures, 'blue.png'), await pngOf([20, 20, 220]));
  red = hashOf(join(pictures, 'sub', 'red.png'));
  await rig.importAll(pictures, 'small');
});
afterEach(() => {
  rig.dispose();
});

const search = (packId: string) => rig.catalog.service.search({ text: 'red', k: 5, packId }, idle);

describe('the second pack', () => {
  it('sees every image at its own size, decoded once from the original', async () => {
    expect(rig.decoded).toEqual([8, 8]);
    const { hits } = await search('large');
    expect(hits.map((h) => h.image.name)).toEqual(['red.png', 'blue.png']);
    expect(rig.decoded).toEqual([8, 8, 16, 16]);
    expect(await rig.catalog.pixels(large, red)).toHaveLength(16 * 16 * 3);
    expect(await rig.catalog.pixels(small, red)).toHaveLength(8 * 8 * 3);
    expect(rig.decoded).toHaveLength(4);
  });

  it('says which folder is away, still imports others, and works when it is back', async () => {
    renameSync(pictures, `${pictures}-away`);
    const away = { code: 'root_offline', message: expect.stringContaining('"pictures"') as string };
    await expect(search('large')).rejects.toMatchObject(away);
    await expect(rig.catalog.pixels(large, red)).rejects.toMatchObject(away);
    expect(rig.catalog.unread(large)).toMatchObject({ images: 2, reason: away });
    expect((await search('small')).hits).toHaveLength(2);

    const other = join(rig.folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'green.png'), await pngOf([20, 220, 20]));
    await rig.importAll(other, 'large');
    expect((await search('large')).hits.map((h) => h.image.name)).toEqual(['green.png']);

    renameSync(`${pictures}-away`, pictures);
    await rig.importAll(pictures, 'large');
    expect((await search('large')).hits).toHaveLength(3);
    expect(rig.catalog.unread(large)).toBeNull();
  });

  it('does not take other bytes for the original', async () => {
    writeFileSync(join(pictures, 'sub', 'red.png'), await pngOf([20, 220, 20]));
    await expect(rig.catalog.pixels(large, red)).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('"red.png"') as string,
    });
  });

  it('takes a copy in another folder when the first is away', async () => {
    const copy = join(rig.folder, 'copy');
    mkdirSync(copy);
    writeFileSync(join(copy, 'same.png'), readFileSync(join(pictures, 'sub', 'red.png')));
    await rig.importAll(copy, 'small');
    renameSync(pictures, `${pictures}-away`);
    expect(await rig.catalog.pixels(large, red)).toHaveLength(16 * 16 * 3);
  });

  it("takes the studio's own results from their files", async () => {
    const png = await pngOf([220, 20, 20]);
    const contentHash = createHash('sha256').update('a result').digest('hex');
    made.set(contentHash, png);
    const writer = rig.catalog.resultWriter(small);
    const embedding = Float32Array.of(1, 0, 0);
    const result = {
      imageId: 'i',
      contentHash,
      name: 'refined 7',
      rgb: new Uint8Array(192),
      size: 8,
      embedding,
    };
    writer.write(result);
    writer.follow(result);
    expect(await rig.catalog.pixels(large, contentHash)).toHaveLength(16 * 16 * 3);
  });
});

describe('pins', () => {
  const references = (pins: string[], k: number) =>
    rig.catalog.service.references({ phrase: 'blue', k, pins, bans: [], packId: 'small' }, idle);

  it('that the catalog does not have are an error that names them', async () => {
    const ghost = 'ab'.repeat(32);
    await expect(references([red, ghost], 4)).rejects.toMatchObject({
      code: 'no_references',
      message: expect.stringContaining(ghost.slice(0, 12)) as string,
    });
  });

  it('that this encoder cannot see are an error that names the picture', async () => {
    renameSync(pictures, `${pictures}-away`);
    const other = join(rig.folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'green.png'), await pngOf([20, 220, 20]));
    await rig.importAll(other, 'large');
    await expect(
      rig.catalog.service.references({ phrase: 'blue', k: 4, pins: [red], bans: [], packId: 'large' }, idle),
    ).rejects.toMatchObject({
      code: 'no_references',
      message: expect.stringContaining('"red.png"') as string,
    });
  });

  it('more than k come all, and nothing else', async () => {
    const blue = hashOf(join(pictures, 'blue.png'));
    const { references: found } = await references([red, blue], 1);
    expect(found.map((r) => [r.image.contentHash, r.pinned])).toEqual([
      [red, true],
      [blue, true],
    ]);
  });

  it('named twice come once', async () => {
    const { references: found } = await references([red, red], 2);
    expect(found.map((r) => [r.image.name, r.pinned])).toEqual([
      ['red.png', true],
      ['blue.png', false],
    ]);
  });
});
