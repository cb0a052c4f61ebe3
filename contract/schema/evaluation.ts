/** Arms x prompts x seeds, scored: what is asked for, how it goes, and the report. */
import * as v from 'valibot';
import { bytes } from './binary.ts';
import {
  Arm,
  ContentHash,
  Count,
  Guidance,
  Id,
  MAX_BATCH,
  PackId,
  Rebuild,
  ReferenceCount,
  RivalScales,
  Sampler,
  Seed,
  SourceKind,
  Steps,
  Timestamp,
  Weight,
  Window,
  text,
} from './common.ts';
import { ErrorBody } from './job.ts';

/** Attribute group -> value, in the words of the attribute reader. */
const Details = v.record(v.pipe(v.string(), v.minLength(1)), v.pipe(v.string(), v.minLength(1)));

/** One sentence with its stressed phrases, and what a picture must show for each of them. */
export const EvaluationPrompt = v.strictObject({
  text: text(2000),
  emphases: v.pipe(
    v.array(
      v.strictObject({
        phrase: text(200),
        weight: v.optional(Weight, 1),
        /** Absent where the reader has no words for it: then it is generated, but not scored. */
        details: v.optional(Details, {}),
      }),
    ),
    v.minLength(1, 'Expected at least one stressed phrase.'),
    v.maxLength(32),
  ),
  /** What the sentence names without stress: whether refinement keeps it. */
  others: v.optional(Details, {}),
});
export type EvaluationPrompt = v.InferOutput<typeof EvaluationPrompt>;

/** A file of prompts, e.g. models/evaluation/prompts/validation.json. */
export const PromptSet = v.strictObject({
  format: v.literal('accent-prompts', 'Expected a file of prompts ("format": "accent-prompts").'),
  schema: v.literal(1),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'Expected a lower-case name.')),
  prompts: v.pipe(v.array(EvaluationPrompt), v.minLength(1), v.maxLength(10_000)),
});
export type PromptSet = v.InferOutput<typeof PromptSet>;

/** One picture of an evaluation: prompt by number (0 ..), seed by number (0 ..). */
export const EvaluationRow = v.strictObject({ prompt: Count, seed: Count, arm: Arm });
export type EvaluationRow = v.InferOutput<typeof EvaluationRow>;

const Batch = v.pipe(
  v.number(),
  v.integer('Expected a whole number as batch.'),
  v.minValue(1, `Expected a batch of 1 to ${MAX_BATCH}.`),
  v.maxValue(MAX_BATCH, `Expected a batch of 1 to ${MAX_BATCH}.`),
);

const Arms = v.pipe(
  v.array(Arm),
  v.minLength(1, 'Expected at least one arm.'),
  v.check((arms) => new Set(arms).size === arms.length, 'Expected each arm once.'),
);

/** Everything that decides a picture but prompt, seed and arm; absent values are the pack's own. */
export const EvaluationSettings = v.strictObject({
  packId: PackId,
  baselinePackId: v.optional(PackId),
  source: v.optional(SourceKind, 'prior'),
  steps: v.optional(Steps),
  guidance: v.optional(Guidance),
  rebuild: v.optional(Rebuild),
  sampler: v.optional(Sampler),
  window: v.optional(Window),
  referencesPerEmphasis: v.optional(ReferenceCount, 8),
  rivalScales: v.optional(RivalScales, {}),
  /** The noise of prompt i and seed s is that of seed `firstSeed + i + 1000000 s`, the same in every arm. */
  firstSeed: v.optional(Seed, 1000),
});
export type EvaluationSettings = v.InferOutput<typeof EvaluationSettings>;

export const EvaluateRequest = v.strictObject({
  /** Names the results. Rows that are there already are kept, so the same request again goes on where it stopped. */
  evaluationId: Id,
  settings: EvaluationSettings,
  promptSet: PromptSet,
  arms: Arms,
  seeds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 1),
  /** Prompts that are made side by side; of a picture it decides nothing but the last bits. */
  batch: v.optional(Batch),
  /** Only these rows, e.g. to compare with older results; absent: all arms x prompts x seeds. */
  only: v.optional(v.pipe(v.array(EvaluationRow), v.minLength(1), v.maxLength(10_000))),
});
export type EvaluateRequest = v.InferOutput<typeof EvaluateRequest>;

