import { t } from '../../strings/index.ts';

/** A calibrated strength (0 .. 1, share of unrelated phrases that fit worse) in a word. */
export function strengthWord(strength: number | null): string {
  if (strength === null) return t.reference.unscored;
  if (strength >= 0.8) return t.reference.strong;
  return strength >= 0.5 ? t.reference.fair : t.reference.weak;
}
