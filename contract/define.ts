/**
 * How a contract is written down: services of methods, each a `call` (one answer) or a `stream` (many, then an end).
 * The types of both sides follow from it; the run-time sees only Standard Schema, so any schema library fits.
 */

/** The part of Standard Schema 1 that is used here (https://standardschema.dev). */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a caller may write for a schema (defaults may be left out). */
export type SchemaInput<S extends Schema> = NonNullable<S['~standard']['types']>['input'];
/** What parsing gives (defaults filled in). */
export type SchemaOutput<S extends Schema> = NonNullable<S['~standard']['types']>['output'];

export interface Call<I extends Schema = Schema, O extends Schema = Schema> {
  readonly kind: 'call';
  readonly input: I;
  readonly output: O;
}

export interface Stream<I extends Schema = Schema, O extends Schema = Schema> {
  readonly kind: 'stream';
  readonly input: I;
  readonly output: O;
}

// `any` here only: Schema is invariant in its parameters, and a constraint must admit every schema.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnySchema = Schema<any, any>;
export type Method = Call<AnySchema, AnySchema> | Stream<AnySchema, AnySchema>;
export type Contract = Readonly<Record<string, Readonly<Record<string, Method>>>>;

/** A method with one answer. */
export function call<I extends AnySchema, O extends AnySchema>(input: I, output: O): Call<I, O> {
  return { kind: 'call', input, output };
}

/** A method with many answers and an end; `output` is the schema of one answer. */
export function stream<I extends AnySchema, O extends AnySchema>(input: I, output: O): Stream<I, O> {
  return { kind: 'stream', input, output };
}

/** What a handler gets beside its input. The signal aborts on cancel, on `break` and when the link closes. */
export interface CallContext {
  readonly signal: AbortSignal;
}

/** What the host implements: handlers get parsed input; a stream handler is usually an async generator. */
export type Services<C extends Contract> = {
  readonly [S in keyof C]: {
    readonly [M in keyof C[S]]: C[S][M] extends Call<infer I, infer O>
      ? (input: SchemaOutput<I>, context: CallContext) => SchemaOutput<O> | Promise<SchemaOutput<O>>
      : C[S][M] extends Stream<infer I, infer O>
        ? (input: SchemaOutput<I>, context: CallContext) => AsyncIterable<SchemaOutput<O>>
        : never;
  };
};

export interface CallOptions {
  /** Aborting it rejects at once with `cancelled` and tells the host to stop. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a caller uses. A stream starts with its first `next()`; leaving a `for await` loop cancels it on the host.
 */
export type Client<C extends Contract> = {
  readonly [S in keyof C]: {
    readonly [M in keyof C[S]]: C[S][M] extends Call<infer I, infer O>
      ? (input: SchemaInput<I>, options?: CallOptions) => Promise<SchemaOutput<O>>
      : C[S][M] extends Stream<infer I, infer O>
        ? (input: SchemaInput<I>, options?: CallOptions) => AsyncIterableIterator<SchemaOutput<O>>
        : never;
  };
};
