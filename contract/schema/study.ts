/** Blind ratings by people: what is shown, what is answered, and what comes out once all sheets are sealed. */
import * as v from 'valibot';
import { bytes } from './binary.ts';
import { Arm, ContentHash, Count, Id, Timestamp } from './common.ts';
import { Estimate } from './evaluation.ts';
import { ErrorBody } from './job.ts';

/** The paper's scales (appendix A.3). */
export const Photorealism = v.picklist([1, 3, 5], 'Expected 1 (broken), 3 (artefacts or blur) or 5 (clean).');
export const TextAlignment = v.picklist(
  [1, 2, 4, 5],
  'Expected 1 (mismatch), 2 (mostly not), 4 (mostly) or 5 (complete match).',
);

const Sides = v.picklist(['left', 'right', 'same']);

/** One thing to judge: a picture on the three scales, or two pictures side by side. Nothing in it names an arm. */
export const StudyItem = v.variant('kind', [
  v.strictObject({
    kind: v.literal('picture'),
    itemId: Id,
    text: v.string(),
    /** The marked phrases; each is answered with yes or no. */
    details: v.array(v.string()),
    image: Id,
  }),
  v.strictObject({ kind: v.literal('pair'), itemId: Id, text: v.string(), left: Id, right: Id }),
]);
export type StudyItem = v.InferOutput<typeof StudyItem>;

export const StudySet = v.strictObject({
  format: v.literal('accent-study'),
  schema: v.literal(1),
  studyId: Id,
  createdAt: Timestamp,
  /** In the order in which they are shown. */
  items: v.pipe(v.array(StudyItem), v.minLength(1)),
  /** SHA-256 of the key: what will be revealed was fixed when the set was made. */
  keyHash: ContentHash,
});
export type StudySet = v.InferOutput<typeof StudySet>;

/** Looks and match are asked in passes of their own, so a picture's answer fills up: null is not answered yet. */
export const StudyAnswer = v.variant('kind', [
  v.strictObject({
    kind: v.literal('picture'),
    itemId: Id,
    photorealism: v.nullable(Photorealism),
    alignment: v.nullable(TextAlignment),
    details: v.array(v.nullable(v.boolean())),
  }),
  v.strictObject({ kind: v.literal('pair'), itemId: Id, better: Sides }),
]);
export type StudyAnswer = v.InferOutput<typeof StudyAnswer>;

/** One rater's answers. A sealed sheet carries the hash of its answers and takes no more. */
export const RatingSheet = v.strictObject({
  format: v.literal('accent-ratings'),
  schema: v.literal(1),
  studyId: Id,
  keyHash: ContentHash,
  rater: Id,
  /** True for sheets that a program made, e.g. for tests: never people's ratings, and said so in every result. */
  synthetic: v.boolean(),
  answers: v.array(StudyAnswer),
  seal: v.nullable(ContentHash),
});
export type RatingSheet = v.InferOutput<typeof RatingSheet>;

export const MakeStudy = v.strictObject({
  studyId: Id,
  evaluationId: Id,
  arms: v.pipe(
    v.array(Arm),
    v.minLength(1, 'Expected at least one arm.'),
    v.check((arms) => new Set(arms).size === arms.length, 'Expected each arm once.'),
  ),
  /** Prompts that are shown, each in every arm. */
  prompts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 20),
  /** Share of the items that are shown twice, for self-consistency. */
  repeats: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.1),
  /** Side-by-side items of every two arms beside the single pictures. */
  pairs: v.optional(v.boolean(), true),
  seed: v.optional(Count, 1),
});
export type MakeStudy = v.InferOutput<typeof MakeStudy>;

export const StudyRef = v.strictObject({ studyId: Id });

/** How far one rater is. */
export const StudyRater = v.strictObject({
  rater: Id,
  /** Items that are answered whole. */
  answered: Count,
  sealed: v.boolean(),
  synthetic: v.boolean(),
});
export const StudySummary = v.strictObject({
  studyId: Id,
  createdAt: Timestamp,
  items: Count,
  /** False for a set from elsewhere: its key is with whoever made it, so it is rated here and revealed there. */
  own: v.boolean(),
  raters: v.array(StudyRater),
});
export type StudySummary = v.InferOutput<typeof StudySummary>;
export const StudyList = v.strictObject({
  /** Newest first. */
  studies: v.array(StudySummary),
  refused: v.array(v.strictObject({ studyId: Id, error: ErrorBody })),
});
export type StudyList = v.InferOutput<typeof StudyList>;

/** Pictures of a set from elsewhere, some at a time: a message is small. */
export const TakeImages = v.strictObject({
  ...StudyRef.entries,
  images: v.pipe(v.array(v.strictObject({ image: Id, png: bytes() })), v.minLength(1), v.maxLength(100)),
});
/** Pictures that a set from elsewhere still lacks; with none it is there. */
export const StudyLacks = v.strictObject({ lacks: v.array(Id) });
export const RaterRef = v.strictObject({ ...StudyRef.entries, rater: Id });
export const RateItem = v.strictObject({
  ...RaterRef.entries,
  synthetic: v.optional(v.boolean(), false),
  answer: StudyAnswer,
});
export const MergeSheet = v.strictObject({ ...StudyRef.entries, sheet: RatingSheet });
export const StudyImage = v.strictObject({ ...StudyRef.entries, image: Id });
export const StudyPicture = v.strictObject({ png: bytes() });

const Agreement = v.strictObject({
  /** Krippendorff's alpha over raters; null with one rater or without variation. */
  alpha: v.nullable(v.number()),
  /** Share of repeated items that a rater answered the same; null without repeats. */
  selfConsistency: v.nullable(v.number()),
});

export const StudyResults = v.strictObject({
  studyId: Id,
  /** Sealed sheets of people; the figures are of these. */
  raters: Count,
  synthetic: Count,
  arms: v.array(
    v.strictObject({
      arm: Arm,
      pictures: Count,
      photorealism: v.nullable(Estimate),
      alignment: v.nullable(Estimate),
      /** Per cent of the marked phrases that people see. */
      detail: v.nullable(Estimate),
      /** Bradley-Terry strength as log odds against the first arm; null without side-by-side answers. */
      strength: v.nullable(Estimate),
    }),
  ),
  agreement: v.strictObject({
    photorealism: Agreement,
    alignment: Agreement,
    detail: Agreement,
    pair: Agreement,
  }),
  /** Per cent of people's yes and no that the attribute reader says too; null where it has no word for any phrase. */
  readerAgreement: v.nullable(Estimate),
});
export type StudyResults = v.InferOutput<typeof StudyResults>;

/** After the reveal: results, and every answer with its arm as CSV and JSON. */
export const StudyReveal = v.strictObject({ results: StudyResults, csv: v.string(), json: v.string() });
export type StudyReveal = v.InferOutput<typeof StudyReveal>;
