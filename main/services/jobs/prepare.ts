/** Turns a request into what the sampler needs: source embedding, references with their noised embeddings, recipe facts. */
import { createHash } from 'node:crypto';
import { because, encoderOf } from '#contract';
import type {
  Arm,
  Emphasis,
  GenerateRequest,
  RecipeEmphasis,
  RecipeReference,
  RecipeSource,
  SourceKind,
} from '#contract';
import type { Catalog } from '../catalog/index.ts';
import type { InstalledPack } from '../packs/index.ts';
import type { Store } from '../store/index.ts';
import { blend, dot } from '../../vectors.ts';

/** The engine's part of it (satisfied by the engine client). */
export interface PrepareEngine {
  text(packId: string, text: string): Promise<{ embedding: Float32Array }>;
  prior(packId: string, text: Float32Array): Promise<Float32Array>;
  noised(
    packId: string,
    contentHash: string,
    rgb: Uint8Array,
    levels: readonly number[],
    signal: AbortSignal,
  ): Promise<Float32Array>;
}

export interface PreparedPhrase {
  readonly weight: number;
  readonly references: { weight: number; clean: Float32Array; noised: Float32Array }[];
  /** The phrase's own source embedding; absent where nothing takes it. */
  readonly source?: Float32Array;
}

export interface Prepared {
  /** The sentence's text embedding. */
  readonly text: Float32Array;
  readonly source: Float32Array;
  readonly recipeSource: RecipeSource;
  readonly phrases: PreparedPhrase[];
  readonly recipeEmphases: RecipeEmphasis[];
  readonly wrongPhrases: PreparedPhrase[];
  readonly recipeWrong: RecipeEmphasis[];
}

export type SamplerLevels = Pick<PrepareContext, 'levels' | 'gradientLevels'>;

export interface PrepareContext {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly engine: PrepareEngine;
  readonly pack: InstalledPack;
  /** Sampling levels t_0 .. t_n. */
  readonly levels: readonly number[];
  /** Those of them at which a gradient is taken. */
  readonly gradientLevels: readonly number[];
  readonly now: () => number;
}

/** Images whose noised embeddings are kept; 51 levels of 192 floats are 39 KiB an image. */
const NOISED_IMAGES = 4000;
const SOURCE_IMAGES = 4;

const hashOf = (x: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(x.buffer, x.byteOffset, x.byteLength))
    .digest('hex');

/**
 * f(x_t^ref), [levels, D]: from the cache where it is, computed and kept where not. Only the levels at which a gradient is
 * taken are made; the rows of the others are NaN, which the sampler's guard would see.
 */
async function noisedOf(context: PrepareContext, hash: string, signal: AbortSignal): Promise<Float32Array> {
  const { store, pack, levels, gradientLevels, engine, now } = context;
  const encoder = encoderOf(pack);
  const { dims } = pack.manifest.embedding;
  const cached = store.read.images.noised(hash, encoder);
  const missing = gradientLevels.filter((level) => !cached.has(level));
  if (missing.length > 0) {
    const rgb = await context.catalog.pixels(pack, hash);
    const made = await engine.noised(pack.manifest.id, hash, rgb, missing, signal);
    missing.forEach((level, i) => cached.set(level, made.slice(i * dims, (i + 1) * dims)));
    store.transaction(() => {
      for (const level of missing)
        store.write.images.noised(hash, encoder, level, cached.get(level) as Float32Array, now());
    });
  }
  store.write.images.touchNoised(hash, encoder, now());
  const out = new Float32Array(levels.length * dims).fill(Number.NaN);
  for (const level of gradientLevels)
    out.set(cached.get(level) as Float32Array, levels.indexOf(level) * dims);
  return out;
}

/** The references of one emphasis: the frozen list where there is one, else retrieved now (method.md, reading 7). */
async function referencesOf(
  context: PrepareContext,
  emphasis: Emphasis,
  k: number,
): Promise<RecipeReference[]> {
  const { catalog, engine, pack, store } = context;
  const encoder = encoderOf(pack);
  if (emphasis.references.length === 0) {
    const hits = await catalog.find(pack, emphasis.phrase, k, emphasis.bans);
    return hits.map(({ hash, score }, i) => ({
      contentHash: hash,
      rank: i + 1,
      score,
      weight: 1,
      pinned: false,
    }));
  }
  const { embedding } = await engine.text(pack.manifest.id, emphasis.phrase);
  return emphasis.references.map(({ contentHash, weight, pinned }, i) => {
    const vector = store.read.images.vector(contentHash, encoder);
    if (!vector)
      throw because('phrase_reference_unknown', { image: contentHash.slice(0, 12), phrase: emphasis.phrase });
    const score = dot(vector, embedding);
    return { contentHash, rank: i + 1, score, weight, pinned };
  });
}

