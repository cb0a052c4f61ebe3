/** `evaluate --sweep`: one rival's scale over several values, so that it is compared at its best. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError, RivalScale, RivalScales } from '#contract';
import type { Arm, EvaluateRequest, EvaluationReport } from '#contract';
import type { Output } from './output.ts';

export interface Sweep {
  readonly arm: keyof RivalScales;
  readonly values: number[];
}

/** "first-order=0.02,0.05,0.1". Throws `invalid_input` for another arm, or for what is no scale. */
export function parseSweep(text: string): Sweep {
  const [arm = '', list = ''] = text.split('=');
  const values = list.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  const known = Object.keys(RivalScales.entries);
  if (!known.includes(arm) || !values.every((value) => v.is(RivalScale, value)))
    throw new AppError(
      'invalid_input',
      `--sweep: expected ARM=S,S,... with one of ${known.join(', ')} and scales from 0 to 100, got "${text}".`,
    );
  return { arm: arm as Sweep['arm'], values: [...new Set(values)] };
}

export interface SweepRow {
  readonly scale: number;
  readonly detail: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly fd: number | null;
}

/** The row with the most details shown; of equals the smallest scale. Null where nothing was scored. */
export function bestOf(rows: readonly SweepRow[]): SweepRow | null {
  const scored = rows.filter((r) => r.detail !== null).sort((a, b) => a.scale - b.scale);
  return scored.reduce<SweepRow | null>(
    (best, row) => (best === null || (row.detail ?? 0) > (best.detail ?? 0) ? row : best),
    null,
  );
}

/** Runs the arm at each value (each a set of results of its own, so it goes on after a kill) and writes sweep-ARM.json. */
export async function sweepScales(
  { arm, values }: Sweep,
  base: EvaluateRequest,
  run: (request: EvaluateRequest) => Promise<EvaluationReport>,
  out: string,
  output: Output,
): Promise<void> {
  const rows: SweepRow[] = [];
  for (const scale of values) {
    const report = await run({
      ...base,
      evaluationId: `sweep-${arm}-${String(scale).replaceAll(/[^0-9a-z]/gi, '_')}`,
      settings: { ...base.settings, rivalScales: { ...base.settings.rivalScales, [arm]: scale } },
      arms: [arm satisfies Arm],
    });
    const score = report.arms.find((a) => a.arm === arm);
    const { value, low, high } = score?.detail ?? { value: null, low: null, high: null };
    rows.push({ scale, detail: value, low, high, fd: score?.fd ?? null });
  }
  const result = { arm, prompts: base.promptSet.name, rows, best: bestOf(rows)?.scale ?? null };
  await writeFile(join(out, `sweep-${arm}.json`), `${JSON.stringify(result, null, 1)}\n`);
  output.result(result);
  output.line(`| ${arm} | details shown | FD |\n| --- | --- | --- |`);
  const digits = (x: number | null): string => (x === null ? '' : x.toFixed(1));
  for (const r of rows)
    output.line(
      `| ${r.scale} | ${digits(r.detail)} (${digits(r.low)} to ${digits(r.high)}) | ${digits(r.fd)} |`,
    );
  output.line(`best: ${result.best === null ? 'none, nothing was scored' : String(result.best)}`);
}
