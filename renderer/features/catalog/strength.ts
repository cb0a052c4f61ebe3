import { t } from '../../strings/index.ts';

/** A calibrated strength (0 .. 1, how sure it is that the image shows the words) in a word. */
export function strengthWord(strength: number | null): string {
  if (strength === null) return t.reference.unscored;
  if (strength >= 0.8) return t.reference.strong;
  return strength >= 0.5 ? t.reference.fair : t.reference.weak;
}
