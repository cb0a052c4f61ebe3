/** What the studio knows about the packs it found, and about what would run where. */
import * as v from 'valibot';
import { bytes } from './binary.ts';
import { ErrorBody } from './job.ts';
import { Count, PackId, Pixels } from './common.ts';
import { PackManifest } from './pack.ts';

export const PackSummary = v.strictObject({
  packId: PackId,
  name: v.string(),
  version: v.string(),
  description: v.string(),
  /** Absent: `first`. */
  domain: PackManifest.entries.domain,
  role: v.picklist(['generation', 'evaluation']),
  licence: v.string(),
  attribution: v.array(v.string()),
  imageSize: Pixels,
  maxTokens: Count,
  maxReferences: Count,
  /** Noise levels of its schedule: the highest that a window may name. */
  levels: Count,
  /** Bytes of all files. */
  bytes: Count,
  parts: v.array(v.string()),
  imagesSeen: PackManifest.entries.imagesSeen,
  /** What a request that leaves them out gets. */
  sampling: PackManifest.entries.sampling,
  /** False for what ships with the studio: only packs that were imported can be removed here. */
  removable: v.boolean(),
});
export type PackSummary = v.InferOutput<typeof PackSummary>;

/** A folder that looks like a pack and cannot be used. */
export const RefusedPack = v.strictObject({ folder: v.string(), error: ErrorBody });
export type RefusedPack = v.InferOutput<typeof RefusedPack>;

export const PackList = v.strictObject({ packs: v.array(PackSummary), refused: v.array(RefusedPack) });
export type PackList = v.InferOutput<typeof PackList>;

/** What runs one port, and why the others before it in the order do not. */
export const PortReport = v.strictObject({
  port: v.string(),
  /** Null when no backend passed. */
  chosen: v.nullable(
    v.strictObject({
      name: v.string(),
      detail: v.string(),
      /** Largest deviation from the golden data in units of its tolerance; null when the pack has none for this port. */
      goldenError: v.nullable(v.number()),
    }),
  ),
  refused: v.array(v.strictObject({ name: v.string(), reason: v.string() })),
});
export type PortReport = v.InferOutput<typeof PortReport>;

/** One line of the doctor's list. */
export const DoctorCheck = v.strictObject({
  name: v.string(),
  state: v.picklist(['ok', 'warning', 'problem']),
  message: v.string(),
});
export type DoctorCheck = v.InferOutput<typeof DoctorCheck>;

export const DoctorReport = v.strictObject({
  appVersion: v.string(),
  platform: v.string(),
  runtime: v.string(),
  checks: v.array(DoctorCheck),
  packs: v.array(
    v.strictObject({ packId: PackId, ports: v.array(PortReport), error: v.nullable(ErrorBody) }),
  ),
  refused: v.array(RefusedPack),
});
export type DoctorReport = v.InferOutput<typeof DoctorReport>;

/**
 * What the text encoder of a pack makes of a sentence, by its tokenizer alone. Without a pack id: the pack of the settings,
 * else the first that generates. The text is taken as it is, so that the places in the answer are places in it.
 */
export const CheckTextRequest = v.strictObject({
  text: v.pipe(v.string(), v.maxLength(2000, 'Expected at most 2000 characters.')),
  packId: v.optional(PackId),
});
export type CheckTextRequest = v.InferOutput<typeof CheckTextRequest>;

/** A word that the vocabulary does not know: it says nothing to the encoder. Place in UTF-16 units, [start, end). */
export const UnknownWord = v.strictObject({ start: Count, end: Count, word: v.string() });
export type UnknownWord = v.InferOutput<typeof UnknownWord>;

export const CheckTextResponse = v.strictObject({
  /** From this place on (UTF-16 units) the encoder reads nothing; null when it reads all. */
  cutAt: v.nullable(Count),
  /** In order; only before `cutAt`. */
  unknown: v.array(UnknownWord),
});
export type CheckTextResponse = v.InferOutput<typeof CheckTextResponse>;

export const PackRef = v.strictObject({ packId: PackId });
/** The pack's own words about itself, as they stand in its card (Markdown). */
export const PackCard = v.strictObject({ text: v.string() });

/** One file of a pack beside what its manifest says of it. */
export const FileCheck = v.strictObject({
  part: v.string(),
  file: v.string(),
  bytes: Count,
  /** Null when it is the very file that the manifest describes. */
  error: v.nullable(ErrorBody),
});
export type FileCheck = v.InferOutput<typeof FileCheck>;
export const PackCheck = v.strictObject({ files: v.array(FileCheck) });

/** A pack that is being imported: which of its files are still missing, and from which byte on. */
export const PackIntake = v.strictObject({
  packId: PackId,
  lacks: v.array(
    v.strictObject({
      file: v.string(),
      from: Count,
      /** Null for the card, whose size the manifest does not say: it comes in one piece. */
      bytes: v.nullable(Count),
    }),
  ),
});
export type PackIntake = v.InferOutput<typeof PackIntake>;
/** The next bytes of one file, in order. */
export const PackBytes = v.strictObject({
  packId: PackId,
  file: v.string(),
  from: Count,
  data: bytes(),
});

/** Without a pack id: all packs. */
export const DoctorRequest = v.strictObject({ packId: v.optional(PackId) });
