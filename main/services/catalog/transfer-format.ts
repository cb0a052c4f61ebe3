/**
 * The file of an exported catalog: gzip over lines of JSON. The first names the format, the last counts the others and
 * holds the SHA-256 of all lines before it (line ends included). Read strictly: it may come from anybody.
 */
import * as v from 'valibot';

export const FORMAT = 'accent-catalog';
export const SCHEMA = 1;
/** Longest line: a vector of 8192 numbers in base 64, and room. */
export const MOST_LINE = 2 ** 17;

const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Time = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const Size = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const Text = v.pipe(v.string(), v.maxLength(20_000));

export const Head = v.object({ format: v.literal(FORMAT), schema: v.number(), exportedAt: Time });

/** One line between the first and the last. */
export const Line = v.variant('is', [
  v.strictObject({
    is: v.literal('root'),
    rootId: Text,
    path: Text,
    name: Text,
    builtIn: v.boolean(),
    addedAt: Time,
  }),
  v.strictObject({
    is: v.literal('image'),
    hash: Hash,
    name: Text,
    width: v.pipe(Size, v.minValue(1)),
    height: v.pipe(Size, v.minValue(1)),
    importedAt: Time,
    rootId: v.nullable(Text),
    format: v.nullable(v.picklist(['jpeg', 'png', 'webp'])),
    bytes: v.nullable(Size),
    takenAt: v.nullable(v.pipe(v.number(), v.safeInteger())),
    at: v.pipe(v.number(), v.safeInteger()),
    /** 64 bits, signed, in decimal. */
    look: v.nullable(v.pipe(v.string(), v.regex(/^-?\d{1,19}$/))),
    caption: Text,
    tags: v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  }),
  v.strictObject({
    is: v.literal('file'),
    rootId: Text,
    /** Below its root, never beside it. */
    file: v.pipe(Text, v.regex(/^(?!\/)(?!(?:.*\/)?\.{1,2}(?:\/|$))[^\0]+$/)),
    hash: Hash,
    bytes: Size,
    modifiedMs: v.pipe(v.number(), v.finite()),
    missingSince: v.nullable(Time),
  }),
  v.strictObject({
    is: v.literal('choice'),
    phrase: v.pipe(Text, v.minLength(1)),
    hash: Hash,
    choice: v.picklist(['pin', 'ban', 'like']),
    chosenAt: Time,
  }),
  v.strictObject({
    is: v.literal('stub'),
    hash: Hash,
    name: Text,
    removedAt: Time,
    reason: v.picklist(['image', 'root']),
  }),
  /** Float32, least significant byte first, in base 64. */
  v.strictObject({
    is: v.literal('vector'),
    hash: Hash,
    encoder: Hash,
    vector: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{4,65536}={0,2}$/)),
  }),
]);
export type Line = v.InferOutput<typeof Line>;

export const End = v.strictObject({ end: v.strictObject({ lines: Size, sha256: Hash }) });
