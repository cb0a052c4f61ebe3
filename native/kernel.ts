/**
 * The kernel's public face: image encoders of CLIP with forward and input VJP. Arguments are checked here for their
 * meaning and again in C++ for safety. One native call runs at a time per thread; the others wait in order, and a
 * call whose signal is raised while it waits never starts.
 */

import { KernelError } from './errors.ts';
import { createScan } from './scan.ts';
import type { Scan, ScanBinding } from './scan.ts';

/** What addon.cc exports. */
export interface Binding extends Partial<ScanBinding> {
  readonly Token: new () => Token;
  load(source: string | Uint8Array, options: EncoderOptions): Promise<NativeEncoder>;
  paths(): string[];
  measure(path: string, bf16: boolean, threads: number, seconds: number, ...shape: number[]): Promise<number>;
}

interface Token {
  cancel(): void;
}

interface NativeEncoder {
  embed(images: Float32Array, n: number, height: number, width: number, token: Token): Promise<Float32Array>;
  vjp(
    images: Float32Array,
    n: number,
    height: number,
    width: number,
    cotangents: Float32Array,
    count: number,
    token: Token,
  ): Promise<{ embeddings: Float32Array; gradients: Float32Array }>;
  info(): EncoderInfo;
  close(): void;
}

export interface EncoderOptions {
  /** Loops to run: "auto" (the fastest), "avx512-bf16", "avx512", "avx2", "neon", "reference". */
  readonly path?: string;
  /** "bf16" halves the weights and doubles the rate where AVX512-BF16 exists; elsewhere loading fails. */
  readonly precision?: 'f32' | 'bf16';
  /** What the weights were trained with, where their metadata does not say. */
  readonly hiddenAct?: 'gelu' | 'quick_gelu';
  /** Attention heads; metadata, else width / 64. */
  readonly heads?: number;
  readonly layerNormEps?: number;
  /**
   * The encoder sees (pixel - mean) / std; metadata, else as it is. For pixels in [-1, 1] and a CLIP whose published
   * mean m and deviation s are for [0, 1]: mean 2 m - 1, std 2 s.
   */
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  /** Keep less between forward and backward (L/14 at 336: 110 MiB instead of 500), and compute it twice. */
  readonly checkpoint?: boolean;
  /** Threads for this encoder; the pool is shared by all. Results have the same bits for any number. */
  readonly threads?: number;
}

export interface EncoderInfo {
  readonly path: string;
  readonly precision: 'f32' | 'bf16' | 'f64';
  readonly naming: 'hugging_face' | 'open_clip';
  readonly imageSize: number;
  readonly patch: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlp: number;
  /** Numbers of an embedding. */
  readonly dims: number;
  readonly hiddenAct: 'gelu' | 'quick_gelu';
  readonly checkpoint: boolean;
  readonly threads: number;
  readonly weightBytes: number;
  /** Largest scratch memory of a call so far; it is kept for the next. */
  readonly scratchBytes: number;
}

export interface CallOptions {
  /** Looked at between layers; the call then rejects with code "cancelled". */
  readonly signal?: AbortSignal;
}

export interface Vjp {
  /** [n, dims], unit length. */
  readonly embedding: Float32Array;
  /** [count, 3, height, width]: row c is d(embedding . cotangent c) / d(image). */
  readonly gradients: Float32Array;
}

/** A reference of similarityGradient: its embedding, or an image that is embedded first. */
export type Reference =
  | { readonly embedding: Float32Array }
  | { readonly image: Float32Array; readonly shape?: readonly number[]; readonly key?: string };

export interface SimilarityGradient {
  /** [dims] of the image. */
  readonly embedding: Float32Array;
  /** [3, height, width]: d(sum_k weight_k embedding . reference_k) / d(image). */
  readonly gradient: Float32Array;
  /** embedding . reference_k */
  readonly similarities: Float32Array;
}

export interface Encoder {
  /**
   * Unit embeddings [n, dims] of images [n, 3, height, width] (or one [3, height, width]). Any size: the shorter side
   * is resized to the encoder's and the centre cropped. Float pixels, never clamped. Throws KernelError.
   */
  embed(images: Float32Array, shape?: readonly number[], options?: CallOptions): Promise<Float32Array>;
  /**
   * Embedding and gradients for cotangents [count, dims]: as many as images, or any number over one image (one
   * forward). The L2 norm is inside. Throws KernelError.
   */
  vjp(
    image: Float32Array,
    cotangents: Float32Array,
    shape?: readonly number[],
    options?: CallOptions,
  ): Promise<Vjp>;
  /**
   * Gradient of the weighted sum of similarities to references, by one VJP however many there are (the paper's
   * Eq. 9: the VJP is linear in its cotangent). Embeddings of references with a `key` are remembered, the last 4096.
   */
  similarityGradient(
    image: Float32Array,
    references: readonly Reference[],
    weights: Float32Array | readonly number[],
    shape?: readonly number[],
    options?: CallOptions,
  ): Promise<SimilarityGradient>;
  info(): EncoderInfo;
  /** Frees the weights once running calls have ended; later calls reject. */
  close(): void;
}

