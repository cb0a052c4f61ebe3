/** manifest.json of a pack, exactly as docs/pack-format.md has it. Unknown keys are errors. */
import * as v from 'valibot';
import { misfit } from '../parse.ts';
import { because } from '../reasons.ts';
import { Guidance, PackId, Rebuild, Steps, Window } from './common.ts';

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'Expected 64 lower-case hex digits (SHA-256).'));
const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** A plain file name inside the pack's folder: no folder, no link, nothing hidden. */
const FileName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'Expected a plain lower-case file name inside the pack.'),
);

export const PackPart = v.strictObject({
  file: FileName,
  bytes: whole(1, Number.MAX_SAFE_INTEGER),
  sha256: Sha256,
});
export type PackPart = v.InferOutput<typeof PackPart>;

export const PackParts = v.strictObject({
  denoiser: PackPart,
  imageEncoder: PackPart,
  imageEncoderVjp: PackPart,
  encoderWeights: PackPart,
  textEncoder: PackPart,
  tokenizer: PackPart,
  prior: v.optional(PackPart),
  upscaler: v.optional(PackPart),
  /** Where `gradient.at` is `prediction`. */
  contrast: v.optional(PackPart),
  /** Where `nullScores.nearest` is there. */
  namedValues: v.optional(PackPart),
});
export type PackParts = v.InferOutput<typeof PackParts>;
export type PackPartName = keyof PackParts;

const rising = (numbers: readonly number[], strictly: boolean): boolean =>
  numbers.every((n, i) => i === 0 || (strictly ? n > (numbers[i - 1] ?? n) : n >= (numbers[i - 1] ?? n)));

/** Scores at 0, 1, .. 100 %. */
const Quantiles = v.pipe(
  v.array(v.number()),
  v.length(101, 'Expected 101 quantiles, 0 to 100 %.'),
  v.check((quantiles) => rising(quantiles, false), 'Expected quantiles that never fall.'),
);

const Uint64Text = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9][0-9]{0,19})$/, 'Expected a whole number as text.'),
  v.check((digits) => BigInt(digits) < 2n ** 64n, 'Expected a number below 2^64.'),
);

const GradientScale = v.pipe(
  v.strictObject({
    levels: v.pipe(
      v.array(whole(0, 100_000)),
      v.minLength(2),
      v.check((levels) => rising(levels, true), 'Expected rising levels.'),
    ),
    rms: v.array(v.pipe(v.number(), v.gtValue(0))),
    clip: v.pipe(v.number(), v.gtValue(0)),
  }),
  v.forward(
    v.check(({ levels, rms }) => levels.length === rms.length, 'Expected one rms for each level.'),
    ['rms'],
  ),
);

export const PackManifest = v.pipe(
  v.strictObject({
    format: v.literal('accent-pack'),
    schema: v.literal(1, 'Expected pack schema 1; a newer studio may read this pack.'),
    id: PackId,
    version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/, 'Expected a version such as 1.0.0.')),
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    description: v.pipe(v.string(), v.maxLength(2000)),
    /** What the pack draws, where other readers, prompts and sample images belong to it; absent: `first`. */
    domain: v.optional(
      v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{0,39}$/, 'Expected a short lower-case name of a domain.')),
    ),
    /** Absent in an ordinary pack. */
    role: v.optional(v.literal('evaluation')),
    licence: v.pipe(v.string(), v.minLength(1)),
    attribution: v.array(v.string()),
    createdAt: v.pipe(v.string(), v.isoDate('Expected a date such as 2026-11-24.')),
    imagesSeen: v.strictObject({
      encoder: whole(0, Number.MAX_SAFE_INTEGER),
      denoiser: whole(0, Number.MAX_SAFE_INTEGER),
    }),
    image: v.strictObject({
      size: whole(8, 2048),
      channels: v.literal(3),
      range: v.strictTuple([v.literal(-1), v.literal(1)]),
    }),
    embedding: v.strictObject({ dims: whole(1, 8192) }),
    text: v.strictObject({ maxTokens: whole(1, 4096) }),
    schedule: v.strictObject({ kind: v.picklist(['cosine', 'linear']), levels: whole(1, 100_000) }),
    denoiser: v.strictObject({
      channels: v.picklist([3, 6]),
      maxReferences: whole(0, 1024),
      prediction: v.literal('x0'),
    }),
    /** Where the gradient is taken: at stage 1's image with noised references, or at its clean prediction with their contrast. */
    gradient: v.optional(v.strictObject({ at: v.picklist(['noised', 'prediction']) }), { at: 'noised' }),
    gradientScale: GradientScale,
    noiseBank: v.strictObject({ seed: Uint64Text, count: whole(1, 1024) }),
    sampling: v.strictObject({ steps: Steps, guidance: Guidance, rebuild: Rebuild, window: Window }),
    nullScores: v.strictObject({
      phrases: whole(1, Number.MAX_SAFE_INTEGER),
      images: whole(1, Number.MAX_SAFE_INTEGER),
      quantiles: Quantiles,
      /** Of the phrases: the largest inner product with a named value. */
      nearest: v.optional(Quantiles),
    }),
    parts: PackParts,
    golden: v.strictObject({
      file: FileName,
      bytes: whole(1, Number.MAX_SAFE_INTEGER),
      sha256: Sha256,
      tolerance: v.strictObject({
        forward: v.pipe(v.number(), v.gtValue(0)),
        gradient: v.pipe(v.number(), v.gtValue(0)),
      }),
    }),
    card: v.strictObject({ file: FileName }),
  }),
  v.forward(
    v.check(
      ({ denoiser, role }) => denoiser.channels === 6 || role === 'evaluation',
      'Expected 6 channels; only a pack with the role "evaluation" may have 3.',
    ),
    ['denoiser', 'channels'],
  ),
  v.forward(
    v.check(
      ({ gradient, parts }) => (gradient.at === 'prediction') === (parts.contrast !== undefined),
      'Expected the part contrast exactly where the gradient is taken at the prediction.',
    ),
    ['parts', 'contrast'],
  ),
  v.forward(
    v.check(
      ({ nullScores, parts }) => (nullScores.nearest === undefined) === (parts.namedValues === undefined),
      'Expected the part namedValues exactly where nullScores.nearest is there.',
    ),
    ['parts', 'namedValues'],
  ),
  v.forward(
    v.check(
      ({ sampling, schedule }) => sampling.window[1] <= schedule.levels,
      'Expected a window inside the levels.',
    ),
    ['sampling', 'window'],
  ),
);
export type PackManifest = v.InferOutput<typeof PackManifest>;

/**
 * The name of what belongs to a pack's domain ("reader", "prompts", "sample"): the embedded packs' have plain names, those of
 * another domain end in its own.
 */
export const ofDomain = (name: string, domain: string | undefined): string =>
  domain === undefined || domain === 'first' ? name : `${name}-${domain}`;

/** The hash that keys every vector of a pack's encoder. */
export const encoderOf = ({ manifest }: { readonly manifest: PackManifest }): string =>
  manifest.parts.encoderWeights.sha256;

/** The manifest in the text of a manifest.json. `bad_manifest` names the field. */
export function parseManifest(text: string): PackManifest {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), PackManifest), text);
  if (result.success) return result.output;
  throw because('manifest_misfit', { why: misfit(result.issues) });
}
