/** The engine's side of its contract: packs by id, one sampling at a time. */
import { AppError } from '#contract';
import type { PackPartName, PortReport, Services } from '#contract';
import type { SampleRequest, engineContract } from './contract.ts';
import { explain } from './explain/index.ts';
import { openPack } from './pack.ts';
import { openLpips } from './lpips.ts';
import type { Lpips } from './lpips.ts';
import { openReader } from './reader.ts';
import type { Reader } from './reader.ts';
import type { OpenOptions, OpenPack } from './pack.ts';
import { sample } from './sample.ts';
import { sampleTogether } from './sample-together.ts';
import { meaningOf, nearestOf } from './text/named-values.ts';
import { addNoise, bankNoise, fromRgb, makeSchedule } from './sampler/index.ts';

const EMBED_BATCH = 32;
const PORTS: readonly (readonly [PackPartName, string])[] = [
  ['denoiser', 'denoiser'],
  ['imageEncoder', 'imageEncoder'],
  ['imageEncoderVjp', 'gradient'],
  ['textEncoder', 'textEncoder'],
  ['prior', 'prior'],
  ['upscaler', 'upscaler'],
];

export type EngineServices = Services<typeof engineContract>;

/** What is open under a key, or opens it; what could not be opened is tried again the next time. */
function opened<T>(all: Map<string, Promise<T>>, key: string, open: () => Promise<T>): Promise<T> {
  const there = all.get(key);
  if (there) return there;
  const opening = open();
  all.set(key, opening);
  opening.catch(() => all.delete(key));
  return opening;
}

/** Services over packs that `open` made known. */
export function engineServices(options: OpenOptions): EngineServices {
  const packs = new Map<string, OpenPack>();
  const readers = new Map<string, Promise<Reader>>();
  const measures = new Map<string, Promise<Lpips>>();
  let { threads } = options;
  const pack = (id: string): OpenPack => {
    const found = packs.get(id);
    if (!found) throw new AppError('pack_not_ready', `The pack "${id}" is not open in the engine.`);
    return found;
  };

  async function embedAll(
    id: string,
    count: number,
    image: (i: number) => Float32Array,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { manifest } = pack(id);
    const pixels = 3 * manifest.image.size ** 2;
    const dims = manifest.embedding.dims;
    const encoder = await pack(id).imageEncoder();
    const out = new Float32Array(count * dims);
    for (let i = 0; i < count; i += EMBED_BATCH) {
      signal.throwIfAborted();
      const n = Math.min(EMBED_BATCH, count - i);
      const batch = new Float32Array(n * pixels);
      for (let k = 0; k < n; k++) batch.set(image(i + k), k * pixels);
      out.set(await encoder.embed(batch, n), i * dims);
    }
    return out;
  }

  return {
    engine: {
      configure(change) {
        ({ threads } = change);
        return {};
      },
      async open({ folder, manifest }) {
        await packs.get(manifest.id)?.close();
        packs.set(manifest.id, openPack(folder, manifest, { ...options, threads }));
        return {};
      },
      async embedText({ packId, text }) {
        const open = pack(packId);
        const { ids, cutAt, unknown } = (await open.tokenizer()).tokenize(text, open.manifest.text.maxTokens);
        const embedding = await (await open.textEncoder()).embed(ids);
        const values = await open.namedValues();
        return {
          embedding,
          nearest: values && nearestOf(values, embedding),
          meaning: values && meaningOf(values, embedding),
          cutAt,
          unknown: unknown.map(([a, b]) => [a, b]),
        };
      },
      async embedImages({ packId, rgb }, { signal }) {
        const bytes = 3 * pack(packId).manifest.image.size ** 2;
        if (rgb.length % bytes !== 0)
          throw new AppError(
            'invalid_input',
            `Expected a multiple of ${bytes} bytes of RGB, got ${rgb.length}.`,
          );
        return {
          embeddings: await embedAll(
            packId,
            rgb.length / bytes,
            (i) => fromRgb(rgb.subarray(i * bytes, (i + 1) * bytes)),
            signal,
          ),
        };
      },
      async embedNoised({ packId, contentHash, rgb, levels }, { signal }) {
        const { manifest } = pack(packId);
        const schedule = makeSchedule(manifest.schedule.kind, manifest.schedule.levels);
        const bank = { seed: BigInt(manifest.noiseBank.seed), count: manifest.noiseBank.count };
        const noise = bankNoise(bank, contentHash, manifest.image.size);
        const clean = fromRgb(rgb);
        return {
          embeddings: await embedAll(
            packId,
            levels.length,
            (i) => addNoise(schedule, clean, noise, levels[i] as number),
            signal,
          ),
        };
      },
      async prior({ packId, text }) {
        return { embedding: await (await pack(packId).prior()).predict(text) };
      },
      sample: (request, { signal }) =>
        sample(
          request,
          pack(request.packId),
          request.baselinePackId === undefined ? undefined : pack(request.baselinePackId),
          signal,
        ),
      sampleTogether({ requests }, { signal }) {
        const [{ packId, baselinePackId }] = requests as [SampleRequest];
        if (requests.some((r) => r.packId !== packId || r.baselinePackId !== baselinePackId))
          throw new AppError('invalid_input', 'Expected requests of one pack to be sampled together.');
        const baseline = baselinePackId === undefined ? undefined : pack(baselinePackId);
        return sampleTogether(requests, pack(packId), baseline, signal);
      },
      explain: (request, { signal }) => explain(request, pack(request.packId), signal),
      async read({ file, own, size, rgb }, { signal }) {
        const reader = await opened(readers, file, () => openReader(file, own, threads));
        return { ...(await reader.read(rgb, size, signal)) };
      },
      async distances({ file, sha256, size, a, b }, { signal }) {
        const lpips = await opened(measures, sha256, () => openLpips(file, sha256, threads));
        return { distances: await lpips.distances(a, b, size, signal) };
      },
      async inspect({ packId }) {
        const open = pack(packId);
        const ports: PortReport[] = [];
        for (const [part, port] of PORTS) {
          if (!open.manifest.parts[part]) continue;
          try {
            const { name, detail, goldenError, refused } = await open.inspect(part);
            ports.push({
              port,
              chosen: { name, detail, goldenError },
              refused: refused.map((r) => ({ ...r })),
            });
          } catch (error) {
            ports.push({
              port,
              chosen: null,
              refused: [{ name: 'all', reason: error instanceof Error ? error.message : String(error) }],
            });
          }
        }
        return { ports };
      },
    },
  };
}
