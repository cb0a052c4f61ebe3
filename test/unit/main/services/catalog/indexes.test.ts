/** The index file between two starts of a catalog: used, and when it is damaged noticed and made again. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { encoderOf } from '#contract';
import { nativeRows } from '../../../../../main/services/catalog/index.ts';
import type { MakeRows } from '../../../../../main/services/catalog/index.ts';
import { wasmRows } from '../../../../../main/services/catalog/scan-wasm.ts';
import { kernel } from '../../../../native/support.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';

const pack = packOf('a', 32);
const IMAGES = 9000;
let rig: CatalogRig;
afterEach(() => {
  rig.dispose();
});

/** Images without pictures, with vectors all over the sphere. */
function fill({ store }: CatalogRig): void {
  store.write.images.root({ root_id: 'r', path: '/nowhere', name: 'r', built_in: 0, added_at: 1 });
  store.transaction(() => {
    for (let n = 0; n < IMAGES; n++) {
      const hash = createHash('sha256').update(String(n)).digest('hex');
      store.write.images.image({
        image_id: hash.slice(0, 24),
        content_hash: hash,
        name: `${n}`,
        width: 1,
        height: 1,
        imported_at: n,
        root_id: 'r',
      });
      const x = [Math.sin(n), Math.sin(n * 1.7), Math.sin(n * 2.3)];
      store.write.images.vector(
        hash,
        encoderOf(pack),
        Float32Array.from(x, (v) => v / Math.hypot(...x)),
      );
    }
  });
}

const scans: [string, MakeRows][] = [
  ['WebAssembly', wasmRows],
  ['the native scan', nativeRows((width) => kernel().scan.rows(width))],
];

describe.each(scans)('the index file with %s', (_, rows) => {
  it('serves the next start; damaged anywhere it is noticed at the first search, made again, and kept again', async () => {
    rig = makeCatalogRig([pack], { rows });
    const { folder } = rig;
    const home = join(folder, 'home');
    fill(rig);
    const wanted = await rig.catalog.find(pack, 'green', 20);
    await rig.catalog.close();
    const name = readdirSync(home).find((file) => /^index-.*\.bin$/.test(file)) as string;
    const good = readFileSync(join(home, name));
    const again = async (): Promise<void> => {
      rig.store.close();
      rig = makeCatalogRig([pack], { rows }, folder);
      expect(await rig.catalog.find(pack, 'green', 20)).toEqual(wanted);
      await rig.catalog.close();
    };

    await again();
    expect(readFileSync(join(home, name)).equals(good)).toBe(true);
    // In the header, the ids, the first block, the last, and the table.
    for (const at of [
      30,
      5000,
      4096 + Math.ceil((IMAGES * 32) / 4096) * 4096 + 9,
      good.length - 50,
      good.length - 3,
    ]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 16;
      writeFileSync(join(home, name), bad);
      await again();
      expect(readFileSync(join(home, name)).equals(bad), `byte ${at}`).toBe(false);
      await again();
    }
    rmSync(join(home, name));
    await again();
    expect(existsSync(join(home, name))).toBe(true);
  });
});
