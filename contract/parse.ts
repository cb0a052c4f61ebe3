import type { AppError } from './errors.ts';
import { because } from './reasons.ts';
import type { Schema, SchemaIssue } from './define.ts';

/** One field that did not fit, as it travels in `AppError.details.issues`. */
export interface FieldIssue {
  /** Dotted path of the field, e.g. `emphases.0.weight`; empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

const MAX_ISSUES = 20;
const MAX_MESSAGE = 240;

/**
 * Parses a value by a schema. Throws `invalid_input`, whose message names `what` and the first field that does not
 * fit and whose details list them all (`issues`).
 */
export async function parse<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
  what: string,
): Promise<Output> {
  const result = await schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  throw invalidInput(what, result.issues);
}

/** The error for a value that does not fit its schema. */
export function invalidInput(what: string, issues: readonly SchemaIssue[]): AppError {
  const fields = issues.slice(0, MAX_ISSUES).map(fieldIssue);
  const first = fields[0] ?? NO_FIELD;
  const place = first.path === '' ? what : `${what}: ${first.path}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return because('field_misfit', { place, why: `${first.message}${more}` }, { details: { issues: fields } });
}

/** The first field that did not fit and why, in one line; `whole` stands where no field is named. */
export function misfit(issues: readonly Issue[], whole = 'whole file'): string {
  const [{ path, message }] = [...issues.slice(0, 1).map(fieldIssue), NO_FIELD];
  return `${path || whole}: ${message}`;
}

const NO_FIELD: FieldIssue = { path: '', message: 'does not fit' };

/** An issue of the Standard Schema, and one as valibot types its own, whose keys may be anything. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: unknown })[] | undefined;
}

function fieldIssue(issue: Issue): FieldIssue {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  // Schema libraries repeat the received value in the message; it may be a megabyte long.
  const message =
    issue.message.length > MAX_MESSAGE ? `${issue.message.slice(0, MAX_MESSAGE)}…` : issue.message;
  return { path: keys.join('.'), message };
}
