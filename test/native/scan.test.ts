/** The vector scan: every path gives the reference's bits, and files that are not what they were are an error. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Candidates, ScanQuery, ScanRows } from '../../native/index.ts';
import { wasmRows } from '../../main/services/catalog/scan-wasm.ts';
import { kernel } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'kernel-scan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { scan } = kernel();
const BLOCK = 4096;

/** Whole numbers below 2^31 from a seed, fast rather than good. */
function whole(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}

interface Made {
  readonly width: number;
  readonly count: number;
  readonly scales: Float32Array;
  readonly losses: Float32Array;
  readonly codes: Int8Array;
  readonly query: ScanQuery;
}

/** `count` rows for vectors [dims], a tenth of them equal to another, so that bounds tie. */
function random(dims: number, count: number, seed: number): Made {
  const draw = whole(seed);
  const width = Math.ceil(dims / 16) * 16;
  const scales = Float32Array.from({ length: count }, () => 0.001 + (draw() % 1000) / 1e6);
  const losses = Float32Array.from({ length: count }, () => (draw() % 1000) / 1e5);
  const codes = new Int8Array(count * width);
  for (let row = 0; row < count; row++) {
    const twin = row > 0 && draw() % 10 === 0 ? draw() % row : -1;
    if (twin >= 0) {
      codes.copyWithin(row * width, twin * width, (twin + 1) * width);
      scales[row] = scales[twin] as number;
      losses[row] = losses[twin] as number;
    } else for (let d = 0; d < dims; d++) codes[row * width + d] = (draw() % 255) - 127;
  }
  const query = new Int16Array(width);
  for (let d = 0; d < dims; d++) query[d] = (draw() % 65_536) - 32_768;
  return {
    width,
    count,
    scales,
    losses,
    codes,
    query: { codes: query, step: 1e-5, length: 1, lost: 1e-4, widest: 127 * Math.sqrt(dims), rounding: 4e-6 },
  };
}

const codesOf = (m: Made, row: number): Int8Array => m.codes.subarray(row * m.width, (row + 1) * m.width);

function fill(rows: Pick<ScanRows, 'append'>, m: Made, from = 0): void {
  for (let row = from; row < m.count; row++)
    rows.append(m.scales[row] as number, m.losses[row] as number, codesOf(m, row));
}

/** The bounds of every row, with sums by Math.imul: what scan.cc says, in other words. */
function expected(m: Made, k: number, left?: Uint8Array): Candidates {
  const { codes, step, length, lost, widest, rounding } = m.query;
  const all = Array.from({ length: m.count }, (_, row) => {
    const dot = codesOf(m, row).reduce((sum, c, d) => (sum + Math.imul(c, codes[d] as number)) | 0, 0);
    const scale = m.scales[row] as number;
    const slack = length * (m.losses[row] as number) + lost * widest * scale + rounding * (1 + length);
    return { row, upper: step * scale * dot + slack, lower: step * scale * dot - slack };
  }).filter(({ row }) => left?.[row] !== 1);
  const least = all.map((x) => x.lower).sort((a, b) => b - a)[k - 1] ?? -Infinity;
  const kept = all.filter((x) => x.upper >= least).sort((a, b) => b.upper - a.upper || a.row - b.row);
  return { rows: Uint32Array.from(kept, (x) => x.row), upper: Float64Array.from(kept, (x) => x.upper) };
}

/** Writes the rows as blocks behind `at` bytes of something else. */
function write(m: Made, at: number): { path: string; checksums: Uint32Array } {
  const path = join(folder, `rows-${Math.random()}`);
  const parts = [Buffer.alloc(at, 7)];
  const checksums = [];
  for (let from = 0; from < m.count; from += BLOCK) {
    const to = Math.min(m.count, from + BLOCK);
    const block = Buffer.concat(
      [m.scales.slice(from, to), m.losses.slice(from, to), m.codes.slice(from * m.width, to * m.width)].map(
        (x) => new Uint8Array(x.buffer),
      ),
    );
    checksums.push(crc32(block));
    parts.push(block);
  }
  writeFileSync(path, Buffer.concat(parts));
  return { path, checksums: Uint32Array.from(checksums) };
}

