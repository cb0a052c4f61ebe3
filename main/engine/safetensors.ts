/**
 * Reads safetensors, all rules checked before anything is allocated (reliability.md T17): header size, UTF-8, no duplicate
 * names, known types, sizes that match, no holes or overlaps. It takes nothing that the reference reader refuses (100,000
 * mutated headers compared), and is stricter in four points: equal names, a space before the header, metadata that is
 * null, and dimensions beyond 2^53.
 */
import { AppError } from '#contract';

export type TensorData = Float32Array | BigInt64Array;
export interface SafeTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, I64: 8 };
const MAX_HEADER = 100_000_000;

const bad = (message: string): AppError =>
  new AppError('bad_header', `Not a valid safetensors file: ${message}`);
const badTensor = (name: string, message: string): AppError =>
  new AppError('bad_tensor', `Tensor "${name}" is not valid: ${message}`);

/**
 * What JSON.parse lets through: equal keys (it keeps the last), numbers that are whole only after rounding (`1.0`, `1e3`,
 * `-0`), and text with half a surrogate pair.
 */
function refuseLoose(text: string): void {
  const objects: Set<string>[] = [];
  for (const match of text.matchAll(/[{}]|"((?:[^"\\]|\\.)*)"(\s*:)?|-?\d[\d.eE+-]*/g)) {
    const [token, quoted, colon] = match;
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (quoted === undefined) {
      if (!/^\d+$/.test(token)) throw bad(`the number ${token.slice(0, 40)} is not a plain whole number.`);
    } else {
      const string = JSON.parse(`"${quoted}"`) as string;
      if (!string.isWellFormed()) throw bad('its header holds text that is not Unicode.');
      if (colon === undefined) continue;
      const seen = objects.at(-1);
      if (seen?.has(string)) throw bad(`the name "${string}" occurs twice.`);
      seen?.add(string);
    }
  }
}

function readMetadata(raw: unknown): Record<string, string> {
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || !Object.values(raw).every(isText))
    throw bad('its __metadata__ is not a list of texts by name.');
  return raw as Record<string, string>;
}

/** Tensors by name, and the file's metadata. Half-precision tensors are widened to float32. */
export function readSafetensors(file: Uint8Array): {
  tensors: Map<string, SafeTensor>;
  metadata: Record<string, string>;
} {
  if (file.length < 8) throw bad(`it has ${file.length} bytes, expected at least 8.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const n = Number(view.getBigUint64(0, true));
  if (n < 2 || n > MAX_HEADER || 8 + n > file.length)
    throw bad(`its header claims ${n} bytes, the file has ${file.length}.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(8, 8 + n));
  } catch (cause) {
    throw new AppError('bad_header', 'Not a valid safetensors file: its header is not UTF-8.', { cause });
  }
  if (!text.startsWith('{')) throw bad('its header does not start with "{".');
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new AppError('bad_header', 'Not a valid safetensors file: its header is not JSON.', { cause });
  }
  refuseLoose(text);
  const data = file.subarray(8 + n);
  const entries: { name: string; dtype: string; shape: number[]; begin: number; end: number }[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, raw] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = readMetadata(raw);
      continue;
    }
    entries.push(entryOf(name, raw));
  }
  // By end too: a tensor without elements stands before the one that begins where it does.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const e of entries) {
    if (e.begin !== expected)
      throw badTensor(e.name, `its data begin at ${e.begin}, expected ${expected} (no holes, no overlap).`);
    expected = e.end;
  }
  if (expected !== data.length) throw bad(`its tensors end at ${expected}, the file at ${data.length}.`);
  const tensors = new Map(
    entries.map((e) => [
      e.name,
      {
        dtype: e.dtype,
        shape: e.shape,
        data: decode(e.dtype, new Uint8Array(data.subarray(e.begin, e.end))),
      },
    ]),
  );
  return { tensors, metadata };
}

function entryOf(
  name: string,
  raw: unknown,
): { name: string; dtype: string; shape: number[]; begin: number; end: number } {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (raw ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const size = typeof dtype === 'string' && Object.hasOwn(BYTES, dtype) ? BYTES[dtype] : undefined;
  if (size === undefined)
    throw badTensor(name, `type ${String(dtype)} is not one of ${Object.keys(BYTES).join(', ')}.`);
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole))
    throw badTensor(name, 'its shape is not a list of whole numbers.');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole))
    throw badTensor(name, 'its data_offsets are not two whole numbers.');
  const [begin, end] = offsets as [number, number];
  // Infinity once any partial product is beyond what is exact, also when a later zero would hide it.
  const elements = shape.reduce(
    (a, b) => (Number.isSafeInteger(a * b) ? a * b : Number.POSITIVE_INFINITY),
    1,
  );
  if (!Number.isSafeInteger(elements * size) || end - begin !== elements * size)
    throw badTensor(name, `its offsets hold ${end - begin} bytes, its shape needs ${elements * size}.`);
  return { name, dtype: dtype as string, shape: shape, begin, end };
}

function decode(dtype: string, bytes: Uint8Array): TensorData {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === 'I64') return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  const half = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const out = new Float32Array(half.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < half.length; i++) {
    const h = half[i] as number;
    if (dtype === 'BF16') bits[i] = h << 16;
    else out[i] = fromHalf(h);
  }
  return out;
}

function fromHalf(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
