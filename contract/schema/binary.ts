/** Bytes and numbers that travel beside the JSON of a frame: checked by identity, never copied or walked. */
import * as v from 'valibot';

/** Raw bytes. */
export function bytes() {
  return v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'Expected bytes (a Uint8Array).');
}

/** Float32 numbers; with `length`, exactly that many. */
export function floats(length?: number) {
  return v.custom<Float32Array>(
    (value) => value instanceof Float32Array && (length === undefined || value.length === length),
    length === undefined ? 'Expected a Float32Array.' : `Expected a Float32Array of ${length} numbers.`,
  );
}

/** Float32 numbers with their shape, row-major. */
export const Tensor = v.pipe(
  v.strictObject({
    shape: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(8)),
    data: floats(),
  }),
  v.check(
    ({ shape, data }) => shape.reduce((product, n) => product * n, 1) === data.length,
    'Expected as many numbers as the shape says.',
  ),
);
export type Tensor = v.InferOutput<typeof Tensor>;
