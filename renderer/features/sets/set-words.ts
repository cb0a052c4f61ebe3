/** Axes in words, in the language of the page. */
import type { SetAxis, SetSummary } from '#contract';
import { t } from '../../strings/index.ts';

/** What changes along an axis. */
export function axisName({ kind, phrase }: Pick<SetAxis, 'kind' | 'phrase'>): string {
  return kind === 'weight' ? t.sets.weightOf(phrase ?? '') : t.sets.axes[kind];
}

/** What stands beside one place of an axis. */
export function valueName({ kind, values }: SetAxis, index: number): string {
  const value = values[index] ?? '';
  if (kind === 'arm') return Object.entries(t.arms).find(([arm]) => arm === value)?.[1] ?? value;
  if (kind === 'emphases') return value === '' ? t.sets.nothing : `+ ${value}`;
  return value;
}

export function setName({ kind, columns, rows }: Pick<SetSummary, 'kind' | 'columns' | 'rows'>): string {
  if (kind === 'strip') return t.sets.strip;
  return rows ? t.sets.grid(axisName(columns), axisName(rows)) : t.sets.line(axisName(columns));
}
