/** What the engine needs of a pack, as four small interfaces; a backend fills them (house.md, "The engine"). */

export interface Condition {
  /** [1 + K, D]: source embedding, then references. */
  readonly tokens: Float32Array;
  /** [1 + K], 1 = token present. All zero is the null condition. */
  readonly mask: Float32Array;
}

/** One branch of a guided prediction: c or the null condition, with or without gradient. */
export interface Branch {
  readonly condition: Condition;
  readonly gradient: Float32Array | null;
}

export interface Denoiser {
  readonly channels: 3 | 6;
  /**
   * Clean predictions under each of the conditions, in one network call, of one image [3, S, S] or of one for each branch
   * [b, 3, S, S]. A condition's own gradient is [3, S, S] or null (the null gradient: zeros).
   */
  predict(x: Float32Array, t: number, branches: readonly Branch[]): Promise<Float32Array[]>;
}

export interface ImageEncoder {
  /** Unit embeddings [n, D] of images [n, 3, S, S]. */
  embed(images: Float32Array, n: number): Promise<Float32Array>;
}

export interface TextEncoder {
  /** Unit embedding [D] of token ids. */
  embed(tokens: readonly number[]): Promise<Float32Array>;
}

export interface GradientKernel {
  /** d(f(image) . cotangent)/d(image) [3, S, S], and the image's embedding [D]; or n of each, end to end. */
  vjp(
    image: Float32Array,
    cotangent: Float32Array,
  ): Promise<{ gradient: Float32Array; embedding: Float32Array }>;
}

export interface Prior {
  /** An image embedding [D] for a text embedding [D]. */
  predict(text: Float32Array): Promise<Float32Array>;
}

export interface Upscaler {
  readonly factor: number;
  /** [3, S, S] to [3, f S, f S]. */
  enlarge(image: Float32Array): Promise<Float32Array>;
}

/** A value of the golden data: name to numbers and shape. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}
export type Golden = ReadonlyMap<string, GoldenTensor>;
