/** Noised references: made at the levels that take a gradient, once, and never at others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gradientLevels, makeSchedule, samplingLevels } from '../../../../../main/engine/index.ts';
import type { Catalog } from '../../../../../main/services/catalog/index.ts';
import { prepare } from '../../../../../main/services/jobs/prepare.ts';
import type { InstalledPack } from '../../../../../main/services/packs/index.ts';
import { makeStore, openStore } from '../../../../../main/services/store/index.ts';
import type { Store } from '../../../../../main/services/store/index.ts';
import { idle, request } from '../../../../support/host.ts';
import { direction } from '../../../../support/tiny-pack-engine.ts';
import { DIMS, writeTinyPack } from '../../../../support/tiny-pack.ts';

const HASH = 'ab'.repeat(32);
let folder: string;
let pack: InstalledPack;
let store: Store;
let asked: number[][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-prepare-'));
  pack = { ...writeTinyPack(folder), summary: {} as InstalledPack['summary'] };
  store = makeStore(openStore(folder));
  store.write.images.image({
    image_id: 'image',
    content_hash: HASH,
    name: 'image.png',
    width: 8,
    height: 8,
    imported_at: 1,
    root_id: null,
  });
  store.write.images.vector(HASH, pack.manifest.parts.encoderWeights.sha256, direction(1));
  asked = [];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Arms = ('sentence' | 'coarse' | 'refined')[];
const levels = samplingLevels(makeSchedule('cosine'), 10);

/** `prepare` for ten steps in a window; the engine's embedding of a level is full of that level. */
const make = (
  window: [number, number],
  arms: Arms,
  at: 'noised' | 'prediction' = 'noised',
  references = [HASH],
) =>
  prepare(
    {
      store,
      pack: { ...pack, manifest: { ...pack.manifest, gradient: { at } } },
      now: Date.now,
      levels,
      gradientLevels: gradientLevels(levels, window),
      catalog: {
        pixels: () => Promise.resolve(new Uint8Array(0)),
        find: () => Promise.resolve([]),
      } as unknown as Catalog,
      engine: {
        text: () => Promise.resolve({ embedding: direction(2) }),
        prior: (_, text) => Promise.resolve(text),
        noised: (_pack, _hash, _rgb, at) => {
          asked.push([...at]);
          return Promise.resolve(
            Float32Array.from({ length: at.length * DIMS }, (_, i) => at[Math.floor(i / DIMS)] ?? 0),
          );
        },
      },
    },
    request({
      arms,
      emphases: [
        { id: 'e1', phrase: 'red beard', references: references.map((contentHash) => ({ contentHash })) },
      ],
    }),
    idle.signal,
  );

/** Its noised references by level. */
async function prepared(window: [number, number], arms: Arms = ['refined']) {
  const made = await make(window, arms);
  const noised = made.phrases[0]?.references[0]?.noised ?? new Float32Array(0);
  return levels.map((level, i) => [level, noised[i * DIMS]]);
}

describe('noised references', () => {
  it('are made inside the window only, and not where nothing arrives or nothing is left to refine', async () => {
    const rows = await prepared([300, 600]);
    expect(asked).toEqual([[600, 500, 400, 300]]);
    for (const [level = 0, value] of rows)
      expect(value).toBe(level >= 300 && level <= 600 ? level : Number.NaN);
    await prepared([0, 1000]);
    expect(asked[1]).toEqual([900, 800, 700, 200, 100]);
  });

  it('come from the cache where a level is known', async () => {
    await prepared([300, 600]);
    const rows = await prepared([500, 800]);
    expect(asked).toEqual([
      [600, 500, 400, 300],
      [800, 700],
    ]);
    expect(rows.filter(([, value]) => !Number.isNaN(value))).toEqual([800, 700, 600, 500].map((t) => [t, t]));
    await prepared([300, 800]);
    expect(asked).toHaveLength(2);
  });

  it('are not made for arms without a gradient', async () => {
    expect((await prepared([300, 600], ['coarse'])).every(([, value]) => value === undefined)).toBe(true);
    expect(asked).toEqual([]);
  });
});

describe("the phrases' own source embeddings", () => {
  it('are made where the gradient is taken at the prediction, and nowhere else', async () => {
    const [asIs, asked] = [
      await make([300, 600], ['coarse']),
      await make([300, 600], ['coarse'], 'prediction'),
    ];
    expect(asIs.phrases[0]?.source).toBeUndefined();
    expect(asked.phrases[0]?.source).toEqual(direction(2));
  });

  it('are left out for a phrase without references, which has no effect', async () => {
    const { phrases } = await make([300, 600], ['refined'], 'prediction', []);
    expect(phrases).toEqual([{ weight: 1, references: [] }]);
  });
});
