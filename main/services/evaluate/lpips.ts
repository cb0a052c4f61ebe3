/** LPIPS between the seeds of a prompt: which pairs are still to be measured, and measuring them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, because } from '#contract';
import type { DistanceRecord, ResultsFile } from '../store/index.ts';
import type { EvaluationEngine } from './make.ts';

/** A graph by path, as `training.export.lpips` writes it. */
export interface LpipsFile {
  readonly file: string;
  readonly sha256: string;
}
export type SeedPair = Omit<DistanceRecord, 'value'>;

/** Pairs that are measured at once: some tenths of a second, so that a job need not wait longer. */
const TOGETHER = 32;

/** Reads the file for its hash. Throws `not_found` where it is not there. */
export async function findLpips(file: string): Promise<LpipsFile> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw because('lpips_missing', { file: basename(file) }, { cause });
  });
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Refuses a graph that is no distance before hours are spent on pictures: a picture must be at 0 from itself and not from
 * another. Pictures are of `size` pixels.
 */
export async function checkLpips(
  engine: EvaluationEngine,
  lpips: LpipsFile,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const picture = Uint8Array.from({ length: 3 * size ** 2 }, (_, i) => (i * i) % 251);
  const first = Buffer.concat([picture, picture]);
  const second = Buffer.concat([picture, picture.toReversed()]);
  const [same, other] = await engine.distances(lpips.file, lpips.sha256, size, first, second, signal);
  if (!(same !== undefined && Math.abs(same) < 1e-6 && other !== undefined && other > 1e-4))
    throw new AppError(
      'bad_graph',
      `The LPIPS file is no distance: a picture is at ${same} from itself and at ${other} from another.`,
    );
}

/** Pairs of seeds of one prompt and arm, all of them, in the keys' order. */
export function pairsOf(keys: readonly { prompt: number; seed: number; arm: string }[]): SeedPair[] {
  const groups = Map.groupBy(keys, ({ prompt, arm }) => `${prompt} ${arm}`);
  return [...groups.values()].flatMap((group) =>
    group.flatMap(({ prompt, arm, seed: a }) =>
      group.flatMap(({ seed: b }) => (a < b ? [{ prompt, arm, first: a, second: b }] : [])),
    ),
  );
}

/** Names a pair among all of an evaluation. */
export const pairKey = ({ prompt, arm, first, second }: SeedPair): string =>
  `${prompt} ${arm} ${first} ${second}`;

/** What is still to be measured, in parts that are measured at once. */
export function openPairs(file: ResultsFile, { sha256 }: LpipsFile): SeedPair[][] {
  const done = new Set(file.distances(sha256).map(pairKey));
  const open = pairsOf(file.keys()).filter((pair) => !done.has(pairKey(pair)));
  return Array.from({ length: Math.ceil(open.length / TOGETHER) }, (_, i) =>
    open.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );
}

/** Measures pairs, whose pictures are in the file, and keeps their distances there. */
export async function measure(
  engine: EvaluationEngine,
  lpips: LpipsFile,
  file: ResultsFile,
  pairs: readonly SeedPair[],
  signal: AbortSignal,
): Promise<void> {
  let size = 0;
  const pixels = (pair: SeedPair, seed: number): Uint8Array => {
    const found = file.pixels(pair.prompt, seed, pair.arm);
    if (!found) throw new AppError('internal', 'A picture left the results while they were measured.');
    ({ size } = found);
    return found.rgb;
  };
  const a = Buffer.concat(pairs.map((pair) => pixels(pair, pair.first)));
  const b = Buffer.concat(pairs.map((pair) => pixels(pair, pair.second)));
  const values = await engine.distances(lpips.file, lpips.sha256, size, a, b, signal);
  file.addDistances(
    lpips.sha256,
    pairs.map((pair, i) => ({ ...pair, value: values[i] as number })),
  );
}
