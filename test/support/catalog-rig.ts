/** A catalog over a real store, with packs that differ in image size and encoders that are a formula. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ImportReport } from '#contract';
import { makeCatalog } from '../../main/services/catalog/index.ts';
import type { CatalogOptions, Meaning } from '../../main/services/catalog/index.ts';
import type { InstalledPack } from '../../main/services/packs/index.ts';
import { makeStore, openStore } from '../../main/services/store/index.ts';

const DIMS = 3;

/** As much of a pack as a catalog looks at; its encoder is named after it. `nearest` as in `nullScores`. */
export const packOf = (id: string, size: number, nearest?: readonly number[]): InstalledPack =>
  ({
    folder: '',
    summary: {},
    manifest: {
      id,
      image: { size },
      embedding: { dims: DIMS },
      nullScores: {
        phrases: 1,
        images: 1,
        quantiles: Array.from({ length: 101 }, (_, i) => i / 100),
        nearest,
      },
      parts: { encoderWeights: { sha256: id.padEnd(64, '0') } },
    },
  }) as unknown as InstalledPack;

const unit = (x: readonly number[]): number[] => x.map((v) => v / Math.hypot(...x));

export interface CatalogRig {
  readonly folder: string;
  readonly store: ReturnType<typeof makeStore>;
  readonly catalog: ReturnType<typeof makeCatalog>;
  /** Sizes at which the decoder was asked. */
  readonly decoded: number[];
  readonly decode: CatalogOptions['decode'];
  importAll(path: string, packId: string): Promise<ImportReport>;
  dispose(): void;
}

const idle = { signal: new AbortController().signal };

/**
 * "red", "green" and "blue" are the axes of the embedding and what the packs can name; "unred" lies where "red" does and
 * names nothing. `meant`: what an image must show to show a text. The encoder is the mean colour. `folder` may be one of an
 * earlier rig, whose catalog is opened again.
 */
export function makeCatalogRig(
  packs: readonly InstalledPack[],
  change: Partial<CatalogOptions> = {},
  folder = mkdtempSync(join(tmpdir(), 'accent-catalog-')),
  meant: Readonly<Record<string, Meaning>> = {},
): CatalogRig {
  mkdirSync(join(folder, 'home'), { recursive: true });
  const store = makeStore(openStore(join(folder, 'home')));
  const decoded: number[] = [];
  const decode: CatalogOptions['decode'] = async (file, size) => {
    decoded.push(size);
    const { data } = await sharp(file).resize(size, size).raw().toBuffer({ resolveWithObject: true });
    return { rgb: data, thumbnail: new Uint8Array(1), width: 32, height: 24 };
  };
  const get = (id: string): InstalledPack => {
    const pack = packs.find((p) => p.manifest.id === id);
    if (!pack) throw new Error(`no pack ${id}`);
    return pack;
  };
  const catalog = makeCatalog({
    store,
    packs: {
      get: (id) => Promise.resolve(get(id)),
      list: () =>
        Promise.resolve({ packs: packs.map((p) => ({ packId: p.manifest.id })) as never, refused: [] }),
      checked: () => [],
    },
    embedder: {
      text: (_, text) =>
        Promise.resolve({
          embedding: Float32Array.from(
            ['red', 'green', 'blue'].map((w) => (text === w || text === `un${w}` ? 1 : 0)),
          ),
          nearest: text.startsWith('un') ? 0.3 : 1,
          meaning: meant[text] ?? null,
          cutAt: null,
          unknown: [],
        }),
      images(packId, rgb) {
        const pixels = get(packId).manifest.image.size ** 2;
        if (rgb.length % (pixels * 3) !== 0)
          return Promise.reject(new Error(`${rgb.length} bytes are no pictures for "${packId}"`));
        const out: number[] = [];
        for (let at = 0; at < rgb.length; at += pixels * 3) {
          const sum = [1, 1, 1];
          for (let i = 0; i < pixels * 3; i++) sum[i % 3] = (sum[i % 3] as number) + (rgb[at + i] as number);
          out.push(...unit(sum));
        }
        return Promise.resolve(Float32Array.from(out));
      },
    },
    decode,
    resultFile: () => Promise.resolve(null),
    folder: join(folder, 'home'),
    pickFolder: undefined,
    mayType: true,
    now: Date.now,
    ...change,
  });
  return {
    folder,
    store,
    catalog,
    decoded,
    decode,
    async importAll(path, packId) {
      const { rootId } = await catalog.registerRoot(path, false);
      for await (const event of catalog.service.importFolder({ rootId, packId }, idle))
        if (event.type === 'report') return event.report;
      throw new Error('the import gave no report');
    },
    dispose() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
