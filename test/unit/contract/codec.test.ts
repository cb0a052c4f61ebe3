import { describe, expect, it } from 'vitest';
import { AppError, decodeFrame, encodeFrame } from '../../../contract/index.ts';

function refusal(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Expected an AppError.');
}

/** A frame with any header, as a stranger could send it. */
function forged(header: unknown, tail: number[] = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Math.ceil((4 + json.length) / 8) * 8;
  const bytes = new Uint8Array(size + tail.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  bytes.set(tail, size);
  return bytes;
}

describe('the codec', () => {
  it('gives back what it was given', () => {
    const frame = {
      id: 7,
      text: 'ümlaut \u{1f600}',
      list: [1, null, true, -0.5],
      empty: {},
      seed: 2 ** 53 - 1,
    };
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
  });

  it('keeps kind, length and bits of typed arrays, also when the frame lies at an odd address', () => {
    const frame = {
      u8: Uint8Array.of(1, 2, 3),
      i32: Int32Array.of(-1, 2 ** 31 - 1),
      f32: Float32Array.of(0.1, NaN, Infinity),
      f64: Float64Array.of(Math.PI),
      i64: BigInt64Array.of(-(2n ** 63n)),
      deep: [{ x: new Float32Array(0) }],
    };
    const bytes = encodeFrame(frame);
    for (const shift of [0, 1, 3, 4]) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      expect(decodeFrame(moved.subarray(shift))).toEqual(frame);
    }
  });

  it('does not copy a big array on arrival', () => {
    const bytes = encodeFrame({ data: new Float32Array(1000) });
    const { data } = decodeFrame(bytes) as { data: Float32Array };
    expect(data.buffer).toBe(bytes.buffer);
  });

  it('sends only the part that a view shows', () => {
    const view = Float32Array.from({ length: 1000 }, (_, i) => i).subarray(10, 12);
    const bytes = encodeFrame({ view });
    expect(bytes.length).toBeLessThan(200);
    expect(decodeFrame(bytes)).toEqual({ view: Float32Array.of(10, 11) });
  });

  it('drops undefined properties and keeps a key named __proto__ harmless', () => {
    expect(decodeFrame(encodeFrame({ a: undefined, b: 1 }))).toEqual({ b: 1 });
    const evil: unknown = JSON.parse('{"__proto__": {"polluted": true}}');
    const back = decodeFrame(encodeFrame(evil)) as object;
    expect(Object.hasOwn(back, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['NaN', { input: { seed: NaN } }, 'seed: NaN'],
    ['a date', { input: { at: new Date(0) } }, 'at: an instance of a class'],
    ['a function', { input: { f: () => 1 } }, 'f: function'],
    ['a bigint', { input: { n: 1n } }, 'n: bigint'],
    ['undefined in a list', { input: [undefined] }, '0: undefined'],
  ])('refuses %s and names its place', (_name, frame, message) => {
    const error = refusal(() => encodeFrame(frame));
    expect(error.code).toBe('invalid_input');
    expect(error.message).toContain(message);
  });

  it('refuses a cycle instead of running for ever', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(refusal(() => encodeFrame(cycle)).message).toContain('nested too deeply');
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['three bytes', Uint8Array.of(1, 2, 3)],
    ['a header longer than the frame', Uint8Array.of(255, 255, 255, 127, 0)],
    ['a header that is not JSON', forged('{"frame":')],
    ['no frame', forged({ attached: [] })],
    ['no attachments', forged({ frame: 1 })],
    ['an attachment beyond the end', forged({ frame: { x: null }, attached: [[['x'], 'u8', 9]] }, [1])],
    ['a negative length', forged({ frame: { x: null }, attached: [[['x'], 'u8', -1]] })],
    ['half a float', forged({ frame: { x: null }, attached: [[['x'], 'f32', 3]] }, [0, 0, 0])],
    ['an unknown kind', forged({ frame: { x: null }, attached: [[['x'], 'toString', 0]] })],
    ['a path to nowhere', forged({ frame: {}, attached: [[['x'], 'u8', 0]] })],
    ['a path through a prototype', forged({ frame: {}, attached: [[['__proto__', 'x'], 'u8', 0]] })],
    [
      'a path to the end of the prototypes',
      forged({ frame: {}, attached: [[['__proto__', '__proto__'], 'u8', 0]] }),
    ],
    ['a path to a value', forged({ frame: { x: 1 }, attached: [[['x'], 'u8', 0]] })],
  ])('refuses bytes with %s', (_name, bytes) => {
    expect(refusal(() => decodeFrame(bytes)).code).toBe('bad_frame');
  });

  it('survives every cut and every changed byte of a frame with an answer or a typed error', () => {
    const whole = encodeFrame({
      type: 'next',
      id: 1,
      value: { x: Float32Array.of(1, 2), list: [1, { y: 'z' }] },
    });
    const damaged = Array.from(whole, (_, i) => {
      const changed = whole.slice();
      changed[i] = (changed[i] ?? 0) ^ 0x15;
      return changed;
    });
    const cut = Array.from(whole, (_, i) => whole.subarray(0, i));
    for (const bytes of [...damaged, ...cut]) {
      try {
        decodeFrame(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }
  });
});
