/** The engine process as each service needs it: with the pack open in it that a request names. */
import type { DoctorReport } from '#contract';
import { engineContract } from './engine/index.ts';
import { makeChild } from './link/index.ts';
import type { Spawn } from './link/index.ts';
import type { Embedder } from './services/catalog/index.ts';
import type { EvaluationEngine } from './services/evaluate/index.ts';
import type { ExplainOptions } from './services/explain/index.ts';
import type { JobsEngine } from './services/jobs/index.ts';
import type { PacksService } from './services/packs/index.ts';

export interface PackEngine {
  readonly embedder: Embedder;
  readonly forJobs: JobsEngine;
  readonly forEvaluation: EvaluationEngine;
  readonly forExplain: ExplainOptions['engine'];
  /** What runs each part of a pack, and every refusal before it. */
  inspect(packId: string): Promise<{ ports: DoctorReport['packs'][number]['ports'] }>;
  /** Opens the pack anew for the next request: its files are others now. */
  readonly release: (packId: string) => void;
  /** Ends the process; later requests are refused. */
  close(): Promise<void>;
}

/** Starts the engine with the first request. `threads` is asked at each start; null leaves the choice to the engine. */
export function makePackEngine(
  spawn: Spawn,
  packs: Pick<PacksService, 'get'>,
  threads: () => Promise<number | null>,
): PackEngine {
  // Opening is a promise, so that two callers at once do not open the same pack twice (the second would close the first's).
  const opened = new Map<string, Promise<unknown>>();
  const child = makeChild('engine', engineContract, spawn, 'engine_lost', async (client) => {
    opened.clear();
    const count = await threads();
    if (count !== null) await client.engine.configure({ threads: count });
  });

  /** The engine with this pack open in it. */
  async function withPack(packId: string) {
    const pack = await packs.get(packId);
    const client = await child.client();
    let opening = opened.get(packId);
    if (!opening) {
      const mine = client.engine.open({ folder: pack.folder, manifest: pack.manifest });
      opening = mine;
      opened.set(packId, mine);
      mine.catch(() => {
        if (opened.get(packId) === mine) opened.delete(packId);
      });
    }
    await opening;
    return client.engine;
  }

  const text: Embedder['text'] = async (packId, words) =>
    (await withPack(packId)).embedText({ packId, text: words });

  return {
    embedder: {
      text,
      images: async (packId, rgb, signal) =>
        (await (await withPack(packId)).embedImages({ packId, rgb }, { signal })).embeddings,
    },
    forJobs: {
      text,
      prior: async (packId, embedded) =>
        (await (await withPack(packId)).prior({ packId, text: embedded })).embedding,
      noised: async (packId, contentHash, rgb, levels, signal) => {
        const engine = await withPack(packId);
        return (await engine.embedNoised({ packId, contentHash, rgb, levels: [...levels] }, { signal }))
          .embeddings;
      },
      async *sample(request, signal) {
        if (request.baselinePackId !== undefined) await withPack(request.baselinePackId);
        yield* (await withPack(request.packId)).sample(request, { signal });
      },
    },
    forEvaluation: {
      async *together(requests, signal) {
        const [first] = requests;
        if (!first) return;
        if (first.baselinePackId !== undefined) await withPack(first.baselinePackId);
        yield* (await withPack(first.packId)).sampleTogether({ requests: [...requests] }, { signal });
      },
      read: async (file, own, size, rgb, signal) =>
        (await child.client()).engine.read({ file, own, size, rgb }, { signal }),
      distances: async (file, sha256, size, a, b, signal) =>
        (await (await child.client()).engine.distances({ file, sha256, size, a, b }, { signal })).distances,
    },
    forExplain: {
      async *explain(request, signal) {
        yield* (await withPack(request.packId)).explain(request, { signal });
      },
    },
    inspect: async (packId) => (await withPack(packId)).inspect({ packId }),
    release: (packId) => void opened.delete(packId),
    close: () => child.close(),
  };
}
