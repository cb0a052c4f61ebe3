/** Finished pictures: files with their recipe inside, pairs in the catalog, in one transaction. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { AppError, Recipe, because, misfit } from '#contract';
import type { Arm, Pair, Result, StudioServices } from '#contract';
import { writeAtomic } from '../../files.ts';
import type { PairRow, ResultRow, Store } from '../store/index.ts';
import { makeBrowse } from './browse.ts';
import { makeExport } from './export.ts';
import { makeFacets } from './facets.ts';
import { namesOf } from './names.ts';
import { makeOrders } from './order.ts';
import { readText, withText } from './png-text.ts';

export { readText, withText } from './png-text.ts';

export const RECIPE_KEY = 'accent:recipe';

export interface Picture {
  readonly arm: Arm;
  readonly size: number;
  readonly rgb: Uint8Array;
  readonly recipe: Recipe;
}

export interface NewPair {
  readonly jobId: string;
  readonly prompt: string;
  readonly seed: number;
  /** A pair that the pictures join instead of making one. */
  readonly completes?: string | undefined;
  /** False leaves recipe and prompt out of the files; the catalog has them all the same. */
  readonly embedRecipe: boolean;
}

export interface Gallery {
  readonly service: StudioServices['gallery'];
  /**
   * Writes the files, then pair and results in one transaction with whatever else `also` writes. What throws on the way,
   * `also` included, leaves neither rows nor files. Gives all results of the pair. Throws `not_found` where the pair that is
   * to be completed was deleted for good.
   */
  add(
    pair: NewPair,
    pictures: readonly Picture[],
    also: (pairId: string, results: Result[]) => void,
  ): Promise<{ pairId: string; results: Result[] }>;
  /** The results of a pair, or none when there is no such pair. */
  results(pairId: string): Result[];
  /** PNG bytes of a result. */
  file(imageId: string): Promise<Uint8Array | null>;
  /** The same by content hash. */
  readonly fileByHash: (contentHash: string) => Promise<Uint8Array | null>;
  /** Path of a file for what was found out about a picture; it goes when the picture goes. */
  readonly beside: (imageId: string) => string;
}

/** The recipe inside a PNG. Throws `bad_recipe` naming the field. */
export function recipeOf(png: Uint8Array): Recipe {
  const text = readText(png, RECIPE_KEY).get(RECIPE_KEY);
  if (text === undefined) throw because('recipe_missing', { key: RECIPE_KEY });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('bad_recipe', 'The recipe in this PNG is not JSON.', { cause });
  }
  const result = v.safeParse(Recipe, json);
  if (result.success) return result.output;
  throw new AppError('bad_recipe', `The recipe in this PNG does not fit: ${misfit(result.issues, 'whole')}`);
}

/** One line for people and other programs. */
export function describe(recipe: Recipe): string {
  const stressed = recipe.emphases
    .filter((e) => !e.muted)
    .map((e) => `(${e.phrase}:${e.weight})`)
    .join(' ');
  return `${recipe.prompt}${stressed ? ` | stressed: ${stressed}` : ''} | ${recipe.arm}, seed ${recipe.seed}, ${recipe.steps} steps, guidance ${recipe.guidance}, pack ${recipe.pack.id} ${recipe.pack.version}`;
}

const toResult = (r: ResultRow): Result => ({
  arm: r.arm as Arm,
  imageId: r.image_id,
  contentHash: r.content_hash,
  width: r.width,
  height: r.height,
});

const gone = (): AppError => because('pair_unknown', {});

export function makeGallery(
  store: Store,
  folder: string,
  now: () => number,
  onPurged: (contentHashes: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Gallery {
  const images = join(folder, 'images');
  const beside = (imageId: string): string => join(images, `${imageId}.why`);
  const orders = makeOrders(store);
  const facets = makeFacets(store);
  const pairOf = (
    p: PairRow,
    results: readonly ResultRow[] = store.read.gallery.results(p.pair_id),
  ): Pair => ({
    pairId: p.pair_id,
    jobId: p.job_id,
    createdAt: p.created_at,
    prompt: p.prompt,
    seed: p.seed,
    results: results.map(toResult),
  });
  const read = async (row: ResultRow | undefined): Promise<Uint8Array | null> =>
    row ? readFile(join(images, row.file)).catch(() => null) : null;
  return {
    async add({ jobId, prompt, seed, completes, embedRecipe }, pictures, also) {
      await mkdir(images, { recursive: true });
      const pairId = completes ?? randomUUID();
      const rows: ResultRow[] = [];
      try {
        for (const { arm, size, rgb, recipe } of pictures) {
          const plain = await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
            .png({ compressionLevel: 9 })
            .toBuffer();
          const png = withText(plain, {
            Software: 'Accent',
            ...(embedRecipe ? { Description: describe(recipe), [RECIPE_KEY]: JSON.stringify(recipe) } : {}),
          });
          const imageId = randomUUID();
          const file = `${imageId}.png`;
          await writeAtomic(join(images, file), png);
          rows.push({
            image_id: imageId,
            pair_id: pairId,
            arm,
            content_hash: createHash('sha256').update(png).digest('hex'),
            file,
            width: size,
            height: size,
            recipe: JSON.stringify(recipe),
          });
        }
        const results = [...store.read.gallery.results(pairId), ...rows].map(toResult);
        const { phrases, references } = namesOf(pictures.map(({ recipe }) => recipe));
        let made: number | undefined;
        store.transaction(() => {
          if (completes === undefined) {
            const packId = pictures[0]?.recipe.pack.id ?? 'unknown';
            const row = { pair_id: pairId, job_id: jobId, created_at: now(), prompt, seed, pack_id: packId };
            made = store.write.gallery.pair(row, phrases, references);
          } else {
            const known = store.read.gallery.pair(completes);
            if (!known) throw gone();
            store.write.gallery.names(known.number, phrases, references);
          }
          for (const row of rows) store.write.gallery.result(row);
          also(pairId, results);
        });
        if (made === undefined) orders.changed();
        else orders.added(made);
        facets.changed();
        return { pairId, results };
      } catch (error) {
        for (const { file } of rows) await rm(join(images, file), { force: true });
        throw error;
      }
    },
    results: (pairId) => store.read.gallery.results(pairId).map(toResult),
    file: (imageId) => read(store.read.gallery.result(imageId)),
    beside,
    fileByHash: (contentHash) => read(store.read.gallery.resultByHash(contentHash)),
    service: {
      ...makeBrowse({ store, images, beside, pairOf, orders, facets, now, onPurged }),
      ...makeExport({ store, file: read, describe, recipeKey: RECIPE_KEY }),
      list({ after, limit }) {
        const rows = store.read.gallery.page(
          after === undefined ? Number.MAX_SAFE_INTEGER : Number(after),
          limit + 1,
        );
        const items = rows.slice(0, limit);
        return {
          items: items.map((row) => pairOf(row)),
          next: rows.length > limit ? String(items.at(-1)?.number) : null,
        };
      },
      pair({ pairId }) {
        const row = store.read.gallery.pair(pairId);
        if (!row) throw gone();
        return pairOf(row);
      },
      recipe({ imageId }) {
        const row = store.read.gallery.result(imageId);
        if (!row) throw because('picture_unknown', {});
        return v.parse(Recipe, JSON.parse(row.recipe));
      },
    },
  };
}
