/** The user's images: where they come from, how they are found, and why a file was left out. */
import * as v from 'valibot';
import {
  ContentHash,
  Count,
  Id,
  PackId,
  PageRequest,
  Pixels,
  ResultCount,
  Tag,
  Tags,
  Timestamp,
  Weight,
  text,
} from './common.ts';
import { ErrorBody } from './job.ts';
import { bytes } from './binary.ts';
import type { ErrorCode } from '../errors.ts';

/** Why a file of a folder is not in the catalog. Each is also an `ErrorCode`. */
export const SKIP_REASONS = [
  'empty_file',
  'truncated',
  'corrupt_image',
  'not_an_image',
  'unsupported_format',
  'too_many_pixels',
  'too_large',
  'not_a_regular_file',
  'link_skipped',
  'changed_while_reading',
  'unreadable',
  'permission_denied',
  'decode_timeout',
  'decode_lost',
  'out_of_memory',
  'quarantined',
] as const satisfies readonly ErrorCode[];
export const SkipReason = v.picklist(SKIP_REASONS);
export type SkipReason = v.InferOutput<typeof SkipReason>;

/** A folder whose images are in the catalog. Its path stays with the host. */
export const Root = v.strictObject({
  rootId: Id,
  name: v.string(),
  imageCount: Count,
  /** `offline`: the folder is not there (drive unplugged); its images stay in the catalog. */
  state: v.picklist(['online', 'offline']),
  /** True for the sample folder that ships with the studio. */
  builtIn: v.boolean(),
  addedAt: Timestamp,
});
export type Root = v.InferOutput<typeof Root>;

export const CatalogImage = v.strictObject({
  imageId: Id,
  contentHash: ContentHash,
  name: v.string(),
  width: Pixels,
  height: Pixels,
  importedAt: Timestamp,
  /** Null for an image that the studio made itself. */
  rootId: v.nullable(Id),
});
export type CatalogImage = v.InferOutput<typeof CatalogImage>;

export const SkippedFile = v.strictObject({
  /** Name below the root, with "/" between folders: to be shown, not to be opened. */
  file: v.string(),
  reason: SkipReason,
  /** One sentence for a person. */
  message: v.string(),
});
export type SkippedFile = v.InferOutput<typeof SkippedFile>;

export const ImportReport = v.strictObject({
  rootId: Id,
  /** Files looked at; found = imported + unchanged + duplicates + moved + skipped.length. */
  found: Count,
  imported: Count,
  /** In the catalog already, same bytes in the same place. */
  unchanged: Count,
  /** Same bytes as another file of the catalog. */
  duplicates: Count,
  /** Same bytes at another place than before: renamed, or moved within the folder or from another one. */
  moved: Count,
  /** Files of earlier imports that were not found; their images stay. */
  missing: Count,
  skipped: v.array(SkippedFile),
  wallSeconds: v.pipe(v.number(), v.minValue(0)),
});
export type ImportReport = v.InferOutput<typeof ImportReport>;

/** `scanning` while files are found, `progress` while they are read and embedded, one `report` at the end. */
export const ImportEvent = v.variant('type', [
  v.strictObject({ type: v.literal('scanning'), found: Count }),
  v.strictObject({
    type: v.literal('progress'),
    done: Count,
    of: Count,
    /** On the disk: a crash does not take them back. */
    imported: Count,
    skipped: Count,
    /** Files a second, of the last half minute or so. */
    perSecond: v.pipe(v.number(), v.minValue(0)),
    /** Null until there is a rate. */
    secondsLeft: v.nullable(v.pipe(v.number(), v.minValue(0))),
    paused: v.boolean(),
  }),
  v.strictObject({ type: v.literal('report'), report: ImportReport }),
]);
export type ImportEvent = v.InferOutput<typeof ImportEvent>;

/**
 * Reads a root again: new files come in, changed ones are replaced, moved ones are known again, missing ones stay. Only
 * files that look changed (size, time) are read.
 */
export const ImportFolder = v.strictObject({ rootId: Id, packId: PackId });

/** Conditions on images; all that are given must hold. */
export const ImageFilter = v.strictObject({
  rootId: v.optional(Id),
  tag: v.optional(Tag),
  format: v.optional(v.picklist(['jpeg', 'png', 'webp'])),
  /** The shorter side has at least so many pixels. */
  minSide: v.optional(Pixels),
  /** Taken at or after this time; imported, where the file does not say when it was taken. */
  from: v.optional(Timestamp),
  /** Before this time. */
  to: v.optional(Timestamp),
  /** Every word begins a word of the name, the tags or the captions beside the image. */
  words: v.optional(text(200)),
  /** True: only what the studio made itself. False: only the user's own. */
  own: v.optional(v.boolean()),
  /** True: only images whose every file is gone. False: only the others. */
  missing: v.optional(v.boolean()),
});
export type ImageFilter = v.InferOutput<typeof ImageFilter>;

/**
 * What is shown once. Same bytes are one image in any case (`bytes`); `picture` folds the same picture in another size,
 * quality or format; `look` folds what the encoder takes for nearly the same.
 */
