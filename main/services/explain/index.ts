/** Why a refined picture looks as it does: asks the engine once, keeps the answer beside the picture. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import {
  AppError,
  Explanation,
  GenerateRequest,
  Recipe,
  because,
  decodeFrame,
  encodeFrame,
  requestOf,
} from '#contract';
import type { ExplainEvent, PackManifest, StudioServices } from '#contract';
import type { EngineExplainEvent, ExplainRequest } from '../../engine/index.ts';
import { writeDerived } from '../../files.ts';
import type { Turn } from '../jobs/index.ts';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { ResultRow, Store } from '../store/index.ts';

export interface ExplainOptions {
  readonly store: Store;
  readonly packs: PacksService;
  readonly engine: {
    explain(request: ExplainRequest, signal: AbortSignal): AsyncIterable<EngineExplainEvent>;
  };
  /** A turn with the engine: not beside a job. */
  readonly turn: (signal: AbortSignal) => Turn;
  /** Everything before the first step, as a job has it. */
  readonly prepare: (
    pack: InstalledPack,
    request: GenerateRequest,
    plan: PackManifest['sampling'],
    signal: AbortSignal,
  ) => Promise<Pick<ExplainRequest, 'source' | 'phrases'>>;
  /** Where an explanation of a picture is kept; whoever deletes the picture deletes it too. */
  readonly fileOf: (imageId: string) => string;
}

export function makeExplain({
  store,
  packs,
  engine,
  turn,
  prepare,
  fileOf,
}: ExplainOptions): StudioServices['explain'] {
  interface Sampled {
    readonly row: ResultRow;
    readonly recipe: Recipe;
  }

  /** The picture as it was sampled: an enlarged one is explained by the one that it was made of. */
  function sampled(imageId: string): Sampled {
    const asked = store.read.gallery.result(imageId);
    if (!asked) throw because('picture_unknown', {});
    if (asked.arm !== 'refined') throw because('explain_refined_only', { arm: asked.arm });
    const same = store.read.gallery.results(asked.pair_id).filter(({ arm }) => arm === asked.arm);
    const row = same.reduce((least, each) => (each.width < least.width ? each : least), asked);
    return { row, recipe: v.parse(Recipe, JSON.parse(row.recipe)) };
  }

  /** What is kept, or null when there is nothing or nothing that this version reads: it can be made again. */
  async function kept(imageId: string): Promise<Explanation | null> {
    const bytes = await readFile(fileOf(imageId)).catch(() => null);
    if (!bytes) return null;
    try {
      return v.parse(Explanation, decodeFrame(bytes));
    } catch {
      return null;
    }
  }

  /** Runs the picture's seed again, with the engine for itself. */
  async function* explain({ row, recipe }: Sampled, signal: AbortSignal): AsyncGenerator<ExplainEvent> {
    const pack = await packs.get(recipe.pack.id);
    const request = v.parse(GenerateRequest, requestOf(recipe));
    const { steps, guidance, rebuild, window } = recipe;
    const plan = { steps, guidance, rebuild, window };
    const { source, phrases } = await prepare(pack, request, plan, signal);
    const asked: ExplainRequest = {
      packId: request.packId,
      source,
      phrases,
      seed: recipe.seed,
      ...plan,
      sampler: recipe.sampler,
    };
    for await (const event of engine.explain(asked, signal)) {
      if (event.type === 'step') {
        yield event;
        continue;
      }
      const { size, at, pictures, rgb, backends, seconds } = event;
      const explanation: Explanation = {
        schema: 2,
        imageId: row.image_id,
        size,
        steps,
        at,
        pictures,
        phrases: event.phrases.flatMap(({ index, ...found }) => {
          const emphasis = recipe.emphases[index];
          if (!emphasis)
            throw new AppError('internal', `The engine explained phrase ${index}, which is not there.`);
          const { id, phrase, weight } = emphasis;
          return [{ id, phrase, weight, ...found }];
        }),
        same:
          !recipe.output.upscaled &&
          createHash('sha256').update(rgb).digest('hex') === recipe.output.pixelsHash,
        backends,
        wallSeconds: seconds,
      };
      await writeDerived(fileOf(row.image_id), encodeFrame(explanation));
      yield { type: 'done', explanation };
    }
  }

  return {
    async kept({ imageId }) {
      return { explanation: await kept(sampled(imageId).row.image_id) };
    },
    async *run({ imageId }, { signal }) {
      const picture = sampled(imageId);
      const mine = turn(signal);
      try {
        if (mine.waits) yield { type: 'waiting' };
        await mine.come;
        yield { type: 'started' };
        yield* explain(picture, signal);
      } finally {
        mine.end();
      }
    },
  };
}
