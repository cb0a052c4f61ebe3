/** Opens a pack's parts as ports. Files were checked by the host (hashes, links); here they are read and run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, because } from '#contract';
import type { BackendUse, PackManifest, PackPartName } from '#contract';
import {
  ortDenoiser,
  ortGradientKernel,
  ortImageEncoder,
  ortPrior,
  ortTextEncoder,
  ortUpscaler,
} from './backends/ort/parts.ts';
import { openNativeEncoder } from './backends/native/native-encoder.ts';
import type { NativeEncoder } from './backends/native/native-encoder.ts';
import { providerOrder } from './backends/ort/session.ts';
import type { OrtSession, Provider } from './backends/ort/session.ts';
import { choose } from './choose.ts';
import type { Chosen, Refusal } from './choose.ts';
import type {
  Denoiser,
  Golden,
  GradientKernel,
  ImageEncoder,
  Prior,
  TextEncoder,
  Upscaler,
} from './ports.ts';
import { readContrast } from './gradient/contrast.ts';
import type { Contrast } from './gradient/contrast.ts';
import { readSafetensors } from './safetensors.ts';
import { readNamedValues } from './text/named-values.ts';
import type { NamedValues } from './text/named-values.ts';
import { makeTokenizer } from './text/word-piece.ts';
import type { Tokenizer } from './text/word-piece.ts';

export interface OpenPack {
  readonly manifest: PackManifest;
  denoiser(): Promise<Denoiser>;
  imageEncoder(): Promise<ImageEncoder>;
  gradientKernel(): Promise<GradientKernel>;
  textEncoder(): Promise<TextEncoder>;
  tokenizer(): Promise<Tokenizer>;
  prior(): Promise<Prior>;
  /** Null where the pack takes its gradient at the noised image. */
  contrast(): Promise<Contrast | null>;
  /** The values that the pack can name; null where it has no list of them. */
  namedValues(): Promise<NamedValues | null>;
  /** Null when the pack has none. */
  upscaler(): Promise<Upscaler | null>;
  /** What runs each part that was opened so far. */
  backends(): Record<string, BackendUse>;
  /** Opens one part for `doctor`: what runs it, and every refusal before it in the order. */
  inspect(part: PackPartName): Promise<Inspection>;
  close(): Promise<void>;
}

export interface Inspection {
  readonly name: string;
  readonly detail: string;
  readonly goldenError: number | null;
  readonly refused: readonly Refusal[];
}

export interface OpenOptions {
  readonly threads: number;
  readonly platform?: NodeJS.Platform;
  readonly order?: readonly Provider[];
  /** False leaves our own kernel out (tests of the other backends). */
  readonly native?: boolean;
}

const ORT_VERSION = '1.30.0';

