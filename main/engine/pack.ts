/** Opens a pack's parts as ports. Files were checked by the host (hashes, links); here they are read and run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contract';
import type { BackendUse, PackManifest, PackPartName } from '#contract';
import {
  ortDenoiser,
  ortGradientKernel,
  ortImageEncoder,
  ortPrior,
  ortTextEncoder,
  ortUpscaler,
} from './backends/ort/parts.ts';
import { providerOrder } from './backends/ort/session.ts';
import type { OrtSession, Provider } from './backends/ort/session.ts';
import { choose } from './choose.ts';
import type { Chosen } from './choose.ts';
import type {
  Denoiser,
  Golden,
  GradientKernel,
  ImageEncoder,
  Prior,
  TextEncoder,
  Upscaler,
} from './ports.ts';
import { readSafetensors } from './safetensors.ts';
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
  /** Null when the pack has none. */
  upscaler(): Promise<Upscaler | null>;
  /** What runs each part that was opened so far. */
  backends(): Record<string, BackendUse>;
  /** Opens one part for `doctor`. */
  inspect(part: PackPartName): Promise<Chosen>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly threads: number;
  readonly platform?: NodeJS.Platform;
  readonly order?: readonly Provider[];
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
      throw new AppError(
        'part_missing',
        `The pack "${manifest.id}" has no readable file ${file}. Install the pack again.`,
        { cause },
      );
    });

  function inspect(part: PackPartName): Promise<Chosen> {
    const entry = manifest.parts[part];
    if (!entry) throw new AppError('part_missing', `The pack "${manifest.id}" has no part "${part}".`);
    let opening = chosen.get(part);
    if (!opening) {
      golden ??= read(manifest.golden.file).then((bytes) => readSafetensors(bytes).tensors);
      opening = Promise.all([read(entry.file), golden]).then(([bytes, g]) =>
        choose(part, bytes, order, options.threads, g, manifest.golden.tolerance, known),
      );
      chosen.set(part, opening);
      opening.catch(() => chosen.delete(part));
    }
    return opening;
  }

  const port = async <T>(part: PackPartName, name: string, make: (session: OrtSession) => T): Promise<T> => {
    const { session, provider } = await inspect(part);
    used[name] = {
      name: `ort-${provider}`,
      detail: `onnxruntime ${ORT_VERSION}, ${options.threads} threads`,
    };
    return make(session);
  };
  let tokenizer: Promise<Tokenizer> | undefined;

  return {
    manifest,
    denoiser: () => port('denoiser', 'denoiser', (s) => ortDenoiser(s, shape, manifest.denoiser.channels)),
    imageEncoder: () => port('imageEncoder', 'imageEncoder', (s) => ortImageEncoder(s, shape)),
    gradientKernel: () => port('imageEncoderVjp', 'gradient', (s) => ortGradientKernel(s, shape)),
    textEncoder: () => port('textEncoder', 'textEncoder', ortTextEncoder),
    tokenizer: () =>
      (tokenizer ??= read(manifest.parts.tokenizer.file).then((bytes) =>
        makeTokenizer(new TextDecoder().decode(bytes)),
      )),
    prior: () => port('prior', 'prior', (s) => ortPrior(s, shape)),
    upscaler: async () =>
      manifest.parts.upscaler ? port('upscaler', 'upscaler', (s) => ortUpscaler(s, shape)) : null,
    backends: () => ({ ...used }),
    inspect,
    async close() {
      for (const opening of chosen.values())
        await opening.then(({ session }) => session.release()).catch(() => undefined);
      chosen.clear();
    },
  };
}
