/** The pack's image encoder on our own kernel: forward and input VJP in C++ (native/README.md). */
import { loadKernel } from '#native';
import type { Encoder } from '#native';
import type { PackManifest } from '#contract';
import { deviation } from '../../choose.ts';
import type { Golden, GradientKernel, ImageEncoder } from '../../ports.ts';

export interface NativeEncoder {
  readonly encoder: ImageEncoder;
  readonly kernel: GradientKernel;
  /** E.g. `avx512 loops, f32`. */
  readonly detail: string;
  /** Largest deviation from the golden data in units of its tolerance; null when the pack has none. */
  readonly goldenError: number | null;
  /** Measures what its products reach here, in GFLOP/s: the encoder's own largest shape, for a fifth of a second. */
  rate(): Promise<number>;
  close(): void;
}

export type NativeResult = NativeEncoder | { readonly refused: string };

/** A tensor of the golden data as float32, where it is there. */
const floatsOf = (golden: Golden, name: string): { shape: readonly number[]; data: Float32Array } | null => {
  const found = golden.get(name);
  return found && found.data instanceof Float32Array ? { shape: found.shape, data: found.data } : null;
};

async function goldenErrorOf(
  loaded: Encoder,
  golden: Golden,
  tolerance: PackManifest['golden']['tolerance'],
): Promise<number | null> {
  const image = floatsOf(golden, 'imageEncoderVjp.in.image');
  const cotangent = floatsOf(golden, 'imageEncoderVjp.in.cotangent');
  const embedding = floatsOf(golden, 'imageEncoderVjp.out.embedding');
  const gradient = floatsOf(golden, 'imageEncoderVjp.out.gradient');
  if (!image || !cotangent || !embedding || !gradient) return null;
  const [n = 0, ...one] = image.shape;
  const count = cotangent.shape[1] ?? 0;
  const dims = cotangent.shape[2] ?? 0;
  const pixels = one.reduce((a, b) => a * b, 1);
  let worst = 0;
  for (let i = 0; i < n; i++) {
    const got = await loaded.vjp(
      image.data.slice(i * pixels, (i + 1) * pixels),
      cotangent.data.slice(i * count * dims, (i + 1) * count * dims),
      one,
    );
    const wantedEmbedding = embedding.data.subarray(i * dims, (i + 1) * dims);
    const wantedGradient = gradient.data.subarray(i * count * pixels, (i + 1) * count * pixels);
    worst = Math.max(
      worst,
      deviation(got.embedding, wantedEmbedding, tolerance.forward, false),
      deviation(got.gradients, wantedGradient, tolerance.gradient, true),
    );
  }
  return worst;
}

/** Opens the kernel on a pack's `encoder.safetensors`; a refusal says why it is not used. */
export async function openNativeEncoder(
  weights: Uint8Array,
  manifest: PackManifest,
  golden: Golden,
  threads: number,
): Promise<NativeResult> {
  const loaded = loadKernel();
  if (!loaded.kernel) return { refused: `the kernel is not built: ${loaded.reasons.join('; ')}` };
  let native: Encoder;
  try {
    native = await loaded.kernel.loadEncoder(weights, { threads });
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
  const shape = [3, manifest.image.size, manifest.image.size];
  const error = await goldenErrorOf(native, golden, manifest.golden.tolerance).catch(() => Infinity);
  if (error !== null && error > 1) {
    native.close();
    return { refused: `golden check failed: ${error.toFixed(2)} times the tolerance` };
  }
  const { kernel } = loaded;
  const { path, precision, imageSize, patch, width, mlp } = native.info();
  const tokens = (imageSize / patch) ** 2 + 1;
  return {
    detail: `${path} loops, ${precision}, ${threads} threads`,
    goldenError: error,
    encoder: { embed: (images, n) => native.embed(images, [n, ...shape]) },
    kernel: {
      async vjp(image, cotangent) {
        const n = cotangent.length / manifest.embedding.dims;
        const { embedding, gradients } = await native.vjp(image, cotangent, [n, ...shape]);
        return { gradient: gradients, embedding };
      },
    },
    async rate() {
      const perSecond = await kernel.measure({
        path,
        precision: precision === 'bf16' ? 'bf16' : 'f32',
        threads,
        seconds: 0.2,
        shape: [tokens, mlp, width],
      });
      return perSecond / 1e9;
    },
    close: () => native.close(),
  };
}