export const EvaluateEvent = v.variant('type', [
  v.strictObject({
    type: v.literal('progress'),
    done: Count,
    of: Count,
    /** From the pace so far; null before the first picture. */
    secondsLeft: v.nullable(v.number()),
    /** True while a job has the engine. */
    waits: v.optional(v.boolean()),
  }),
  v.strictObject({ type: v.literal('done'), rows: Count }),
]);
export type EvaluateEvent = v.InferOutput<typeof EvaluateEvent>;

export const EvaluationRef = v.strictObject({ evaluationId: Id });

/** A run that the host does by itself, whoever watches: it goes on when the page is closed. */
export const EvaluationState = v.variant('type', [
  v.strictObject({
    type: v.literal('progress'),
    done: Count,
    of: Count,
    secondsLeft: v.nullable(v.number()),
    /** True while a job has the engine. */
    waits: v.optional(v.boolean()),
  }),
  v.strictObject({ type: v.literal('done'), rows: Count }),
  v.strictObject({ type: v.literal('stopped') }),
  v.strictObject({ type: v.literal('failed'), error: ErrorBody }),
]);
export type EvaluationState = v.InferOutput<typeof EvaluationState>;

/** What is asked of the host's own run: prompts by the name of a set that ships, or as they are. */
export const StartEvaluation = v.strictObject({
  evaluationId: Id,
  settings: EvaluationSettings,
  prompts: v.union([
    v.strictObject({
      name: PromptSet.entries.name,
      /** The first so many; absent: all. */
      count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    }),
    PromptSet,
  ]),
  arms: Arms,
  seeds: EvaluateRequest.entries.seeds,
  batch: EvaluateRequest.entries.batch,
});
export type StartEvaluation = v.InferOutput<typeof StartEvaluation>;

export const EvaluationSummary = v.strictObject({
  evaluationId: Id,
  packId: PackId,
  promptSet: v.string(),
  prompts: Count,
  arms: v.array(Arm),
  seeds: Count,
  /** Pictures that are there, and that were asked for. */
  done: Count,
  of: Count,
  changedAt: Timestamp,
  /** The host's run of it, the last one since the host started; null without one. */
  run: v.nullable(EvaluationState),
});
export type EvaluationSummary = v.InferOutput<typeof EvaluationSummary>;
export const EvaluationList = v.strictObject({
  /** Newest first. */
  evaluations: v.array(EvaluationSummary),
  refused: v.array(v.strictObject({ evaluationId: Id, error: ErrorBody })),
});
export type EvaluationList = v.InferOutput<typeof EvaluationList>;

/** Sets of prompts that ship beside the packs for a pack's domain. */
export const PromptSets = v.strictObject({
  sets: v.array(v.strictObject({ name: PromptSet.entries.name, prompts: Count, details: Count })),
});
export type PromptSets = v.InferOutput<typeof PromptSets>;

/** A share or a difference in per cent (points), or a mean LPIPS, with its 95 % bootstrap interval over prompts. */
export const Estimate = v.strictObject({ value: v.number(), low: v.number(), high: v.number() });
export type Estimate = v.InferOutput<typeof Estimate>;