export interface Kernel {
  /** Usable loops, the fastest for f32 first, "reference" last. */
  readonly paths: readonly string[];
  /** Loads a safetensors file (a path) or its bytes. Throws KernelError with everything that is wrong with it. */
  loadEncoder(source: string | Uint8Array, options?: EncoderOptions): Promise<Encoder>;
  /**
   * Floating point operations per second: of the multiply-adds alone (the processor's peak), or with a shape
   * [m, n, k] of packed products.
   */
  measure(options: MeasureOptions): Promise<number>;
  /** Candidates of an exact search over 8-bit codes. Throws KernelError where the module is older than it. */
  readonly scan: Scan;
}

export interface MeasureOptions {
  readonly path: string;
  readonly precision?: 'f32' | 'bf16';
  readonly threads: number;
  readonly seconds: number;
  readonly shape?: readonly [number, number, number];
}

const OPTION_NAMES = new Set([
  'path',
  'precision',
  'hiddenAct',
  'heads',
  'layerNormEps',
  'mean',
  'std',
  'checkpoint',
  'threads',
]);
const REMEMBERED = 4096;

/** Runs tasks one after another. */
type Queue = <T>(signal: AbortSignal | undefined, task: (token: Token) => Promise<T>) => Promise<T>;

function createQueue(binding: Binding): Queue {
  let tail: Promise<unknown> = Promise.resolve();
  return (signal, task) => {
    // The stack of the caller, which the worker's own error cannot have.
    const here = new Error();
    const run = tail.then(async () => {
      if (signal?.aborted) throw cancelled(signal);
      const token = new binding.Token();
      const stop = (): void => token.cancel();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return await task(token);
      } catch (error) {
        throw toKernelError(error, here);
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    });
    tail = run.catch(() => undefined);
    return run;
  };
}

function cancelled(signal: AbortSignal): KernelError {
  return new KernelError('cancelled', 'The call was cancelled.', { cause: signal.reason });
}

