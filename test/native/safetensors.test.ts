/** What the reader refuses, and how it says so. A file that is accepted here would be read out of bounds. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KernelError } from '../../native/index.ts';
import { fixture, kernel, safetensors } from './support.ts';

const native = kernel();

async function refusal(bytes: Uint8Array): Promise<KernelError> {
  return native.loadEncoder(bytes).then(
    () => {
      throw new Error('the file was accepted');
    },
    (error: unknown) => error as KernelError,
  );
}

const tensor = (begin: number, end: number, shape = `[${(end - begin) / 4}]`, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

const headers: [string, string, number, string, RegExp][] = [
  ['no object', '[]', 0, 'bad_header', /start with '\{'/],
  ['a space before the object', ' {}', 0, 'bad_header', /start with '\{'/],
  ['an unfinished object', '{"a":', 0, 'bad_header', /malformed/],
  ['something behind the object', '{} {}', 0, 'bad_header', /behind/],
  ['a tensor twice', `{"a":${tensor(0, 4)},"a":${tensor(0, 4)}}`, 4, 'bad_header', /"a" appears twice/],
  ['metadata twice', '{"__metadata__":{},"__metadata__":{}}', 0, 'bad_header', /twice/],
  ['a metadata key twice', '{"__metadata__":{"k":"1","k":"2"}}', 0, 'bad_header', /"k" appears twice/],
  ['metadata of numbers', '{"__metadata__":{"k":1}}', 0, 'bad_header', /malformed/],
  [
    'a shape twice',
    '{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}',
    4,
    'bad_header',
    /twice/,
  ],
  ['no dtype', '{"a":{"shape":[1],"data_offsets":[0,4]}}', 4, 'bad_header', /lacks dtype/],
  ['an unknown dtype', `{"a":${tensor(0, 4, '[1]', 'F31')}}`, 4, 'bad_tensor', /unknown dtype "F31"/],
  ['a fraction in a shape', `{"a":${tensor(0, 4, '[1.0]')}}`, 4, 'bad_header', /whole number/],
  [
    'a negative offset',
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}',
    0,
    'bad_header',
    /whole number/,
  ],
  [
    'three offsets',
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}',
    4,
    'bad_header',
    /two numbers/,
  ],
  [
    'a number beyond 64 bits',
    `{"a":${tensor(0, 4, '[99999999999999999999]')}}`,
    4,
    'bad_header',
    /too large/,
  ],
  [
    'a shape whose product overflows',
    `{"a":${tensor(0, 0, '[4294967296,4294967296,4294967296]')}}`,
    0,
    'bad_tensor',
    /too large to count/,
  ],
  ['a shape that needs more bytes', `{"a":${tensor(0, 4, '[2]')}}`, 4, 'bad_tensor', /needs 8 bytes/],
  ['offsets in reverse', `{"a":${tensor(4, 0, '[0]')}}`, 4, 'bad_tensor', /offsets/],
  ['a hole', `{"a":${tensor(0, 4)},"b":${tensor(8, 12)}}`, 12, 'bad_tensor', /holes or overlaps/],
  ['an overlap', `{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12, 'bad_tensor', /holes or overlaps/],
  ['a late start', `{"a":${tensor(4, 8)}}`, 8, 'bad_tensor', /starts at byte 4/],
  ['data beyond the file', `{"a":${tensor(0, 400)}}`, 4, 'bad_tensor', /file is cut/],
  ['bytes behind the last tensor', `{"a":${tensor(0, 4)}}`, 8, 'bad_tensor', /behind its end/],
  ['a lone surrogate', `{"\\ud800":${tensor(0, 4)}}`, 4, 'bad_header', /surrogate/],
  ['a control character', `{"a\u0001":${tensor(0, 4)}}`, 4, 'bad_header', /control/],
  ['deep nesting', `{"a":{"x":${'['.repeat(5000)}`, 0, 'bad_header', /deeply/],
  ['no encoder', '{}', 0, 'bad_tensor', /no CLIP image encoder/],
];

describe('the safetensors reader refuses', () => {
  it.each(headers)('%s', async (_, header, bytes, code, message) => {
    const error = await refusal(safetensors(header, bytes));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('lengths that lie, at once and without allocating', async () => {
    for (const length of [100_000_001n, 2n ** 63n, 2n ** 64n - 1n, 1000n]) {
      const bytes = safetensors('{}', 0);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      expect((await refusal(bytes)).code).toBe('bad_header');
    }
    expect((await refusal(new Uint8Array(7))).message).toMatch(/shorter than 8/);
  });

  it('bytes that are no UTF-8', async () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      const bytes = safetensors(`{"${'.'.repeat(bad.length)}":1}`, 0);
      bytes.set(bad, 10);
      expect((await refusal(bytes)).message).toMatch(/UTF-8/);
    }
  });

  it('an encoder whose tensors do not fit together, whichever it is', async () => {
    const whole = readFileSync(fixture('hf-plain.safetensors'));
    const length = Number(whole.readBigUInt64LE(0));
    const header = JSON.parse(whole.toString('utf8', 8, 8 + length)) as Record<string, { shape: number[] }>;
    for (const name of Object.keys(header).filter(
      (key) => key !== '__metadata__' && !key.includes('position_ids'),
    )) {
      const changed = structuredClone(header);
      const entry = changed[name];
      if (!entry) continue;
      // One more dimension keeps the bytes right and the tensor wrong.
      entry.shape = [...entry.shape, 1];
      const text = JSON.stringify(changed);
      const bytes = safetensors(text, whole.length - 8 - length, [whole.subarray(8 + length)]);
      expect((await refusal(bytes)).code, name).toBe('bad_tensor');
    }
  });

  it('weights with NaN, naming the tensor', async () => {
    const bytes = new Uint8Array(readFileSync(fixture('hf-plain.safetensors')));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    new DataView(bytes.buffer).setFloat32(8 + length, NaN, true);
    const error = await refusal(bytes);
    expect(error.code).toBe('non_finite');
    expect(error.message).toMatch(/Tensor ".+" holds NaN/);
  });

  it('any cut of a good file', async () => {
    const bytes = new Uint8Array(readFileSync(fixture('hf-plain.safetensors')));
    for (let end = 1; end < bytes.length; end += 487) {
      expect(['bad_header', 'bad_tensor']).toContain((await refusal(bytes.subarray(0, end))).code);
    }
  });
});

it('accepts unknown keys and trailing spaces, as the reference reader does', async () => {
  const whole = readFileSync(fixture('hf-plain.safetensors'));
  const length = Number(whole.readBigUInt64LE(0));
  const text = whole
    .toString('utf8', 8, 8 + length)
    .trimEnd()
    .replace('"dtype"', '"note":[{"a":null}],"dtype"');
  const bytes = safetensors(`${text}   `, whole.length - 8 - length, [whole.subarray(8 + length)]);
  expect((await native.loadEncoder(bytes)).info().width).toBe(32);
});
