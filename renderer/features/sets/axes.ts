/** What a grid or strip is asked for with: values along its axes, and the requests of its cells. Pure. */
import { MAX_CELLS, requestOf } from '#contract';
import type { AxisKind, GenerateRequestInput, Recipe, SubmitSetInput } from '#contract';

/** What changes along an axis of a grid, as the user chose it. `id` names the emphasis of a weight. */
export interface Axis {
  readonly kind: Exclude<AxisKind, 'emphases'>;
  readonly id?: string | undefined;
  readonly phrase?: string | undefined;
  readonly values: readonly string[];
}

/** Why the typed values cannot be used. */
export type ValuesProblem = 'empty' | 'number' | 'range' | 'whole' | 'twice' | 'many';
export type Values = { readonly values: readonly string[] } | { readonly problem: ValuesProblem };

/** Arms that any pack can run, in the order in which they stand in a comparison. */
export const GRID_ARMS = [
  'sentence',
  'coarse',
  'coarse2',
  'first-order',
  'composable',
  'structure',
  'refined',
] as const;

const RANGES: Readonly<Record<'weight' | 'steps' | 'guidance' | 'seed', readonly [number, number, boolean]>> =
  {
    weight: [0, 2, false],
    steps: [1, 1000, true],
    guidance: [0, 20, false],
    seed: [0, Number.MAX_SAFE_INTEGER, true],
  };
const MAX_VALUES = 24;

/** Numbers with commas, semicolons or spaces between them; "0,5" with a comma inside a number is not read as one half. */
export function readValues(kind: keyof typeof RANGES, text: string): Values {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  if (parts.length === 0) return { problem: 'empty' };
  const [low, high, whole] = RANGES[kind];
  const numbers = parts.map(Number);
  if (numbers.some((n) => !Number.isFinite(n))) return { problem: 'number' };
  if (numbers.some((n) => n < low || n > high)) return { problem: 'range' };
  if (whole && numbers.some((n) => !Number.isInteger(n))) return { problem: 'whole' };
  if (new Set(numbers).size < numbers.length) return { problem: 'twice' };
  return numbers.length > MAX_VALUES ? { problem: 'many' } : { values: numbers.map(String) };
}

/** Values to begin with, around those of the recipe. */
export function suggested(kind: keyof typeof RANGES, { steps, guidance, seed }: Recipe): string {
  if (kind === 'weight') return '0, 0.5, 1, 1.5, 2';
  if (kind === 'seed') return [0, 1, 2, 3].map((by) => seed + by).join(', ');
  if (kind === 'steps')
    return [...new Set([10, 20, steps, steps * 2])]
      .filter((n) => n <= 1000)
      .sort((a, b) => a - b)
      .join(', ');
  return [...new Set([0, 1, guidance, 3])].sort((a, b) => a - b).join(', ');
}

function change(request: GenerateRequestInput, axis: Axis, value: string): GenerateRequestInput {
  if (axis.kind === 'arm') return { ...request, arms: [value as GenerateRequestInput['arms'][number]] };
  if (axis.kind !== 'weight') return { ...request, [axis.kind]: Number(value) };
  const emphases = (request.emphases ?? []).map((emphasis) =>
    emphasis.id === axis.id ? { ...emphasis, weight: Number(value), muted: false } : emphasis,
  );
  return { ...request, emphases };
}

/** A table over one or two settings; everything else stays as in the recipe, references included. */
export function gridRequest(
  recipe: Recipe,
  basePairId: string | null,
  columns: Axis,
  rows: Axis | null,
): SubmitSetInput {
  const base: GenerateRequestInput = { ...requestOf(recipe), wrongEmphases: [], arms: ['refined'] };
  const labelled = ({ kind, phrase, values }: Axis) => ({
    kind,
    values: [...values],
    ...(phrase === undefined ? {} : { phrase }),
  });
  return {
    kind: 'grid',
    basePairId,
    columns: labelled(columns),
    rows: rows && labelled(rows),
    cells: (rows?.values ?? ['']).flatMap((across, row) =>
      columns.values.map((along, column) => {
        const request = change(base, columns, along);
        return { column, row, request: rows ? change(request, rows, across) : request };
      }),
    ),
  };
}

/** One picture without any stress, then one phrase more in each (the paper's Fig. 10); phrases that are off stay off. */
export function stripRequest(recipe: Recipe, basePairId: string | null): SubmitSetInput {
  const base: GenerateRequestInput = { ...requestOf(recipe), wrongEmphases: [], arms: ['refined'] };
  const active = recipe.emphases.filter(({ muted, weight }) => !muted && weight > 0);
  const order = new Map(active.map(({ id }, index) => [id, index]));
  return {
    kind: 'strip',
    basePairId,
    columns: { kind: 'emphases', values: ['', ...active.map(({ phrase }) => phrase)] },
    rows: null,
    cells: Array.from({ length: active.length + 1 }, (_, column) => ({
      column,
      row: 0,
      request: {
        ...base,
        emphases: (base.emphases ?? []).map((emphasis) => ({
          ...emphasis,
          muted: (order.get(emphasis.id) ?? Infinity) >= column,
        })),
      },
    })),
  };
}

/** How many pictures two axes make, and whether that is too many for one set. */
export function sizeOf(
  columns: readonly string[],
  rows: readonly string[] | null,
): { of: number; tooMany: boolean } {
  const of = columns.length * (rows?.length ?? 1);
  return { of, tooMany: of > MAX_CELLS };
}
