/** Which pictures an evaluation is made of, and the request for each. Pure. */
import type {
  Arm,
  EvaluateRequest,
  EvaluationPrompt,
  EvaluationRow,
  EvaluationSettings,
  GenerateRequestInput,
} from '#contract';

/** Pictures of one prompt and seed that are made together, since all arms share what is prepared. */
export interface WorkUnit {
  readonly prompt: number;
  readonly seed: number;
  readonly arms: Arm[];
}

const SEED_STRIDE = 1_000_000;
export const rowKey = ({ prompt, seed, arm }: { prompt: number; seed: number; arm: string }): string =>
  `${prompt} ${seed} ${arm}`;

/** All rows that are wanted, by seed, then prompt: a run that is cut off has whole passes over the prompts. */
export function wantedRows({ arms, seeds, promptSet, only }: EvaluateRequest): EvaluationRow[] {
  if (only) return [...new Map(only.map((row) => [rowKey(row), row])).values()];
  const rows: EvaluationRow[] = [];
  for (let seed = 0; seed < seeds; seed++)
    for (const prompt of promptSet.prompts.keys()) for (const arm of arms) rows.push({ prompt, seed, arm });
  return rows;
}

/** What is still to be made. */
export function openUnits(rows: readonly EvaluationRow[], done: ReadonlySet<string>): WorkUnit[] {
  const units = new Map<string, WorkUnit>();
  for (const row of rows) {
    if (done.has(rowKey(row))) continue;
    const key = `${row.prompt} ${row.seed}`;
    const unit = units.get(key) ?? { prompt: row.prompt, seed: row.seed, arms: [] };
    unit.arms.push(row.arm);
    units.set(key, unit);
  }
  return [...units.values()];
}

/**
 * Pictures that are made side by side: up to `size` units, one arm at a time, so that what is there is kept before the next
 * arm is made.
 */
export function batchesOf(units: readonly WorkUnit[], size: number): WorkUnit[][] {
  const batches: WorkUnit[][] = [];
  for (let i = 0; i < units.length; i += size) {
    const block = units.slice(i, i + size);
    for (const arm of new Set(block.flatMap(({ arms }) => arms)))
      batches.push(block.filter(({ arms }) => arms.includes(arm)).map((unit) => ({ ...unit, arms: [arm] })));
  }
  return batches;
}

const emphasesOf = (prompt: EvaluationPrompt) =>
  prompt.emphases.map(({ phrase, weight }, i) => ({ id: `e${i + 1}`, phrase, weight }));

/**
 * The request of a unit. The arm `wrong` takes the phrases of the prompt half the set away, as training.evaluate.arms does;
 * a set of one prompt has no other, which is the caller's error to find.
 */
export function requestFor(
  settings: EvaluationSettings,
  prompts: readonly EvaluationPrompt[],
  { prompt, seed, arms }: WorkUnit,
): GenerateRequestInput {
  const own = prompts[prompt] as EvaluationPrompt;
  const other = prompts[(prompt + Math.floor(prompts.length / 2)) % prompts.length] as EvaluationPrompt;
  const { firstSeed, ...rest } = settings;
  return {
    ...rest,
    prompt: own.text,
    emphases: emphasesOf(own),
    wrongEmphases: arms.includes('wrong') ? emphasesOf(other) : [],
    arms,
    seed: firstSeed + prompt + SEED_STRIDE * seed,
    upscale: false,
  };
}

/** FNV-1a: scatters rows without regard to prompt or arm, the same on every machine. */
function scatter(text: string): number {
  let hash = 0x811c9dc5;
  for (const c of text) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/** Up to `count` rows, chosen by nothing but their place, in their order. */
export function sampleRows<T extends EvaluationRow>(rows: readonly T[], count: number): T[] {
  const chosen = new Set(
    rows
      .map((row) => ({ row, at: scatter(rowKey(row)) }))
      .sort((a, b) => a.at - b.at)
      .slice(0, count)
      .map(({ row }) => row),
  );
  return rows.filter((row) => chosen.has(row));
}