/** Parts open on first use and stay open. */
export function openPack(folder: string, manifest: PackManifest, options: OpenOptions): OpenPack {
  const order = options.order ?? providerOrder(options.platform ?? process.platform);
  const known = new Map<Provider, string>();
  const chosen = new Map<PackPartName, Promise<Chosen>>();
  const used: Record<string, BackendUse> = {};
  let golden: Promise<Golden> | undefined;
  const shape = {
    size: manifest.image.size,
    dims: manifest.embedding.dims,
    references: manifest.denoiser.maxReferences,
  };
  const read = (file: string): Promise<Uint8Array> =>
    readFile(join(folder, file)).catch((cause: unknown) => {
      throw because('pack_file_unreadable', { pack: manifest.id, file }, { cause });
    });

  const goldenData = (): Promise<Golden> =>
    (golden ??= read(manifest.golden.file).then((bytes) => readSafetensors(bytes).tensors));

  function open(part: PackPartName): Promise<Chosen> {
    const entry = manifest.parts[part];
    if (!entry) throw new AppError('part_missing', `The pack "${manifest.id}" has no part "${part}".`);
    let opening = chosen.get(part);
    if (!opening) {
      opening = Promise.all([read(entry.file), goldenData()]).then(([bytes, g]) =>
        choose({
          part,
          bytes,
          order,
          threads: options.threads,
          golden: g,
          tolerance: manifest.golden.tolerance,
          known,
        }),
      );
      chosen.set(part, opening);
      opening.catch(() => chosen.delete(part));
    }
    return opening;
  }

  const detail = `onnxruntime ${ORT_VERSION}, ${options.threads} threads`;
  const port = async <T>(part: PackPartName, name: string, make: (session: OrtSession) => T): Promise<T> => {
    const { session, provider } = await open(part);
    used[name] = { name: `ort-${provider}`, detail };
    return make(session);
  };

  let native: Promise<NativeEncoder | Refusal> | undefined;
  const openNative = (): Promise<NativeEncoder | Refusal> =>
    (native ??= Promise.all([read(manifest.parts.encoderWeights.file), goldenData()]).then(
      async ([weights, g]) => {
        const result = await openNativeEncoder(weights, manifest, g, options.threads);
        return 'refused' in result ? { name: 'native', reason: result.refused } : result;
      },
    ));

  /** Our own kernel is the first choice on a CPU; a GPU provider that passed goes before it. */
  const encoderPart = async (
    part: 'imageEncoder' | 'imageEncoderVjp',
  ): Promise<{ chosen: Chosen; native: NativeEncoder | null; refused: Refusal[] }> => {
    const chosen = await open(part);
    if (chosen.provider !== 'cpu' || options.native === false) return { chosen, native: null, refused: [] };
    const result = await openNative();
    return 'reason' in result
      ? { chosen, native: null, refused: [result] }
      : { chosen, native: result, refused: [] };
  };
  const encoderPort = async <T>(
    part: 'imageEncoder' | 'imageEncoderVjp',
    name: string,
    own: (kernel: NativeEncoder) => T,
    make: (session: OrtSession) => T,
  ): Promise<T> => {
    const found = await encoderPart(part);
    if (!found.native) return port(part, name, make);
    used[name] = { name: 'native', detail: found.native.detail };
    return own(found.native);
  };

  async function inspect(part: PackPartName): Promise<Inspection> {
    if (part === 'imageEncoder' || part === 'imageEncoderVjp') {
      const { chosen: ort, native: own, refused } = await encoderPart(part);
      if (own)
        return {
          name: 'native',
          detail: `${own.detail}, ${(await own.rate()).toFixed(0)} GFLOP/s`,
          goldenError: own.goldenError,
          refused: ort.refused,
        };
      return {
        name: `ort-${ort.provider}`,
        detail,
        goldenError: ort.goldenError,
        refused: [...ort.refused, ...refused],
      };
    }
    const { provider, goldenError, refused } = await open(part);
    return { name: `ort-${provider}`, detail, goldenError, refused };
  }
  let tokenizer: Promise<Tokenizer> | undefined;
  let contrast: Promise<Contrast | null> | undefined;
  let values: Promise<NamedValues | null> | undefined;

  return {
    manifest,
    denoiser: () => port('denoiser', 'denoiser', (s) => ortDenoiser(s, shape, manifest.denoiser.channels)),
    imageEncoder: () =>
      encoderPort(
        'imageEncoder',
        'imageEncoder',
        (n) => n.encoder,
        (s) => ortImageEncoder(s, shape),
      ),
    gradientKernel: () =>
      encoderPort(
        'imageEncoderVjp',
        'gradient',
        (n) => n.kernel,
        (s) => ortGradientKernel(s, shape),
      ),
    textEncoder: () => port('textEncoder', 'textEncoder', ortTextEncoder),
    tokenizer: () =>
      (tokenizer ??= read(manifest.parts.tokenizer.file).then((bytes) =>
        makeTokenizer(new TextDecoder().decode(bytes)),
      )),
    contrast: () =>
      (contrast ??= manifest.parts.contrast
        ? read(manifest.parts.contrast.file).then((bytes) =>
            readContrast(readSafetensors(bytes).tensors, manifest.embedding.dims),
          )
        : Promise.resolve(null)),
    namedValues: () =>
      (values ??= manifest.parts.namedValues
        ? read(manifest.parts.namedValues.file).then((bytes) =>
            readNamedValues(readSafetensors(bytes).tensors, manifest.embedding.dims),
          )
        : Promise.resolve(null)),
    prior: () => port('prior', 'prior', (s) => ortPrior(s, shape)),
    upscaler: async () =>
      manifest.parts.upscaler ? port('upscaler', 'upscaler', (s) => ortUpscaler(s, shape)) : null,
    backends: () => ({ ...used }),
    inspect,
    async close() {
      for (const opening of chosen.values())
        await opening.then(({ session }) => session.release()).catch(() => undefined);
      chosen.clear();
      const own = await native?.catch(() => undefined);
      if (own && 'close' in own) own.close();
      native = undefined;
    },
  };
}
