/**
 * One frame as bytes, the same on every link:
 *
 *     u32 little-endian   length of the header in bytes
 *     header              JSON, UTF-8: { "frame": ..., "attached": [[path, kind, byteLength], ...] }
 *     attachments         each starts at a multiple of 8 bytes from the frame's beginning
 *
 * Typed arrays anywhere in the frame are lifted out of the JSON (null stands in their place) and travel as they are.
 * Decoding gives views on the received bytes wherever the alignment allows it, so a big tensor is not copied.
 */
import { AppError } from './errors.ts';

type Attachable = Uint8Array | Uint8ClampedArray | Int32Array | Float32Array | Float64Array | BigInt64Array;
type Kind = 'u8' | 'i32' | 'f32' | 'f64' | 'i64';
type Path = readonly (string | number)[];
type Entry = readonly [Path, Kind, number];

interface Attachment {
  readonly entry: Entry;
  readonly data: Attachable;
}

const ALIGN = 8;
const MAX_DEPTH = 64;
const MAX_ATTACHMENTS = 65_536;
const ELEMENT_BYTES: Readonly<Record<Kind, number>> = { u8: 1, i32: 4, f32: 4, f64: 8, i64: 8 };

/**
 * Encodes a frame. Values are plain JSON plus Uint8Array, Int32Array, Float32Array, Float64Array and BigInt64Array;
 * undefined properties are left out.
 * Throws `invalid_input` naming the path of anything that JSON cannot carry (NaN, a Date, a function, a cycle).
 */
export function encodeFrame(frame: unknown): Uint8Array<ArrayBuffer> {
  const attachments: Attachment[] = [];
  const plain = lift(frame, [], attachments);
  const json = JSON.stringify({ frame: plain, attached: attachments.map((a) => a.entry) });
  const header = new TextEncoder().encode(json);
  let size = aligned(4 + header.length);
  for (const { data } of attachments) size = aligned(size + data.byteLength);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  let offset = aligned(4 + header.length);
  for (const { data } of attachments) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset = aligned(offset + data.byteLength);
  }
  return bytes;
}

/** Decodes what `encodeFrame` made. The content is not checked, only the form. Throws `bad_frame`. */
export function decodeFrame(bytes: Uint8Array): unknown {
  if (bytes.byteLength < 4) throw badFrame('at least 4 bytes', `${bytes.byteLength}`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (4 + headerLength > bytes.byteLength)
    throw badFrame('a header inside the frame', `${headerLength} bytes`);
  const header = parseHeader(bytes.subarray(4, 4 + headerLength));
  let offset = aligned(4 + headerLength);
  for (const entry of header.attached) {
    const [path, kind, byteLength] = readEntry(entry);
    if (offset + byteLength > bytes.byteLength)
      throw badFrame('an attachment inside the frame', `${byteLength} bytes`);
    plant(header, path, view(bytes, offset, byteLength, kind));
    offset = aligned(offset + byteLength);
  }
  return header.frame;
}

function lift(value: unknown, path: Path, attachments: Attachment[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unsendable(path, String(value));
    return value;
  }
  if (typeof value !== 'object') throw unsendable(path, typeof value);
  const kind = kindOf(value);
  if (kind) {
    const data = value as Attachable;
    if (attachments.length === MAX_ATTACHMENTS)
      throw unsendable(path, `more than ${MAX_ATTACHMENTS} typed arrays`);
    attachments.push({ entry: [path, kind, data.byteLength], data });
    return null;
  }
  if (path.length >= MAX_DEPTH) throw unsendable(path, 'a value nested too deeply');
  if (Array.isArray(value)) return value.map((item, i) => lift(item, [...path, i], attachments));
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) throw unsendable(path, 'an instance of a class');
  // Without a prototype, so that a key named __proto__ stays a plain property.
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) copy[key] = lift(item, [...path, key], attachments);
  }
  return copy;
}

function kindOf(value: object): Kind | undefined {
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray) return 'u8';
  if (value instanceof Float32Array) return 'f32';
  if (value instanceof Int32Array) return 'i32';
  if (value instanceof Float64Array) return 'f64';
  if (value instanceof BigInt64Array) return 'i64';
  return undefined;
}

function parseHeader(bytes: Uint8Array): { frame: unknown; attached: readonly unknown[] } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('bad_frame', 'A message of the protocol has a header that is not JSON.', { cause });
  }
  if (typeof header !== 'object' || header === null || !('frame' in header))
    throw badFrame('a frame', 'none');
  if (!('attached' in header) || !Array.isArray(header.attached))
    throw badFrame('a list of attachments', 'none');
  if (header.attached.length > MAX_ATTACHMENTS)
    throw badFrame(`at most ${MAX_ATTACHMENTS} attachments`, 'more');
  return { frame: header.frame, attached: header.attached };
}

function readEntry(entry: unknown): Entry {
  if (!Array.isArray(entry)) throw badFrame('an attachment entry', typeof entry);
  const [path, kind, byteLength] = entry as unknown[];
  if (!Array.isArray(path) || path.length > MAX_DEPTH) throw badFrame('an attachment path', typeof path);
  if (typeof kind !== 'string' || !Object.hasOwn(ELEMENT_BYTES, kind))
    throw badFrame('a known kind', String(kind));
  const size = ELEMENT_BYTES[kind as Kind];
  if (
    typeof byteLength !== 'number' ||
    !Number.isSafeInteger(byteLength) ||
    byteLength < 0 ||
    byteLength % size !== 0
  ) {
    throw badFrame(`a length that is a multiple of ${size}`, String(byteLength));
  }
  return [path as Path, kind as Kind, byteLength];
}

/** Puts an attachment where its null stands. Only own properties are followed, so no prototype can be reached. */
function plant(header: { frame: unknown }, path: Path, data: Attachable): void {
  let target: unknown = header;
  let key: string | number = 'frame';
  for (const next of path) {
    target = own(target, key);
    key = next;
  }
  if (own(target, key) !== null) throw badFrame('null in the place of an attachment', path.join('.'));
  (target as Record<string | number, unknown>)[key] = data;
}

function own(target: unknown, key: string | number): unknown {
  if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) {
    throw badFrame('an attachment path that exists', String(key));
  }
  return (target as Record<string | number, unknown>)[key];
}

function view(bytes: Uint8Array, offset: number, byteLength: number, kind: Kind): Attachable {
  const size = ELEMENT_BYTES[kind];
  let buffer = bytes.buffer;
  let start = bytes.byteOffset + offset;
  if (start % size !== 0) {
    buffer = bytes.slice(offset, offset + byteLength).buffer;
    start = 0;
  }
  const length = byteLength / size;
  if (kind === 'f32') return new Float32Array(buffer, start, length);
  if (kind === 'i32') return new Int32Array(buffer, start, length);
  if (kind === 'f64') return new Float64Array(buffer, start, length);
  if (kind === 'i64') return new BigInt64Array(buffer, start, length);
  return new Uint8Array(buffer, start, length);
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGN) * ALIGN;
}

function badFrame(expected: string, got: string): AppError {
  return new AppError(
    'bad_frame',
    `A message of the protocol is malformed: expected ${expected}, got ${got}.`,
  );
}

function unsendable(path: Path, what: string): AppError {
  // The first parts of the path ("input", "value") belong to the frame; the caller knows the rest.
  const where = path.slice(1).join('.') || 'the value';
  return new AppError(
    'invalid_input',
    `${where}: ${what} cannot be sent; use finite numbers, text, plain objects.`,
    {
      details: { path: path.slice(1) },
    },
  );
}
