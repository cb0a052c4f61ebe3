import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../../main/engine/index.ts';
import { safetensors } from '../../../support/tiny-pack.ts';

/** A file with this header text and `data` zero bytes behind it. */
function file(header: string | Uint8Array, data = 0, claimed?: bigint): Uint8Array {
  const json = typeof header === 'string' ? Buffer.from(header) : header;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(data)]);
}

const tensor = (shape: unknown, offsets: unknown, dtype: unknown = 'F32'): string =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });
const one = tensor([1], [0, 4]);

describe('safetensors (T17)', () => {
  it('reads names, shapes, numbers and metadata', () => {
    const { tensors, metadata } = readSafetensors(
      safetensors(
        {
          a: { shape: [2, 2], data: Float32Array.of(1, -2, 3, 0.5) },
          ids: { shape: [1], data: BigInt64Array.of(-7n) },
        },
        { hidden_act: 'quick_gelu' },
      ),
    );
    expect(metadata).toEqual({ hidden_act: 'quick_gelu' });
    expect(tensors.get('a')).toEqual({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 3, 0.5) });
    expect(tensors.get('ids')?.data).toEqual(BigInt64Array.of(-7n));
  });

  it('reads tensors at any alignment of the file in memory', () => {
    const bytes = safetensors({ a: { shape: [3], data: Float32Array.of(1, 2, 3) } });
    for (let shift = 0; shift < 8; shift++) {
      const wide = Buffer.alloc(bytes.length + 8);
      Buffer.from(bytes).copy(wide, shift);
      expect(readSafetensors(wide.subarray(shift, shift + bytes.length)).tensors.get('a')?.data).toEqual(
        Float32Array.of(1, 2, 3),
      );
    }
  });

  it('widens half and bfloat16', () => {
    const header = `{"h":${tensor([4], [0, 8], 'F16')},"b":${tensor([1], [8, 10], 'BF16')}}`;
    const bytes = Buffer.from(file(header, 10));
    [0x3c00, 0xc000, 0x0001, 0x7c00, 0x3fc0].forEach((v, i) =>
      bytes.writeUInt16LE(v, bytes.length - 10 + 2 * i),
    );
    const { tensors } = readSafetensors(bytes);
    expect(tensors.get('h')?.data).toEqual(Float32Array.of(1, -2, 2 ** -24, Number.POSITIVE_INFINITY));
    expect(tensors.get('b')?.data).toEqual(Float32Array.of(1.5));
  });

  it.each([
    ['an empty object', file('{}')],
    ['padding behind the header', file('{}      ')],
    ['an empty tensor before another, listed after it', file(`{"a":${one},"b":${tensor([0], [0, 0])}}`, 4)],
    ['a scalar', file(`{"a":${tensor([], [0, 4])}}`, 4)],
    ['the same field name in two tensors', file(`{"a":${one},"b":${tensor([1], [4, 8])}}`, 8)],
    ['brackets and quotes inside a name', file(`{"a{\\"}":${one}}`, 4)],
    [
      'unknown fields of a tensor',
      file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":"x"}}`, 4),
    ],
  ])('takes %s', (_, bytes) => {
    expect(() => readSafetensors(bytes)).not.toThrow();
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['seven bytes', new Uint8Array(7)],
    ['a header of no bytes', file('')],
    ['a header longer than the file', file('{}', 0, 3n)],
    ['a header above the limit', file('{}', 0, 100_000_001n)],
    ['a header length of 2^63', file('{}', 0, 2n ** 63n)],
    ['bytes that are not UTF-8', file(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ['a byte order mark', file('\ufeff{}')],
    ['a space before the bracket', file(' {}')],
    ['a list', file('[]')],
    ['no JSON', file('{"a":}')],
    ['text behind the object', file('{}x')],
    ['a name twice', file(`{"a":${one},"a":${one}}`, 4)],
    ['a name twice, once escaped', file(`{"a":${one},"\\u0061":${one}}`, 4)],
    ['a field twice', file('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4)],
    ['metadata that is no object', file('{"__metadata__":null}')],
    ['metadata that is a list', file('{"__metadata__":["x"]}')],
    ['metadata that is no text', file('{"__metadata__":{"layers":5}}')],
    ['half a surrogate pair', file(`{"\\ud800":${one}}`, 4)],
    ['an unknown type', file(`{"a":${tensor([1], [0, 4], 'F33')}}`, 4)],
    ['a type from the prototype', file(`{"a":${tensor([1], [0, 4], 'constructor')}}`, 4)],
    ['no type', file('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4)],
    ['a tensor that is null', file('{"a":null}')],
    ['a tensor that is a number', file('{"a":5}')],
    ['a shape that is no list', file(`{"a":${tensor(1, [0, 4])}}`, 4)],
    ['a negative dimension', file(`{"a":${tensor([-1, -1], [0, 4])}}`, 4)],
    ['half a dimension', file(`{"a":${tensor([0.5, 2], [0, 4])}}`, 4)],
    ['a dimension with a point', file('{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', 4)],
    ['a dimension with an exponent', file('{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 4)],
    ['minus zero', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[-0,4]}}', 4)],
    ['a product beyond 2^53', file(`{"a":${tensor([2 ** 40, 2 ** 40], [0, 4])}}`, 4)],
    ['a product beyond 2^53 times zero', file(`{"a":${tensor([2 ** 40, 2 ** 40, 0], [0, 0])}}`)],
    ['one offset', file(`{"a":${tensor([1], [0])}}`, 4)],
    ['an end before its begin', file(`{"a":${tensor([1], [4, 0])}}`, 4)],
    ['too few bytes for the shape', file(`{"a":${tensor([2], [0, 4])}}`, 4)],
    ['a first tensor that begins later', file(`{"a":${tensor([1], [4, 8])}}`, 8)],
    ['a hole', file(`{"a":${one},"b":${tensor([1], [8, 12])}}`, 12)],
    ['an overlap', file(`{"a":${tensor([2], [0, 8])},"b":${tensor([1], [4, 8])}}`, 8)],
    ['bytes behind the last tensor', file(`{"a":${one}}`, 5)],
    ['a file that ends early', file(`{"a":${one}}`, 3)],
    ['data without tensors', file('{}', 4)],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSafetensors(bytes)).toThrow(/Not a valid safetensors file|is not valid/);
  });
});
