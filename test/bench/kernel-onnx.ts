/** An ONNX graph of CLIP's image encoder for the comparison with onnxruntime, written without any library. */

export interface Shape {
  readonly size: number;
  readonly patch: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlp: number;
  readonly dims: number;
}

export type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

type Bytes = Uint8Array;

function join(parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A protobuf varint; numbers up to 2^53. */
function varint(value: number): Bytes {
  const out: number[] = [];
  let rest = value;
  do {
    out.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(out);
}

const number = (field: number, value: number): Bytes => join([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Bytes): Bytes =>
  join([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string): Bytes => bytes(field, new TextEncoder().encode(value));

function float(field: number, value: number): Bytes {
  return join([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

type Attribute = number | readonly number[] | { readonly f: number };

/** NodeProto: input 1, output 2, op_type 4, attribute 5. */
function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Bytes {
  const attribute = ([name, value]: [string, Attribute]): Bytes => {
    if (typeof value === 'number') return join([text(1, name), number(3, value), number(20, 2)]);
    if ('f' in value) return join([text(1, name), float(2, value.f), number(20, 1)]);
    return join([text(1, name), ...value.map((v) => number(8, v)), number(20, 7)]);
  };
  return join([
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map((entry) => bytes(5, attribute(entry))),
  ]);
}

/** TensorProto: dims 1, data_type 2 (1 float, 7 int64), name 8, raw_data 9. */
function initializer(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Bytes {
  return join([
    ...shape.map((side) => number(1, side)),
    number(2, data instanceof Float32Array ? 1 : 7),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function valueInfo(name: string, shape: readonly number[]): Bytes {
  const dims = join(shape.map((side) => bytes(1, number(1, side))));
  return join([text(1, name), bytes(2, bytes(1, join([number(1, 1), bytes(2, dims)])))]);
}

/** The model's file: `image` [1, 3, size, size] to `embedding` [1, dims], quick GELU. */
export function encoderModel(c: Shape, weights: Weights): Uint8Array {
  const nodes: Bytes[] = [];
  const tensors: Bytes[] = [];
  const n = (c.size / c.patch) ** 2 + 1;
  const e = c.width / c.heads;
  let made = 0;
  const add = (op: string, inputs: readonly string[], attributes?: Record<string, Attribute>): string => {
    const output = `v${made++}`;
    nodes.push(node(op, inputs, output, attributes));
    return output;
  };
  const integers = (name: string, values: readonly number[]): string => {
    tensors.push(initializer(name, [values.length], BigInt64Array.from(values, BigInt)));
    return name;
  };
  const scalar = (name: string, value: number): string => {
    tensors.push(initializer(name, [], Float32Array.of(value)));
    return name;
  };
  const found = (name: string): { readonly shape: readonly number[]; readonly data: Float32Array } => {
    const weight = weights.get(name);
    if (!weight) throw new Error(`The weights lack ${name}.`);
    return weight;
  };
  const plain = (name: string): string => {
    const { shape, data } = found(name);
    tensors.push(initializer(name, shape, data));
    return name;
  };
  /** [out, in] as the [in, out] that MatMul takes. */
  const turned = (name: string): string => {
    const { shape, data } = found(name);
    const [out = 0, input = 0] = shape;
    const t = new Float32Array(data.length);
    for (let o = 0; o < out; o++) for (let i = 0; i < input; i++) t[i * out + o] = data[o * input + i] ?? 0;
    tensors.push(initializer(name, [input, out], t));
    return name;
  };
  const linear = (x: string, name: string): string =>
    add('Add', [add('MatMul', [x, turned(`${name}.weight`)]), plain(`${name}.bias`)]);
  const norm = (x: string, name: string): string =>
    add('LayerNormalization', [x, plain(`${name}.weight`), plain(`${name}.bias`)], {
      axis: 2,
      epsilon: { f: 1e-5 },
    });

  const v = 'vision_model.';
  const heads = integers('heads', [1, n, c.heads, e]);
  const merged = integers('merged', [1, n, c.width]);
  const scale = scalar('scale', e ** -0.5);
  const quick = scalar('quick', 1.702);
  const p = c.patch;
  const conv = add('Conv', ['image', plain(`${v}embeddings.patch_embedding.weight`)], {
    kernel_shape: [p, p],
    strides: [p, p],
  });
  const flat = add('Reshape', [conv, integers('flat', [1, c.width, n - 1])]);
  const patches = add('Transpose', [flat], { perm: [0, 2, 1] });
  const cls = add('Reshape', [plain(`${v}embeddings.class_embedding`), integers('one', [1, 1, c.width])]);
  let x = add('Concat', [cls, patches], { axis: 1 });
  x = norm(add('Add', [x, plain(`${v}embeddings.position_embedding.weight`)]), `${v}pre_layrnorm`);
  for (let i = 0; i < c.layers; i++) {
    const b = `${v}encoder.layers.${i}.`;
    const a = norm(x, `${b}layer_norm1`);
    const part = (name: string, perm: number[]): string =>
      add('Transpose', [add('Reshape', [linear(a, `${b}self_attn.${name}_proj`), heads])], { perm });
    const q = add('Mul', [part('q', [0, 2, 1, 3]), scale]);
    const scores = add('Softmax', [add('MatMul', [q, part('k', [0, 2, 3, 1])])], { axis: 3 });
    const mixed = add('Transpose', [add('MatMul', [scores, part('v', [0, 2, 1, 3])])], {
      perm: [0, 2, 1, 3],
    });
    x = add('Add', [x, linear(add('Reshape', [mixed, merged]), `${b}self_attn.out_proj`)]);
    const h = linear(norm(x, `${b}layer_norm2`), `${b}mlp.fc1`);
    const act = add('Mul', [h, add('Sigmoid', [add('Mul', [h, quick])])]);
    x = add('Add', [x, linear(act, `${b}mlp.fc2`)]);
  }
  const first = add('Slice', [x, integers('from', [0]), integers('to', [1]), integers('axis', [1])]);
  const z = add('MatMul', [norm(first, `${v}post_layernorm`), turned('visual_projection.weight')]);
  const length = add('ReduceL2', [z, integers('last', [2])], { keepdims: 1 });
  const unit = add('Div', [z, length]);
  nodes.push(node('Reshape', [unit, integers('out', [1, c.dims])], 'embedding'));

  const graph = join([
    ...nodes.map((item) => bytes(1, item)),
    text(2, 'encoder'),
    ...tensors.map((item) => bytes(5, item)),
    bytes(11, valueInfo('image', [1, 3, c.size, c.size])),
    bytes(12, valueInfo('embedding', [1, c.dims])),
  ]);
  return join([number(1, 8), bytes(7, graph), bytes(8, number(2, 18))]);
}
