/** LPIPS of pairs of pictures by a graph that `training.export.lpips` wrote: on the CPU, so that it is the same on every machine. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '#contract';
import { floats, openSession, output } from './backends/ort/session.ts';
import type { OrtSession } from './backends/ort/session.ts';
import { fromRgb } from './sampler/index.ts';

const BATCH = 32;

export interface Lpips {
  /** RGB bytes [n, size, size, 3] of the first and of the second pictures to their distances [n]. */
  distances(a: Uint8Array, b: Uint8Array, size: number, signal: AbortSignal): Promise<Float32Array>;
}

/** Opens the graph. Throws `unreadable`, `hash_mismatch` or `bad_graph`, which name what is wrong with the file. */
export async function openLpips(path: string, sha256: string, threads: number): Promise<Lpips> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AppError('unreadable', 'The LPIPS file cannot be read.', { cause });
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new AppError('hash_mismatch', 'The LPIPS file has changed since the evaluation began.');
  let session: OrtSession;
  try {
    session = await openSession(bytes, 'cpu', threads);
  } catch (cause) {
    throw new AppError('bad_graph', 'The LPIPS file is not a graph that can be run here.', { cause });
  }
  if ([...session.inputs].sort().join() !== 'a,b')
    throw new AppError(
      'bad_graph',
      `The LPIPS graph takes ${session.inputs.join(', ')}: expected a and b, as training.export.lpips writes it.`,
    );
  return {
    async distances(a, b, size, signal) {
      const pixels = 3 * size ** 2;
      if (a.length !== b.length || a.length === 0 || a.length % pixels !== 0)
        throw new AppError(
          'invalid_input',
          `LPIPS takes as many first as second pictures of ${size} pixels; got ${a.length} and ${b.length} bytes.`,
        );
      const n = a.length / pixels;
      const out = new Float32Array(n);
      for (let i = 0; i < n; i += BATCH) {
        signal.throwIfAborted();
        const count = Math.min(BATCH, n - i);
        const batch = (rgb: Uint8Array) => {
          const x = new Float32Array(count * pixels);
          for (let k = 0; k < count; k++)
            x.set(fromRgb(rgb.subarray((i + k) * pixels, (i + k + 1) * pixels)), k * pixels);
          return floats(x, [count, 3, size, size]);
        };
        const distances = output(await session.run({ a: batch(a), b: batch(b) }), 'distance');
        if (distances.length !== count || !distances.every(Number.isFinite))
          throw new AppError('bad_graph', `The LPIPS graph gave no distance for each of ${count} pairs.`);
        out.set(distances, i);
      }
      return out;
    },
  };
}