/** A phrase's own e, as the sentence's is made: by the prior, or as the mean of what was retrieved for it. */
async function phraseSource(
  { engine, pack }: PrepareContext,
  phrase: string,
  { references }: PreparedPhrase,
  kind: SourceKind,
): Promise<Float32Array> {
  if (kind === 'prior')
    return engine.prior(pack.manifest.id, (await engine.text(pack.manifest.id, phrase)).embedding);
  if (references.length === 0) throw because('phrase_without_images', { phrase });
  return blend(
    references.map(({ clean, weight }) => ({ vector: clean, weight })),
    pack.manifest.embedding.dims,
  );
}

interface Needs {
  readonly noised: boolean;
  /** How the phrases' own source embeddings are made; null for none. */
  readonly source: SourceKind | null;
  /** Also those of phrases without references, which are an error where none can be made. */
  readonly everySource: boolean;
}

async function prepareEmphases(
  context: PrepareContext,
  emphases: readonly Emphasis[],
  k: number,
  needs: Needs,
  signal: AbortSignal,
): Promise<{ phrases: PreparedPhrase[]; recipe: RecipeEmphasis[] }> {
  const encoder = encoderOf(context.pack);
  const phrases: PreparedPhrase[] = [];
  const recipe: RecipeEmphasis[] = [];
  for (const emphasis of emphases) {
    const references = await referencesOf(context, emphasis, k);
    const { id, phrase, weight, muted, bans, span } = emphasis;
    recipe.push({ id, phrase, weight, muted, bans, references, ...(span ? { span } : {}) });
    const active = !muted && weight > 0;
    const prepared: PreparedPhrase = { weight: active ? weight : 0, references: [] };
    for (const r of active ? references : []) {
      signal.throwIfAborted();
      prepared.references.push({
        weight: r.weight,
        clean: context.store.read.images.vector(r.contentHash, encoder) as Float32Array,
        noised: needs.noised ? await noisedOf(context, r.contentHash, signal) : new Float32Array(0),
      });
    }
    phrases.push(
      needs.source !== null && active && (needs.everySource || references.length > 0)
        ? { ...prepared, source: await phraseSource(context, phrase, prepared, needs.source) }
        : prepared,
    );
  }
  return { phrases, recipe };
}

async function prepareSource(
  context: PrepareContext,
  request: GenerateRequest,
): Promise<{ text: Float32Array; source: Float32Array; recipe: RecipeSource }> {
  const { engine, pack, catalog, store } = context;
  const encoder = encoderOf(pack);
  const { embedding } = await engine.text(pack.manifest.id, request.prompt);
  let source: Float32Array;
  let references: RecipeReference[] = [];
  const kind: SourceKind = request.source;
  if (kind === 'prior') {
    if (!pack.manifest.parts.prior) throw because('no_prior', { pack: pack.manifest.id });
    source = await engine.prior(pack.manifest.id, embedding);
  } else {
    references =
      request.sourceReferences.length > 0
        ? request.sourceReferences.map(({ contentHash, weight, pinned }, i) => ({
            contentHash,
            rank: i + 1,
            score: null,
            weight,
            pinned,
          }))
        : (await catalog.find(pack, request.prompt, SOURCE_IMAGES)).map(({ hash, score }, i) => ({
            contentHash: hash,
            rank: i + 1,
            score,
            weight: 1,
            pinned: false,
          }));
    if (references.length === 0) throw because('nothing_to_retrieve', {});
    const parts = references.map(({ contentHash, weight }) => {
      const vector = store.read.images.vector(contentHash, encoder);
      if (vector) return { vector, weight };
      throw because('source_unknown', { image: contentHash.slice(0, 12) });
    });
    source = blend(parts, pack.manifest.embedding.dims);
  }
  return { text: embedding, source, recipe: { kind, embeddingHash: hashOf(source), references } };
}

/** Everything before the first step. Noised embeddings are made only where an arm takes a gradient. */
export async function prepare(
  context: PrepareContext,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<Prepared> {
  const k = request.referencesPerEmphasis;
  const { text, source, recipe: recipeSource } = await prepareSource(context, request);
  const has = (...arms: Arm[]): boolean => request.arms.some((arm) => arms.includes(arm));
  // A pack that takes its gradient at the clean prediction holds clean references against its background.
  const noised = context.pack.manifest.gradient.at === 'noised';
  const perPhrase = has('composable', 'structure');
  const needs = {
    noised: noised && has('refined', 'first-order'),
    // With a contrast the sentence's own embedding is asked for what the phrases name.
    source: perPhrase || !noised ? request.source : null,
    everySource: perPhrase,
  };
  const own = await prepareEmphases(context, request.emphases, k, needs, signal);
  const wrong = has('wrong')
    ? await prepareEmphases(
        context,
        request.wrongEmphases,
        k,
        { noised, source: null, everySource: false },
        signal,
      )
    : { phrases: [], recipe: [] };
  context.store.write.images.trimNoised(NOISED_IMAGES);
  return {
    text,
    source,
    recipeSource,
    phrases: own.phrases,
    recipeEmphases: own.recipe,
    wrongPhrases: wrong.phrases,
    recipeWrong: wrong.recipe,
  };
}
