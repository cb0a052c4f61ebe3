/** Small schemas that several others are made of. */
import * as v from 'valibot';

/** SHA-256 of a file's bytes, 64 lower-case hex digits: the identity of an image, wherever it lies. */
export const ContentHash = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'Expected 64 lower-case hex digits (SHA-256).'),
);
export type ContentHash = v.InferOutput<typeof ContentHash>;

/** An opaque id that the host made: no path, no meaning. */
export const Id = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'Expected an id: 1 to 64 letters, digits, "-" or "_".'),
);
export type Id = v.InferOutput<typeof Id>;
export const isId = (value: unknown): value is Id => v.is(Id, value);

/** A pack's id as its manifest and its folder name have it. */
export const PackId = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'Expected a pack id: lower-case letters, digits, ".", "-" or "_".'),
);
export type PackId = v.InferOutput<typeof PackId>;

/** Milliseconds since 1970 (UTC). */
export const Timestamp = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** Seed of the noise: a whole number that JavaScript holds exactly. */
export const Seed = v.pipe(
  v.number(),
  v.integer('Expected a whole number as seed.'),
  v.minValue(0, 'Expected a seed from 0 to 2^53 - 1.'),
  v.maxValue(Number.MAX_SAFE_INTEGER, 'Expected a seed from 0 to 2^53 - 1.'),
);

/** A noise level, 0 (clean) to the schedule's number of levels (pure noise). */
export const Level = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000));

/** Levels [low, high] in which refinement acts. */
export const Window = v.pipe(
  v.tuple([Level, Level]),
  v.check(([low, high]) => low <= high, 'Expected [low, high] with low <= high.'),
);
export type Window = v.InferOutput<typeof Window>;

/** How x_t is rebuilt from the refined clean image: forms a, b, c of docs/method.md. */
export const Rebuild = v.picklist(['mean-shift', 'continue', 'difference']);
export type Rebuild = v.InferOutput<typeof Rebuild>;

/** How steps are taken: DDIM, or DPM-Solver++(2M), which needs fewer of them. */
export const Sampler = v.picklist(['ddim', 'dpm-solver++'], 'Expected the sampler ddim or dpm-solver++.');
export type Sampler = v.InferOutput<typeof Sampler>;

/** Where the source embedding e comes from: the pack's prior, or the nearest images of the catalog. */
export const SourceKind = v.picklist(['prior', 'retrieval']);
export type SourceKind = v.InferOutput<typeof SourceKind>;

/** Pictures that one network call holds at most: of an evaluation, `DEFAULT_BATCH` where it does not say. */
export const MAX_BATCH = 32;
export const DEFAULT_BATCH = 8;

/** What is generated, same seed and noise for all (method.md, reading 8). */
export const Arm = v.picklist([
  'sentence',
  'coarse',
  'coarse2',
  'wrong',
  'refined',
  'baseline',
  'baseline-guided',
  'first-order',
  'composable',
  'structure',
]);
export type Arm = v.InferOutput<typeof Arm>;

/** Scale of a rival arm, in its own unit (main/engine/sampler/rivals.ts). */
export const RivalScale = v.pipe(
  v.number(),
  v.minValue(0, 'Expected a scale from 0 to 100.'),
  v.maxValue(100, 'Expected a scale from 0 to 100.'),
);

/**
 * One scale for each rival that has one. The defaults are a start, not a choice: an evaluation sweeps each on validation
 * prompts and takes its best.
 */
export const RivalScales = v.strictObject({
  // At 1 the shift of a step is as large as its noise, which breaks the picture.
  'baseline-guided': v.optional(RivalScale, 0.1),
  'first-order': v.optional(RivalScale, 0.1),
  composable: v.optional(RivalScale, 2),
  structure: v.optional(RivalScale, 3),
});
export type RivalScales = v.InferOutput<typeof RivalScales>;

/** The scale that an arm runs with, or null where it has none of its own. */
export function rivalScale(arm: Arm, scales: RivalScales): number | null {
  return arm in scales ? scales[arm as keyof RivalScales] : null;
}

/** Arms that only an evaluation pack's denoiser can run: they need `baselinePackId`. */
export const BASELINE_ARMS: readonly Arm[] = ['baseline', 'baseline-guided'];
/** Arms that run its denoiser where one is named, and else the pack's own without gradient. */
export const ADAPTED_ARMS: readonly Arm[] = ['first-order', 'composable', 'structure'];

/** Weight of an emphasis or of a reference: 0 is without effect, 1 ordinary. */
export const Weight = v.pipe(
  v.number(),
  v.minValue(0, 'Expected a weight from 0 to 2.'),
  v.maxValue(2, 'Expected a weight from 0 to 2.'),
);

/** Guidance scale s of Eq. 3. */
export const Guidance = v.pipe(
  v.number(),
  v.minValue(0, 'Expected a guidance scale from 0 to 20.'),
  v.maxValue(20, 'Expected a guidance scale from 0 to 20.'),
);

/** Number of sampling steps. */
export const Steps = v.pipe(
  v.number(),
  v.integer('Expected a whole number of steps.'),
  v.minValue(1, 'Expected 1 to 1000 steps.'),
  v.maxValue(1000, 'Expected 1 to 1000 steps.'),
);

/** Width or height in pixels. */
export const Pixels = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000));

/** A number of things. */
export const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** How many results are wanted. */
export const ResultCount = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200));

/** References per emphasis. */
export const ReferenceCount = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1, 'Expected 1 to 64 references per emphasis.'),
  v.maxValue(64, 'Expected 1 to 64 references per emphasis.'),
);

/** Words of a person: well-formed Unicode in NFC, control characters and runs of spaces as one space, trimmed, not empty. */
export function text(maxLength: number) {
  return v.pipe(
    v.string(),
    v.maxLength(maxLength, `Expected at most ${maxLength} characters.`),
    v.transform(normaliseText),
    v.minLength(1, 'Expected some text, got nothing but spaces.'),
  );
}

function normaliseText(value: string): string {
  return value
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** A word of the user's own on a pair or an image; capitals do not tell tags apart. */
export const Tag = text(64);
export type Tag = v.InferOutput<typeof Tag>;
export const Tags = v.pipe(v.array(Tag), v.maxLength(64, 'Expected at most 64 tags.'));

/** What a page of a long list is asked for with; `after` is the `next` of the page before. */
export const PageRequest = v.strictObject({
  after: v.optional(v.pipe(v.string(), v.maxLength(200))),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)), 100),
});

/** One page of a list (keyset paging); `next` is null on the last page. */
export function page<Item extends v.GenericSchema>(item: Item) {
  return v.strictObject({ items: v.array(item), next: v.nullable(v.string()) });
}

/** The empty input of a method that needs nothing. */
export const Nothing = v.strictObject({});
