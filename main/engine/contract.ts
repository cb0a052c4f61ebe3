/** What the host asks of the engine, over a process link. Tensors travel as bytes; embeddings are unit vectors [D]. */
import * as v from 'valibot';
import {
  Arm,
  BackendUse,
  ContentHash,
  ExplainedPhrase,
  Guidance,
  MAX_BATCH,
  PackId,
  PackManifest,
  PortReport,
  Rebuild,
  RivalScales,
  Sampler,
  Seed,
  Stage,
  Steps,
  Weight,
  Window,
  bytes,
  call,
  floats,
  stream,
} from '#contract';

const Pack = { packId: PackId };

/**
 * A reference as the sampler needs it: its clean embedding, and f(x_t^ref) for each sampling level, [levels, D]. Only rows
 * of levels at which a gradient is taken are read (`gradientLevels`); the others may hold anything.
 */
export const EngineReference = v.strictObject({ weight: Weight, clean: floats(), noised: floats() });
export const EnginePhrase = v.strictObject({
  weight: Weight,
  references: v.array(EngineReference),
  /** The phrase's own source embedding, [D]: for packs with a contrast, and for the arms `composable` and `structure`. */
  source: v.optional(floats()),
});
export type EnginePhrase = v.InferOutput<typeof EnginePhrase>;

export const SampleRequest = v.strictObject({
  ...Pack,
  arms: v.array(Arm),
  /** e, [D]. */
  source: floats(),
  phrases: v.array(EnginePhrase),
  /** Arm `wrong` only. */
  wrongPhrases: v.array(EnginePhrase),
  /** Whose denoiser runs the arms of the Baseline, and the adapted rivals if it is named. */
  baselinePackId: v.optional(PackId),
  /** g(c) of Eq. 2, the sentence's text embedding, [D]: arm `baseline-guided` only. */
  text: v.optional(floats()),
  rivalScales: RivalScales,
  seed: Seed,
  steps: Steps,
  guidance: Guidance,
  rebuild: Rebuild,
  /** Absent: ddim. */
  sampler: v.optional(Sampler),
  window: Window,
  upscale: v.boolean(),
  previews: v.boolean(),
});
export type SampleRequest = v.InferOutput<typeof SampleRequest>;

const Size = v.pipe(v.number(), v.integer(), v.minValue(1));
export const SampleEvent = v.variant('type', [
  v.strictObject({ type: v.literal('step'), arm: Arm, stage: Stage, i: Size, of: Size }),
  /** Clean prediction as RGB bytes [size, size, 3]. */
  v.strictObject({ type: v.literal('preview'), arm: Arm, i: Size, size: Size, rgb: bytes() }),
  v.strictObject({
    type: v.literal('result'),
    arm: Arm,
    size: Size,
    rgb: bytes(),
    /** Null when the pack has no upscaler or none was wanted. */
    large: v.nullable(v.strictObject({ size: Size, rgb: bytes() })),
    /** f of the result, [D]. */
    embedding: floats(),
    counters: v.strictObject({ denoiserCalls: v.number(), vjpCalls: v.number() }),
    unrefinedSteps: v.array(Size),
    backends: v.record(v.string(), BackendUse),
    /** Seconds in denoiser, gradient and all. */
    seconds: v.strictObject({ denoiser: v.number(), gradient: v.number(), total: v.number() }),
  }),
]);
export type SampleEvent = v.InferOutput<typeof SampleEvent>;

/** Of one pack; all wait for each other before each network call, so there is an end to their number. */
export const SampleTogether = v.strictObject({
  requests: v.pipe(v.array(SampleRequest), v.minLength(1), v.maxLength(MAX_BATCH)),
});
export const TogetherEvent = v.strictObject({
  /** Number of the request, 0 .. */
  of: v.pipe(v.number(), v.integer(), v.minValue(0)),
  event: SampleEvent,
});
export type TogetherEvent = v.InferOutput<typeof TogetherEvent>;

