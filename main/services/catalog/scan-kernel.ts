/**
 * Inner products of one query with many rows of int8 codes, as a WebAssembly SIMD function that is assembled here: it runs
 * wherever Node does, without a compiler. In plain JavaScript:
 *
 *     for (row = 0; row < rows; row++)
 *       out[row] = sum over d of query[d] * codes[row * width + d]        (int32)
 *
 * Each turn takes 16 codes: widened to 16 bits, multiplied and added in pairs to 32 bits. `width` is a multiple of 16.
 */

/** As much of WebAssembly as is used here: the types of Node do not name it, those of a browser do. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface Wasm {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, WasmMemory>>,
  ) => { readonly exports: Record<string, unknown> };
}
const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;

const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;

/** Unsigned LEB128. */
function leb(n: number): number[] {
  const out: number[] = [];
  do {
    const byte = n & 0x7f;
    n >>>= 7;
    out.push(n === 0 ? byte : byte | 0x80);
  } while (n !== 0);
  return out;
}
const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const name = (text: string): number[] => [...leb(text.length), ...Buffer.from(text, 'latin1')];

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32 = (n: number): number[] => [0x41, ...sleb(n)];
/** Signed LEB128 of a small number. */
function sleb(n: number): number[] {
  const out: number[] = [];
  for (;;) {
    const byte = n & 0x7f;
    n >>= 7;
    if ((n === 0 && (byte & 0x40) === 0) || (n === -1 && (byte & 0x40) !== 0)) return [...out, byte];
    out.push(byte | 0x80);
  }
}
const ADD = [0x6a];
const LESS = [0x49];
const simd = (op: number, ...rest: number[]): number[] => [0xfd, ...leb(op), ...rest];
const load = (offset: number): number[] => simd(0x00, 0x04, ...leb(offset));
const EXTEND_LOW = simd(0x87);
const EXTEND_HIGH = simd(0x88);
const DOT = simd(0xba);
const ADD4 = simd(0xae);
const lane = (n: number): number[] => simd(0x1b, n);
const add = (local: number, n: readonly number[]): number[] => [...get(local), ...n, ...ADD, ...set(local)];

/** scan(query, codes, width, rows, out): addresses in bytes. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [QUERY, CODES, WIDTH, ROWS, OUT] = [0, 1, 2, 3, 4];
  const [ROW, END, Q, SUM, BLOCK, SUM2] = [5, 6, 7, 8, 9, 10];
  const inner = [
    0x03,
    VOID, // loop over the 16 codes of a block
    ...get(CODES),
    ...load(0),
    ...set(BLOCK),
    ...get(SUM),
    ...get(BLOCK),
    ...EXTEND_LOW,
    ...get(Q),
    ...load(0),
    ...DOT,
    ...ADD4,
    ...set(SUM),
    ...get(SUM2),
    ...get(BLOCK),
    ...EXTEND_HIGH,
    ...get(Q),
    ...load(16),
    ...DOT,
    ...ADD4,
    ...set(SUM2),
    ...add(Q, i32(32)),
    ...add(CODES, i32(16)),
    ...get(CODES),
    ...get(END),
    ...LESS,
    0x0d,
    0x00,
    0x0b,
  ];
  const zero = simd(0x0c, ...new Array<number>(16).fill(0));
  const body = [
    0x03,
    VOID, // loop over rows
    ...zero,
    ...set(SUM),
    ...zero,
    ...set(SUM2),
    ...get(QUERY),
    ...set(Q),
    ...get(CODES),
    ...get(WIDTH),
    ...ADD,
    ...set(END),
    ...inner,
    ...get(OUT),
    ...get(SUM),
    ...get(SUM2),
    ...ADD4,
    ...set(SUM),
    ...[0, 1, 2, 3].flatMap((n) => [...get(SUM), ...lane(n), ...(n > 0 ? ADD : [])]),
    0x36,
    0x02,
    0x00, // i32.store
    ...add(OUT, i32(4)),
    ...add(ROW, i32(1)),
    ...get(ROW),
    ...get(ROWS),
    ...LESS,
    0x0d,
    0x00,
    0x0b,
    0x0b,
  ];
  const locals = vector([
    [3, I32],
    [3, V128],
  ]);
  // Locals are numbered by type: three i32 (row, end, q), then three v128 (sum, block, second sum).
  const code = [...locals, ...body];
  const five = [I32, I32, I32, I32, I32].map((t) => [t]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([[0x60, ...vector(five), 0x00]])),
    // The memory comes from outside: at most 65,536 pages of 64 KiB.
    ...section(2, vector([[...name('m'), ...name('m'), 0x02, 0x01, ...leb(1), ...leb(65_536)]])),
    ...section(3, vector([[0x00]])),
    ...section(7, vector([[...name('scan'), 0x00, 0x00]])),
    ...section(10, vector([[...leb(code.length), ...code]])),
  ]);
}

export interface ScanKernel {
  readonly memory: WasmMemory;
  /** Addresses in bytes; `query` int16 [width], `codes` int8 [rows, width], `out` int32 [rows]; rows at least 1. */
  readonly scan: (query: number, codes: number, width: number, rows: number, out: number) => void;
}

let compiled: object | undefined;

/** A kernel with a memory of its own, which grows by `memory.grow`. */
export function makeScanKernel(pages: number): ScanKernel {
  compiled ??= new wasm.Module(moduleBytes());
  const memory = new wasm.Memory({ initial: pages, maximum: 65_536 });
  const { exports } = new wasm.Instance(compiled, { m: { m: memory } });
  return { memory, scan: exports['scan'] as ScanKernel['scan'] };
}
