/** An error in the words of a language that is not the host's own. */
import { fillIn } from '#contract';
import type { Arm } from '#contract';

export interface ErrorWords {
  /** By code. */
  readonly codes: Readonly<Record<string, string>>;
  /** By reason, where it says more than the code. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly arms: Readonly<Record<Arm, string>>;
}

/** What is said of an error: what came inside an answer has the same parts as what was thrown. */
export interface Sayable {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

/**
 * The sentence of its reason, else that of its code; the host's own words where the table has neither (the host is newer than
 * the page). A reason's sentence whose values did not come is not said.
 */
export function sayError({ code, message, details }: Sayable, { codes, reasons, arms }: ErrorWords): string {
  const values: Readonly<Record<string, unknown>> =
    typeof details === 'object' && details !== null ? { ...details } : {};
  const own = pick(codes, code);
  const template = pick(reasons, values.reason);
  const arm = pick(arms, values.arm);
  const said =
    template === undefined
      ? undefined
      : fillIn(template, { ...values, code: own, ...(arm === undefined ? {} : { arm }) });
  return said ?? own ?? message;
}

function pick(words: Readonly<Record<string, string>>, key: unknown): string | undefined {
  return typeof key === 'string' && Object.hasOwn(words, key) ? words[key] : undefined;
}