function toKernelError(error: unknown, here: Error): KernelError {
  if (error instanceof KernelError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  const made = new KernelError(code, message, { cause: error });
  if (here.stack) made.stack = here.stack.replace(/^.*/, `KernelError: ${message}`);
  return made;
}

function invalid(message: string): KernelError {
  return new KernelError('invalid_input', message);
}

interface Shape {
  readonly n: number;
  readonly height: number;
  readonly width: number;
}

/** A shape in a message: its first sides, and types where numbers should be. */
function shown(shape: readonly unknown[]): string {
  const sides = shape.slice(0, 6).map((side) => (typeof side === 'number' ? side : typeof side));
  return `[${sides.join(', ')}${shape.length > 6 ? ', ...' : ''}]`;
}

/** [n, 3, h, w] or [3, h, w]; without a shape square images of the encoder's own size. */
function readShape(images: unknown, shape: unknown, size: number): Shape {
  if (!(images instanceof Float32Array)) throw invalid('Expected a Float32Array for images.');
  if (shape === undefined) {
    const n = images.length / (3 * size * size);
    if (!Number.isInteger(n) || n === 0) {
      throw invalid(
        `Expected a multiple of 3 x ${size} x ${size} numbers for images without a shape, but received ${images.length}.`,
      );
    }
    return { n, height: size, width: size };
  }
  const given: readonly unknown[] = Array.isArray(shape) ? shape : [shape];
  const [n, channels, height, width] = given.length === 3 ? [1, ...given] : given;
  const sides = [n, height, width];
  if ((given.length !== 3 && given.length !== 4) || channels !== 3 || !sides.every(isSide)) {
    throw invalid(
      `Expected a shape [3, height, width] or [n, 3, height, width], but received ${shown(given)}.`,
    );
  }
  const [count, h, w] = sides as [number, number, number];
  if (count * 3 * h * w !== images.length) {
    throw invalid(
      `Expected ${count * 3 * h * w} numbers for the shape ${shown(given)}, but received ${images.length}.`,
    );
  }
  return { n: count, height: h, width: w };
}

function isSide(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1 << 20;
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || value instanceof Float32Array;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The signal of a call's options, checked: a caller without types may pass anything. */
function signalOf(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined;
  if (!isObject(options)) throw invalid('Expected an object { signal } for the options of a call.');
  const signal = 'signal' in options ? options.signal : undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('Expected an AbortSignal for signal.');
  return signal;
}

/** The kernel over a loaded native module. */
export function createKernel(binding: Binding): Kernel {
  const queue = createQueue(binding);
  let scan: Scan | undefined;
  return {
    paths: binding.paths(),
    get scan() {
      return (scan ??= createScan(binding));
    },
    async loadEncoder(source, options = {}) {
      if (!isObject(options)) throw invalid('Expected an object of options.');
      for (const name of Object.keys(options)) {
        if (!OPTION_NAMES.has(name)) {
          throw invalid(`Unknown option "${name}"; expected one of ${[...OPTION_NAMES].join(', ')}.`);
        }
      }
      const native = await queue(undefined, () => binding.load(source, options));
      return createEncoder(queue, native);
    },
    measure({ path, precision = 'f32', threads, seconds, shape = [] }) {
      return queue(undefined, () => binding.measure(path, precision === 'bf16', threads, seconds, ...shape));
    },
  };
}

function createEncoder(queue: Queue, native: NativeEncoder): Encoder {
  const { imageSize: size, dims } = native.info();
  const remembered = new Map<string, Float32Array>();

  const embed: Encoder['embed'] = async (images, shape, options) => {
    const { n, height, width } = readShape(images, shape, size);
    return queue(signalOf(options), (token) => native.embed(images, n, height, width, token));
  };

  const vjp: Encoder['vjp'] = async (image, cotangents, shape, options) => {
    const { n, height, width } = readShape(image, shape, size);
    if (!(cotangents instanceof Float32Array) || cotangents.length === 0 || cotangents.length % dims !== 0) {
      throw invalid(`Expected a Float32Array of one or more cotangents of ${dims} numbers.`);
    }
    const result = await queue(signalOf(options), (token) =>
      native.vjp(image, n, height, width, cotangents, cotangents.length / dims, token),
    );
    return { embedding: result.embeddings, gradients: result.gradients };
  };

  /** Embeddings of all references, embedding what is not at hand, images of one shape together. */
  async function embedAll(references: readonly Reference[], options?: CallOptions): Promise<Float32Array[]> {
    const found = references.map((reference) => {
      if (!isObject(reference)) throw invalid('Expected { embedding } or { image } for every reference.');
      if ('embedding' in reference) {
        if (!(reference.embedding instanceof Float32Array) || reference.embedding.length !== dims) {
          throw invalid(`Expected ${dims} numbers for a reference's embedding.`);
        }
        return reference.embedding;
      }
      return reference.key === undefined ? undefined : remembered.get(reference.key);
    });
    const groups = new Map<string, number[]>();
    references.forEach((reference, i) => {
      if (found[i] || 'embedding' in reference) return;
      const { n, height, width } = readShape(reference.image, reference.shape, size);
      if (n !== 1) throw invalid('Expected one image for each reference.');
      const key = `${height}x${width}`;
      groups.set(key, [...(groups.get(key) ?? []), i]);
    });
    for (const [key, members] of groups) {
      const [height, width] = key.split('x').map(Number) as [number, number];
      const numbers = 3 * height * width;
      const images = new Float32Array(members.length * numbers);
      members.forEach((i, at) => {
        const reference = references[i];
        if (reference && 'image' in reference) images.set(reference.image, at * numbers);
      });
      const embeddings = await embed(images, [members.length, 3, height, width], options);
      members.forEach((i, at) => {
        const embedding = embeddings.slice(at * dims, (at + 1) * dims);
        found[i] = embedding;
        const reference = references[i];
        if (reference && 'image' in reference && reference.key !== undefined)
          remember(reference.key, embedding);
      });
    }
    return found as Float32Array[];
  }

  function remember(key: string, embedding: Float32Array): void {
    remembered.set(key, embedding);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED) break;
      remembered.delete(oldest);
    }
  }

  return {
    embed,
    vjp,
    async similarityGradient(image, references, weights, shape, options) {
      if (
        !isList(references) ||
        !isList(weights) ||
        references.length === 0 ||
        references.length !== weights.length
      ) {
        throw invalid('Expected one weight for each of one or more references.');
      }
      const embeddings = await embedAll(references, options);
      const cotangent = new Float32Array(dims);
      embeddings.forEach((embedding, k) => {
        const weight = weights[k] ?? 0;
        for (let i = 0; i < dims; i++) cotangent[i] = (cotangent[i] ?? 0) + weight * (embedding[i] ?? 0);
      });
      const { embedding, gradients } = await vjp(image, cotangent, shape, options);
      const similarities = Float32Array.from(embeddings, (reference) =>
        reference.reduce((sum, value, i) => sum + value * (embedding[i] ?? 0), 0),
      );
      return { embedding, gradient: gradients, similarities };
    },
    info: () => native.info(),
    close: () => native.close(),
  };
}