export const Fold = v.picklist(['bytes', 'picture', 'look']);
export type Fold = v.InferOutput<typeof Fold>;

/** One part of a sum of meanings: words or an image of the catalog, added or, with a weight below 0, taken away. */
export const SearchTerm = v.pipe(
  v.strictObject({
    text: v.optional(text(200)),
    imageId: v.optional(Id),
    weight: v.optional(
      v.pipe(
        v.number(),
        v.minValue(-2, 'Expected a weight from -2 to 2.'),
        v.maxValue(2, 'Expected a weight from -2 to 2.'),
      ),
      1,
    ),
  }),
  v.check(
    (term) => (term.text === undefined) !== (term.imageId === undefined),
    'Expected either text or imageId in a term, not both.',
  ),
);
export type SearchTerm = v.InferOutput<typeof SearchTerm>;

/** Exactly one of `text`, `imageId`, `picture` and `terms`. */
export const SearchRequest = v.pipe(
  v.strictObject({
    text: v.optional(text(2000)),
    imageId: v.optional(Id),
    /** Bytes of a JPEG, PNG or WebP file that need not be in the catalog. */
    picture: v.optional(bytes()),
    terms: v.optional(v.pipe(v.array(SearchTerm), v.minLength(1), v.maxLength(16))),
    filter: v.optional(ImageFilter),
    /** `bytes` where it is left out. */
    fold: v.optional(Fold),
    k: v.optional(ResultCount, 20),
    packId: PackId,
  }),
  v.check(
    ({ text: words, imageId, picture, terms }) =>
      [words, imageId, picture, terms].filter((x) => x !== undefined).length === 1,
    'Expected exactly one of text, imageId, picture and terms.',
  ),
);

/** An image with how well it fits. */
export const Hit = v.strictObject({
  image: CatalogImage,
  /** 1 for the best. */
  rank: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Inner product of the two unit embeddings, -1 .. 1. */
  score: v.number(),
  /**
   * How sure it is that the image shows what the words say, 0 .. 1; null where no words alone were searched. A pack without
   * the odds of its named values gives the chance that the best of the folder's images scores lower for words that name
   * nothing in it.
   */
  strength: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** How many lower hits were folded into this one; absent where nothing was folded. */
  alike: v.optional(Count),
});
export type Hit = v.InferOutput<typeof Hit>;

export const SearchResponse = v.strictObject({ hits: v.array(Hit) });

/** The references of one chip. Pins come first, in their order; bans never come. */
export const ReferencesRequest = v.strictObject({
  phrase: text(200),
  k: v.optional(ResultCount, 4),
  pins: v.optional(v.pipe(v.array(ContentHash), v.maxLength(64)), []),
  bans: v.optional(v.pipe(v.array(ContentHash), v.maxLength(1000)), []),
  /** True: what was chosen for this phrase before (`choose`) holds beside these pins and bans. */
  remembered: v.optional(v.boolean()),
  /** 0, or left out: the best hits. Towards 1: hits that differ from each other, at the cost of their score. */
  diversity: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  fold: v.optional(Fold),
  packId: PackId,
});

export const Reference = v.strictObject({
  ...Hit.entries,
  weight: Weight,
  pinned: v.boolean(),
});
export type Reference = v.InferOutput<typeof Reference>;

export const ReferencesResponse = v.strictObject({
  phrase: v.string(),
  references: v.array(Reference),
  /**
   * `good`: the best hit stands out from the null phrases; `weak`: barely; `none`: the catalog shows nothing like it.
   */
  verdict: v.picklist(['good', 'weak', 'none']),
});
export type ReferencesResponse = v.InferOutput<typeof ReferencesResponse>;

export const ImageRefs = v.strictObject({
  imageIds: v.pipe(
    v.array(Id),
    v.minLength(1, 'Expected at least one image.'),
    v.maxLength(1000, 'Expected at most 1000 images.'),
  ),
});
export const ImagesRequest = v.strictObject({
  ...PageRequest.entries,
  rootId: v.optional(Id),
  filter: v.optional(ImageFilter),
});

/** All that the catalog knows of one image. */
export const ImageDetail = v.strictObject({
  image: CatalogImage,
  tags: v.array(v.string()),
  /** Words of the captions beside it; empty without any. */
  caption: v.string(),
  takenAt: v.nullable(Timestamp),
  format: v.nullable(v.string()),
  /** Of the file; null where it is not known. */
  bytes: v.nullable(Count),
  /** Where it lies or lay; names are to be shown, not to be opened. */
  files: v.array(
    v.strictObject({ rootId: Id, file: v.string(), state: v.picklist(['present', 'missing', 'offline']) }),
  ),
  /** Pairs that used it as a reference; `gallery.browse` with `reference` lists them. */
  results: Count,
});
export type ImageDetail = v.InferOutput<typeof ImageDetail>;

