/** Writes small ONNX graphs (protobuf by hand), so that tests need no Python and no committed binaries. */

type Field = readonly [number, Uint8Array | string | number | bigint];

function varint(value: bigint): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return out;
}

/** One protobuf message; numbers become varints, text and bytes length-delimited. */
function message(...fields: Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number' || typeof value === 'bigint') {
      parts.push(Uint8Array.from([...varint(BigInt(number) << 3n), ...varint(BigInt(value))]));
    } else {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      parts.push(
        Uint8Array.from([...varint((BigInt(number) << 3n) | 2n), ...varint(BigInt(bytes.length))]),
        bytes,
      );
    }
  }
  return Buffer.concat(parts);
}

const FLOAT = 1;
const INT64 = 7;

export interface Signature {
  readonly name: string;
  readonly type: 'float' | 'int64';
  /** Numbers, or names of free dimensions. */
  readonly shape: readonly (number | string)[];
}

function valueInfo({ name, type, shape }: Signature): Uint8Array {
  const dims = shape.map((d): Field => [1, typeof d === 'number' ? message([1, d]) : message([2, d])]);
  const tensor = message([1, type === 'float' ? FLOAT : INT64], [2, message(...dims)]);
  return message([1, name], [2, message([1, tensor])]);
}

/** A constant of the graph. */
export function constant(
  name: string,
  shape: readonly number[],
  data: Float32Array | BigInt64Array,
): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(
    ...shape.map((d): Field => [1, d]),
    [2, data instanceof Float32Array ? FLOAT : INT64],
    [8, name],
    [9, raw],
  );
}

/** One operator; attributes are whole numbers, lists of them, or text. */
export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[] | string>> = {},
): Uint8Array {
  const list = Object.entries(attributes).map(([name, value]): Field => {
    if (typeof value === 'number') return [5, message([1, name], [3, value], [20, 2])];
    if (typeof value === 'string') return [5, message([1, name], [4, value], [20, 3])];
    return [5, message([1, name], ...value.map((v): Field => [8, v]), [20, 7])];
  });
  return message(...inputs.map((i): Field => [1, i]), [2, output], [3, output], [4, op], ...list);
}

/** A whole model of opset 18. */
export function model(
  nodes: readonly Uint8Array[],
  constants: readonly Uint8Array[],
  inputs: readonly Signature[],
  outputs: readonly Signature[],
): Uint8Array {
  const graph = message(
    ...nodes.map((n): Field => [1, n]),
    [2, 'tiny'],
    ...constants.map((c): Field => [5, c]),
    ...inputs.map((i): Field => [11, valueInfo(i)]),
    ...outputs.map((o): Field => [12, valueInfo(o)]),
  );
  return message([1, 8], [2, 'tests'], [7, graph], [8, message([1, ''], [2, 18])]);
}