const SHAPES = [
  [1, 0, 3],
  [1, 1, 1],
  [7, 300, 5],
  [16, 4095, 50],
  [33, 4096, 1],
  [48, 5000, 50],
  [100, 4097, 5000],
  [257, 900, 7],
  [512, 1300, 50],
  [1023, 400, 10],
  [1024, 350, 400],
] as const;

describe('the scan', () => {
  it('lists its paths, the reference last', () => {
    expect(scan.paths.at(-1)).toBe('reference');
    if (process.arch === 'arm64') expect(scan.paths[0]).toBe('neon');
  });

  it.each(SHAPES)(
    'gives the same bits on every path, thread count and scan (%i dims, %i rows, k %i)',
    async (dims, count, k) => {
      const m = random(dims, count, dims + count);
      const draw = whole(count + 1);
      const left = Uint8Array.from({ length: count }, () => (draw() % 7 === 0 ? 1 : 0));
      const file = write(m, 4096);
      const wasm = wasmRows(m.width);
      fill(wasm, m);
      for (const out of [undefined, left]) {
        const wanted = expected(m, k, out);
        if (count > 0) expect(wanted.rows.length).toBeGreaterThan(0);
        expect(await wasm.candidates(m.query, k, out)).toEqual(wanted);
        for (const path of scan.paths)
          for (const threads of [1, 64]) {
            const added = scan.rows(m.width, { path, threads });
            fill(added, m);
            expect(await added.search(m.query, k, out)).toEqual(wanted);
            const mapped = scan.rows(m.width, { path, threads });
            mapped.open(file.path, 4096, count, file.checksums);
            expect(await mapped.search(m.query, k, out)).toEqual(wanted);
            expect(mapped.bytes).toBe(0);
          }
      }
    },
  );

  it('wraps as 32 bits do, on every path', async () => {
    const m = random(1024, 20, 1);
    m.codes.fill(-128);
    m.query.codes.fill(-32_768);
    const wanted = expected(m, 20);
    for (const path of scan.paths) {
      const rows = scan.rows(m.width, { path });
      fill(rows, m);
      expect(await rows.search(m.query, 20)).toEqual(wanted);
    }
  });

  it('finds rows that came after those of the file, and gives every block back', async () => {
    const m = random(20, 9000, 3);
    const first: Made = { ...m, count: 5000 };
    const file = write(first, 12);
    const rows = scan.rows(m.width);
    rows.open(file.path, 12, 5000, file.checksums);
    fill(rows, m, 5000);
    expect(rows.rows).toBe(9000);
    expect(await rows.search(m.query, 30)).toEqual(expected(m, 30));
    const codes = Array.from({ length: rows.blocks }, (_, i) => {
      const block = rows.block(i);
      return block.subarray((8 * block.length) / (8 + m.width));
    });
    expect(Buffer.concat(codes).equals(new Uint8Array(m.codes.buffer))).toBe(true);
  });

  it('goes on while it is closed and rows are added, and searches of closed rows are refused', async () => {
    const m = random(512, 5000, 4);
    const file = write(m, 4096);
    const rows = scan.rows(m.width);
    rows.open(file.path, 4096, m.count, file.checksums);
    const running = rows.search(m.query, 10);
    // Behind the first: it has not begun when the rows are closed.
    const waiting = expect(rows.search(m.query, 10)).rejects.toMatchObject({ code: 'invalid_input' });
    await Promise.resolve();
    fill(rows, m, 4000);
    rows.close();
    unlinkSync(file.path);
    expect(await running).toEqual(expected(m, 10));
    await waiting;
    expect(() => rows.blocks).toThrow(/closed/);
  });

  it('does not hold the event loop', async () => {
    const m = random(1024, 4096, 5);
    const rows = scan.rows(m.width, { path: 'reference', threads: 1 });
    for (let i = 0; i < 6; i++) fill(rows, m);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await rows.search(m.query, 10);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('a file of rows', () => {
  const m = random(40, 9000, 6);
  const opened = () => {
    const file = write(m, 4096);
    const rows = scan.rows(m.width);
    rows.open(file.path, 4096, m.count, file.checksums);
    return { ...file, rows };
  };

  it('that is not there, empty, a folder, a pipe, too short or of other blocks is refused', () => {
    const { path, checksums } = write(m, 4096);
    const refused = (code: string, file: string, at = 4096, count = m.count, sums = checksums): void => {
      const rows = scan.rows(m.width);
      expect(() => rows.open(file, at, count, sums)).toThrow(expect.objectContaining({ code }) as Error);
      expect(rows.rows).toBe(0);
    };
    refused('not_found', join(folder, 'missing'));
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    refused('empty_file', empty);
    mkdirSync(join(folder, 'folder'));
    refused('not_a_regular_file', join(folder, 'folder'));
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      refused('not_a_regular_file', join(folder, 'pipe'));
    }
    refused('truncated', path, 4096, m.count + 1);
    refused('truncated', path, 4097);
    refused('truncated', path, 2 ** 52);
    refused('truncated', path, 4096, 2 ** 52);
    refused('bad_header', path, 4096, m.count, checksums.slice(1));
    refused('invalid_input', path, -4);
    refused('invalid_input', '');
  });

  it('whose name is taken away goes on', async () => {
    const { path, rows } = opened();
    unlinkSync(path);
    expect(await rows.search(m.query, 5)).toEqual(expected(m, 5));
  });

  it('that is cut short after it was opened is an error, before and after its blocks were checked', async () => {
    const { path, rows } = opened();
    const before = opened();
    await rows.search(m.query, 5);
    for (const cut of [{ path, rows }, before]) {
      truncateSync(cut.path, 4096 + 4096 * (m.width + 8) + 17);
      await expect(cut.rows.search(m.query, 5)).rejects.toMatchObject({ code: 'truncated' });
      expect(() => cut.rows.block(1)).toThrow(expect.objectContaining({ code: 'truncated' }) as Error);
      // The first block is still there.
      expect(cut.rows.block(0)).toHaveLength(4096 * (m.width + 8));
    }
  });

  it('with any flipped bit is an error of the first search', async () => {
    const draw = whole(9);
    for (let i = 0; i < 20; i++) {
      const { path, checksums } = write(m, 4096);
      const at = 4096 + (i === 0 ? m.count * (m.width + 8) - 1 : draw() % (m.count * (m.width + 8)));
      const bytes = readFileSync(path);
      bytes[at] = (bytes[at] as number) ^ (1 << (draw() % 8));
      writeFileSync(path, bytes);
      const rows = scan.rows(m.width);
      rows.open(path, 4096, m.count, checksums);
      await expect(rows.search(m.query, 5)).rejects.toMatchObject({ code: 'hash_mismatch' });
    }
  });
});

it('wrong arguments are an error with a code', async () => {
  const rows = scan.rows(32);
  const m = random(32, 3, 7);
  fill(rows, m);
  expect(() => scan.rows(17)).toThrow(/multiple of 16/);
  expect(() => scan.rows(32, { path: 'no such' })).toThrow(/no path "no such"/);
  expect(() => rows.append(1, 1, new Int8Array(31))).toThrow(/32 codes/);
  expect(() => rows.block(1)).toThrow(/no such block/);
  const short = { ...m.query, codes: new Int16Array(16) };
  await expect(rows.search(short, 1)).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(rows.search({ ...m.query, step: NaN }, 1)).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(rows.search(m.query, 0)).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(rows.search(m.query, 1, new Uint8Array(4))).rejects.toMatchObject({ code: 'invalid_input' });
  expect((await rows.search(m.query, 1, new Uint8Array(2))).rows.length).toBeGreaterThan(0);
});