export const TagImages = v.strictObject({
  ...ImageRefs.entries,
  addTags: v.optional(Tags, []),
  removeTags: v.optional(Tags, []),
});
export const TaggedImages = v.strictObject({
  images: v.array(v.strictObject({ imageId: Id, tags: v.array(v.string()) })),
});

export const PhraseRef = v.strictObject({ phrase: text(200) });
/** `like`: more like this, its meaning is mixed into the phrase's; `none` takes an earlier choice back. */
export const Choose = v.strictObject({
  phrase: text(200),
  contentHash: ContentHash,
  as: v.picklist(['pin', 'ban', 'like', 'none']),
});
/** What the user chose for a phrase, in the order of choosing; capitals do not tell phrases apart. */
export const PhraseChoices = v.strictObject({
  phrase: v.string(),
  pins: v.array(ContentHash),
  bans: v.array(ContentHash),
  like: v.array(ContentHash),
});
export type PhraseChoices = v.InferOutput<typeof PhraseChoices>;

export const RootRef = v.strictObject({ rootId: Id });
/** A folder by its absolute path on the host's machine, or by the name under which the host offers it. */
export const AddRoot = v.union([
  v.strictObject({ path: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4096)) }),
  v.strictObject({ name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)) }),
]);
export type AddRoot = v.InferOutput<typeof AddRoot>;
/**
 * How whoever asks adds a folder: by the system's `dialog`; by its `path`, where the page can only be of this machine; by the
 * `name` of one that is offered, from elsewhere; or not at all.
 */
export const AddsBy = v.picklist(['dialog', 'path', 'name', 'nothing']);
export type AddsBy = v.InferOutput<typeof AddsBy>;
export const Roots = v.strictObject({
  roots: v.array(Root),
  /** All images of the catalog, each once, however many folders it lies in: what `images` lists without a filter. */
  images: Count,
  /** Those of them that the studio made itself. */
  own: Count,
  adds: AddsBy,
  /** Names of the folders that are offered (`serve --root`) and not added yet. */
  offered: v.array(v.string()),
});
/** `running`: whether an import of this root is there to be paused. */
export const ImportState = v.strictObject({ running: v.boolean(), paused: v.boolean() });

/** How many images went out of the catalog. The files are never touched. */
export const Removed = v.strictObject({ images: Count });

/** Follows all roots and reads again what changed, with this pack's encoder for new images, while the stream is open. */
export const WatchRoots = v.strictObject({ packId: PackId });
export const RootEvent = v.variant('type', [
  /** Told for every root at the beginning, and whenever a disk comes or goes. */
  v.strictObject({ type: v.literal('state'), rootId: Id, state: Root.entries.state }),
  /** A root was read again and something had changed. */
  v.strictObject({ type: v.literal('changed'), rootId: Id, report: ImportReport }),
  v.strictObject({
    type: v.literal('failed'),
    rootId: Id,
    ...ErrorBody.entries,
  }),
]);
export type RootEvent = v.InferOutput<typeof RootEvent>;

/** Images that came in with another pack get this one's vectors, in the background. */
export const AddVectors = v.strictObject({ packId: PackId });
export const VectorPass = v.strictObject({
  packId: PackId,
  /** `waiting`: something else needs the machine; `stopped`: the studio closed, it goes on at the next start. */
  state: v.picklist(['waiting', 'running', 'done', 'stopped', 'failed']),
  /** Of those that lacked a vector when the pass began; on the disk. */
  done: Count,
  of: Count,
  /** Left out, because their original cannot be read now. */
  unread: Count,
  perSecond: v.pipe(v.number(), v.minValue(0)),
  /** Null until there is a rate. */
  secondsLeft: v.nullable(v.pipe(v.number(), v.minValue(0))),
  error: v.nullable(ErrorBody),
});
export type VectorPass = v.InferOutput<typeof VectorPass>;

/** A copy of the catalog that was opened and checked before it counted. */
export const Backup = v.strictObject({
  /** To be named on the command line, where a backup is restored. */
  name: v.string(),
  at: Timestamp,
  bytes: Count,
});
export type Backup = v.InferOutput<typeof Backup>;
export const Backups = v.strictObject({
  /** Newest first. */
  backups: v.array(Backup),
});

/** What a full check found; `ok` means no problem. */
export const CatalogCheck = v.strictObject({
  ok: v.boolean(),
  problems: v.array(v.string()),
  /** Indexes of words that were out of step and were made again. */
  mended: v.array(v.string()),
});
export type CatalogCheck = v.InferOutput<typeof CatalogCheck>;

/** What is being typed, longest first: the beginnings that the last one to four words before the caret may be. */
export const CompleteRequest = v.strictObject({
  prefixes: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(2), v.maxLength(100))),
    v.minLength(1, 'Expected at least one beginning.'),
    v.maxLength(4, 'Expected at most four beginnings.'),
  ),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(20)), 6),
});

/** Tags before words of captions, those of the longest beginning first, then by how many images have them. */
export const Completions = v.strictObject({
  phrases: v.array(v.strictObject({ phrase: v.string(), from: v.picklist(['tag', 'caption']) })),
});
export type Completions = v.InferOutput<typeof Completions>;
