/** The conditions of the rivals that take one per phrase (method.md, reading 8). */
import { AppError } from '#contract';
import type { EnginePhrase } from './contract.ts';
import type { Condition } from './ports.ts';

export interface RivalConditions {
  readonly conditions: readonly Condition[];
  /** One for each condition; the arm's scale multiplies them. */
  readonly weights: readonly number[];
}

/**
 * `composable`: the whole sentence (e alone), then each phrase by itself: its own source embedding and its own references.
 * `structure`: c as every arm has it, then e beside each phrase's own source embedding and its own references, since the
 * original keeps the sentence and renews one noun phrase at a time. Phrases without weight are left out. Throws `internal`
 * for a phrase that came without its source embedding.
 */
export function rivalConditions(
  arm: 'composable' | 'structure',
  full: Condition,
  alone: Condition,
  phrases: readonly EnginePhrase[],
  references: number,
): RivalConditions {
  const dims = alone.tokens.length / (1 + references);
  const active = phrases.filter((p) => p.weight > 0);
  const own = active.map((phrase): Condition => {
    if (!phrase.source)
      throw new AppError('internal', `The arm "${arm}" got a phrase without its embedding.`);
    const clean = phrase.references.map((r) => r.clean);
    const e = alone.tokens.subarray(0, dims);
    const list = arm === 'composable' ? [phrase.source, ...clean] : [e, phrase.source, ...clean];
    const tokens = new Float32Array(alone.tokens.length);
    const mask = new Float32Array(1 + references);
    list.slice(0, 1 + references).forEach((token, slot) => {
      tokens.set(token, slot * dims);
      mask[slot] = 1;
    });
    return { tokens, mask };
  });
  return {
    conditions: [arm === 'composable' ? alone : full, ...own],
    weights: [1, ...active.map((p) => p.weight)],
  };
}