/** A refined run that is looked at on the way. */
export const ExplainRequest = v.pick(SampleRequest, [
  'packId',
  'source',
  'phrases',
  'seed',
  'steps',
  'guidance',
  'rebuild',
  'sampler',
  'window',
]);
export type ExplainRequest = v.InferOutput<typeof ExplainRequest>;

const { maps, tops, overall, overallTop, coarse, refined, before, after } = ExplainedPhrase.entries;
const { similarity, inside, outside, verdict } = ExplainedPhrase.entries;
export const EngineExplainEvent = v.variant('type', [
  v.strictObject({ type: v.literal('step'), arm: Arm, i: Size, of: Size }),
  v.strictObject({
    type: v.literal('explained'),
    size: Size,
    at: v.array(Size),
    pictures: bytes(),
    /** The refined picture, [size, size, 3]. */
    rgb: bytes(),
    backends: v.record(v.string(), BackendUse),
    seconds: v.number(),
    phrases: v.array(
      v.strictObject({
        /** Of the request's phrases. */
        index: v.pipe(v.number(), v.integer(), v.minValue(0)),
        ...{ maps, tops, overall, overallTop, coarse, refined, before, after },
        ...{ similarity, inside, outside, verdict },
      }),
    ),
  }),
]);
export type EngineExplainEvent = v.InferOutput<typeof EngineExplainEvent>;
export type ExplainStream = AsyncGenerator<EngineExplainEvent>;

export const engineContract = {
  engine: {
    /** Threads of the packs that are opened from now on. The host says it once, before anything else. */
    configure: call(
      v.strictObject({ threads: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
      v.strictObject({}),
    ),
    /** Makes a pack known; parts open on first use. The folder was checked by the host. */
    open: call(v.strictObject({ folder: v.string(), manifest: PackManifest }), v.strictObject({})),
    embedText: call(
      v.strictObject({ ...Pack, text: v.string() }),
      v.strictObject({
        embedding: floats(),
        /** Largest inner product with a value that the pack can name, -1 .. 1; null where the pack has no list of them. */
        nearest: v.nullable(v.number()),
        /**
         * What an image must show to show the text: all values of one of the readings, where value i is shown with log odds
         * embedding . weights[i] + bias[i] (weights [m, D], bias [m]). Null where the pack cannot tell.
         */
        meaning: v.nullable(
          v.strictObject({ weights: floats(), bias: floats(), readings: v.array(v.array(v.number())) }),
        ),
        cutAt: v.nullable(v.number()),
        unknown: v.array(v.tuple([v.number(), v.number()])),
      }),
    ),
    /** RGB bytes [n, S, S, 3] to embeddings [n, D]. */
    embedImages: call(v.strictObject({ ...Pack, rgb: bytes() }), v.strictObject({ embeddings: floats() })),
    /** f(x_t^ref) of one image [S, S, 3] at levels, [levels, D]; the noise comes from the pack's bank by content hash. */
    embedNoised: call(
      v.strictObject({ ...Pack, contentHash: ContentHash, rgb: bytes(), levels: v.array(v.number()) }),
      v.strictObject({ embeddings: floats() }),
    ),
    prior: call(v.strictObject({ ...Pack, text: floats() }), v.strictObject({ embedding: floats() })),
    sample: stream(SampleRequest, SampleEvent),
    sampleTogether: stream(SampleTogether, TogetherEvent),
    explain: stream(ExplainRequest, EngineExplainEvent),
    /** Attributes of pictures RGB [n, size, size, 3] by an evaluation's reader: its own size, logits and features row by row. */
    read: call(
      v.strictObject({ file: v.string(), own: Size, size: Size, rgb: bytes() }),
      v.strictObject({ logits: floats(), features: floats() }),
    ),
    /** LPIPS of pictures RGB [n, size, size, 3], pair by pair, [n], by the graph with this hash. */
    distances: call(
      v.strictObject({ file: v.string(), sha256: ContentHash, size: Size, a: bytes(), b: bytes() }),
      v.strictObject({ distances: floats() }),
    ),
    inspect: call(v.strictObject(Pack), v.strictObject({ ports: v.array(PortReport) })),
  },
} as const;