export const ArmScore = v.strictObject({
  arm: Arm,
  pictures: Count,
  /** Detail Matching; null where no prompt names details. */
  detail: v.nullable(Estimate),
  /** Pictures that show every stressed detail. */
  allRight: v.nullable(Estimate),
  /** Attributes that the sentence names without stress and the picture shows. */
  kept: v.nullable(Estimate),
  /** Frechet and kernel distance of the named features; null without reference features or with one picture. */
  fd: v.nullable(v.number()),
  kid: v.nullable(v.number()),
  /** Mean inner product of the sentence and the picture in the guide's own space: circular, no evidence. */
  encoder: v.number(),
  /** Mean cosine distance of the features between seeds of one prompt; null with one seed. */
  diversity: v.nullable(v.number()),
  /** Mean LPIPS over all pairs of seeds of a prompt; null with one seed, and where a pair has not been measured. */
  lpips: v.nullable(Estimate),
  seconds: v.number(),
  denoiserCalls: v.number(),
  vjpCalls: v.number(),
  /** Steps that fell back to the unrefined image, of all pictures. */
  unrefinedSteps: Count,
  /** Share of stressed details shown, by attribute group: [shown, wanted]. */
  groups: v.record(v.string(), v.tuple([Count, Count])),
  /** The same by the number of stressed phrases of the prompt. */
  byEmphases: v.record(v.string(), v.tuple([Count, Count])),
});
export type ArmScore = v.InferOutput<typeof ArmScore>;

/** a - b on the same prompts and seeds; p is two-sided, from sign flips of the prompts' differences. */
export const PairedDifference = v.strictObject({
  a: Arm,
  b: Arm,
  detail: v.nullable(v.strictObject({ ...Estimate.entries, p: v.number() })),
  allRight: v.nullable(v.strictObject({ ...Estimate.entries, p: v.number() })),
  /** No points: of the mean LPIPS itself. */
  lpips: v.nullable(v.strictObject({ ...Estimate.entries, p: v.number() })),
});
export type PairedDifference = v.InferOutput<typeof PairedDifference>;

export const EvaluationReport = v.strictObject({
  format: v.literal('accent-evaluation'),
  schema: v.literal(1),
  evaluationId: Id,
  appVersion: v.string(),
  /** False while rows are missing: the figures are then of what is there. */
  complete: v.boolean(),
  prompts: v.strictObject({
    name: v.string(),
    /** SHA-256 of the set as parsed, and its size; `count` of them have pictures. */
    hash: ContentHash,
    total: Count,
    count: Count,
    details: Count,
    seeds: Count,
  }),
  /** With the pack's own values filled in. */
  settings: EvaluationSettings,
  pack: v.strictObject({
    id: PackId,
    version: v.string(),
    imagesSeen: v.strictObject({ encoder: Count, denoiser: Count }),
    denoiserHash: ContentHash,
    encoderHash: ContentHash,
  }),
  reader: v.strictObject({
    id: v.string(),
    version: v.string(),
    threshold: v.number(),
    modelHash: ContentHash,
    /** On renders whose attributes are known. */
    accuracy: v.array(
      v.strictObject({
        split: v.string(),
        images: v.string(),
        count: Count,
        details: v.number(),
        unsure: v.number(),
        falselyShown: v.number(),
      }),
    ),
  }),
  /** What FD and KID are distances of; null where there is nothing to measure to. */
  features: v.nullable(
    v.strictObject({ name: v.string(), dims: Count, split: v.string(), images: Count, hash: ContentHash }),
  ),
  /** The network that measured LPIPS, and the side of its pictures; null where none did. */
  lpips: v.nullable(v.strictObject({ hash: ContentHash, size: Count })),
  arms: v.array(ArmScore),
  paired: v.array(PairedDifference),
  backends: v.record(v.string(), v.string()),
  /** Up to 20 rows by which a later run can be compared: pixels, and which details were shown ("101"). */
  rows: v.array(v.strictObject({ ...EvaluationRow.entries, pixelsHash: ContentHash, shown: v.string() })),
});
export type EvaluationReport = v.InferOutput<typeof EvaluationReport>;

/** The report as data, as text, as a page that stands alone, and prompts x arms as a picture (PNG). */
export const EvaluationFiles = v.strictObject({
  report: EvaluationReport,
  markdown: v.string(),
  html: v.string(),
  sheet: bytes(),
});
export type EvaluationFiles = v.InferOutput<typeof EvaluationFiles>;
