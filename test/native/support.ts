/** What the kernel's tests share: the loaded kernel, committed models, a seeded generator, comparisons. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadKernel } from '../../native/index.ts';
import type { Kernel } from '../../native/index.ts';

export const TINY = ['hf-quick', 'hf-gelu', 'hf-f16', 'hf-bf16', 'hf-plain', 'open-clip'] as const;

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** The built kernel; without one the tests fail, since a skipped kernel would look like a working one. */
export function kernel(): Kernel {
  const loaded = loadKernel();
  if (!loaded.kernel) throw new Error(`The kernel is not built: ${loaded.reasons.join('; ')}`);
  return loaded.kernel;
}

interface Header {
  [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] };
}

/** The f32 tensors of a fixture; an own small reader, so that the kernel's reader is not its own judge. */
export function readTensors(file: string): Map<string, Float32Array> {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Header;
  const out = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(header)) {
    if (tensor.dtype !== 'F32') continue;
    const [begin, end] = tensor.data_offsets;
    const at = 8 + length;
    out.set(name, new Float32Array(new Uint8Array(bytes.subarray(at + begin, at + end)).buffer));
  }
  return out;
}

/** A safetensors file in memory. */
export function writeTensors(
  tensors: Iterable<readonly [string, { readonly shape: readonly number[]; readonly data: Float32Array }]>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + data.byteLength] };
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    at += data.byteLength;
  }
  return safetensors(JSON.stringify(header), at, parts);
}

/** Any header text before `dataBytes` bytes of data. */
export function safetensors(
  header: string,
  dataBytes: number,
  parts: readonly Uint8Array[] = [],
): Uint8Array {
  const text = new TextEncoder().encode(header);
  const out = new Uint8Array(8 + text.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  let at = 8 + text.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function tensor(tensors: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const found = tensors.get(name);
  if (!found) throw new Error(`The fixture lacks ${name}.`);
  return found;
}

/** Largest difference, relative to the largest expected value. */
export function relativeError(actual: Float32Array | readonly number[], expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let most = 0;
  let top = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN));
    if (!(difference <= Number.MAX_VALUE)) return Infinity;
    most = Math.max(most, difference);
    top = Math.max(top, Math.abs(expected[i] ?? 0));
  }
  return most / top;
}

/**
 * n numbers in [-1, 1): the upper 24 bits of splitmix64 of a counter, the same as lab/fixtures.py makes. The 64-bit
 * products are put together from 32-bit halves, since BigInt would take minutes for an L/14.
 */
export function uniform(seed: number, n: number): Float32Array {
  const out = new Float32Array(n);
  // The counter: seed * 2^32 + (i + 1) * 0x9E3779B97F4A7C15, as high and low halves.
  let high = seed >>> 0;
  let low = 0;
  for (let i = 0; i < n; i++) {
    low += 0x7f4a7c15;
    high = (high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    low >>>= 0;
    let h = high;
    let l = low;
    // z ^= z >> 30
    l = (l ^ ((l >>> 30) | (h << 2))) >>> 0;
    h = (h ^ (h >>> 30)) >>> 0;
    [h, l] = multiply(h, l, 0xbf58476d, 0x1ce4e5b9);
    // z ^= z >> 27
    l = (l ^ ((l >>> 27) | (h << 5))) >>> 0;
    h = (h ^ (h >>> 27)) >>> 0;
    [h, l] = multiply(h, l, 0x94d049bb, 0x133111eb);
    // z ^= z >> 31; only the upper half is read.
    h = (h ^ (h >>> 31)) >>> 0;
    out[i] = (h >>> 8) * 2 ** -23 - 1;
  }
  return out;
}

function multiply(ah: number, al: number, bh: number, bl: number): [number, number] {
  const [a0, a1, b0, b1] = [al & 0xffff, al >>> 16, bl & 0xffff, bl >>> 16];
  const low = a0 * b0;
  const middle1 = a1 * b0 + (low >>> 16);
  const middle2 = a0 * b1 + (middle1 % 0x10000);
  const carry = a1 * b1 + Math.floor(middle1 / 0x10000) + Math.floor(middle2 / 0x10000);
  const h = (carry + Math.imul(ah, bl) + Math.imul(al, bh)) >>> 0;
  return [h, (((middle2 & 0xffff) << 16) | (low & 0xffff)) >>> 0];
}
