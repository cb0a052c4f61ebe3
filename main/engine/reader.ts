/** The attribute reader of an evaluation: one ONNX graph on the CPU, so that scores are the same on every machine. */
import { readFile } from 'node:fs/promises';
import { AppError } from '#contract';
import { floats, openSession, output } from './backends/ort/session.ts';
import type { OrtSession } from './backends/ort/session.ts';
import { fromRgb } from './sampler/index.ts';

const BATCH = 32;

export interface ReaderOutput {
  /** [n, columns]. */
  readonly logits: Float32Array;
  /** [n, hidden]. */
  readonly features: Float32Array;
}

export interface Reader {
  /** RGB bytes [n, size, size, 3], `size` a multiple of the reader's own: larger pictures are averaged down first. */
  read(rgb: Uint8Array, size: number, signal: AbortSignal): Promise<ReaderOutput>;
}

/** Mean of f x f blocks of a planar picture [3, size, size]. */
export function averageDown(x: Float32Array, size: number, f: number): Float32Array {
  const small = size / f;
  const out = new Float32Array(3 * small * small);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < size; y++)
      for (let column = 0; column < size; column++) {
        const to = (c * small + Math.floor(y / f)) * small + Math.floor(column / f);
        out[to] = (out[to] as number) + (x[(c * size + y) * size + column] as number) / (f * f);
      }
  return out;
}

/** Opens the graph. Throws `bad_graph` where it cannot be opened, `unreadable` where the file is not there. */
export async function openReader(path: string, own: number, threads: number): Promise<Reader> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AppError('unreadable', 'The file of the attribute reader cannot be read.', { cause });
  });
  let session: OrtSession;
  try {
    session = await openSession(bytes, 'cpu', threads);
  } catch (cause) {
    throw new AppError('bad_graph', 'The attribute reader is not a graph that can be run here.', { cause });
  }
  return {
    async read(rgb, size, signal) {
      const pixels = 3 * size ** 2;
      if (size < own || size % own !== 0 || rgb.length === 0 || rgb.length % pixels !== 0)
        throw new AppError(
          'invalid_input',
          `The reader takes square pictures of ${own} pixels or a multiple of it; got ${rgb.length} bytes for ${size} pixels.`,
        );
      const n = rgb.length / pixels;
      const parts: ReaderOutput[] = [];
      for (let i = 0; i < n; i += BATCH) {
        signal.throwIfAborted();
        const b = Math.min(BATCH, n - i);
        const batch = new Float32Array(b * 3 * own ** 2);
        for (let k = 0; k < b; k++) {
          const x = fromRgb(rgb.subarray((i + k) * pixels, (i + k + 1) * pixels));
          batch.set(size === own ? x : averageDown(x, size, size / own), k * 3 * own ** 2);
        }
        const outputs = await session.run({ image: floats(batch, [b, 3, own, own]) });
        parts.push({
          logits: output(outputs, 'logits').slice(),
          features: output(outputs, 'features').slice(),
        });
      }
      return { logits: joined(parts.map((p) => p.logits)), features: joined(parts.map((p) => p.features)) };
    },
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
