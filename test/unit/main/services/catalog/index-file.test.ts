import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exactIndex, nativeRows } from '../../../../../main/services/catalog/index.ts';
import type { MakeRows } from '../../../../../main/services/catalog/index.ts';
import { readIndex, writeIndex } from '../../../../../main/services/catalog/index-file.ts';
import { int8Index } from '../../../../../main/services/catalog/int8-index.ts';
import type { Int8Index } from '../../../../../main/services/catalog/int8-index.ts';
import { wasmRows } from '../../../../../main/services/catalog/scan-wasm.ts';
import { kernel } from '../../../../native/support.ts';

const DIMS = 24;
const about = { encoder: 'e'.repeat(64), dims: DIMS, changes: 7 };
let folder: string;
let path: string;
const idOf = (n: number): string => createHash('sha256').update(String(n)).digest('hex');
const kept = new Map<string, Float32Array>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-index-'));
  path = join(folder, 'index.bin');
});
afterEach(() => {
  kept.clear();
  rmSync(folder, { recursive: true, force: true });
});

/** With n vectors, the same ones each time. */
function filled(made: Int8Index, n: number): Int8Index {
  let state = 11;
  const draw = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < n; i++) {
    const x = Float32Array.from({ length: DIMS }, () => draw() - 0.5);
    const norm = Math.hypot(...x);
    const id = idOf(i);
    kept.set(
      id,
      x.map((v) => v / norm),
    );
    made.add(id, kept.get(id) as Float32Array);
  }
  return made;
}

const query = (): Float32Array => kept.get(idOf(77)) as Float32Array;
const all = function* () {
  for (const [id, vector] of kept) yield { id, vector };
};
/** Bytes of the file of n images at 24 dims: header, ids, codes with scales and losses, one checksum a block. */
const fileBytes = (n: number): number =>
  4096 + Math.ceil((n * 32) / 4096) * 4096 + n * (8 + 32) + Math.ceil(n / 4096) * 4;

const scans: [string, MakeRows][] = [
  ['WebAssembly', wasmRows],
  ['the native scan', nativeRows((width) => kernel().scan.rows(width))],
];

describe.each(scans)('the file of an index over %s', (_, rows) => {
  const empty = (): Int8Index => int8Index(DIMS, (id) => kept.get(id) as Float32Array, { rows });

  it('gives the same answers, takes dims + 8 bytes an image beside the ids, and can be added to', async () => {
    const made = filled(empty(), 1000);
    writeIndex(path, made, about);
    expect(statSync(path).size).toBe(fileBytes(1000));
    const read = empty();
    expect(readIndex(path, read, about)).toBe(true);
    expect(await read.search(query(), 20)).toEqual(await made.search(query(), 20));
    read.remove(idOf(77));
    made.remove(idOf(77));
    expect(await read.search(query(), 20)).toEqual(await made.search(query(), 20));
    expect(read.size).toBe(999);
  });

  it('of many blocks is written again from what was read, added, replaced and removed', async () => {
    let made = filled(empty(), 9000);
    const scan = exactIndex(DIMS);
    for (const { id, vector } of all()) scan.add(id, vector);
    for (let round = 0; round < 3; round++) {
      for (let n = round; n < 5000; n += 2) {
        const replaced = kept.get(idOf((n * 7) % 9000)) as Float32Array;
        if (n % 3 === 0) for (const index of [made, scan]) index.remove(idOf(n));
        else {
          kept.set(idOf(n), replaced);
          for (const index of [made, scan]) index.add(idOf(n), replaced);
        }
      }
      writeIndex(path, made, about);
      expect(statSync(path).size).toBe(fileBytes(scan.size));
      const read = empty();
      expect(readIndex(path, read, about)).toBe(true);
      expect(read.size).toBe(scan.size);
      for (const index of [made, read])
        expect(await index.search(query(), 30)).toEqual(scan.search(query(), 30));
      // The next round works on the file of this one.
      made = read;
    }
  });

  it('does not count when the vectors have changed, for another encoder, cut off, damaged, or no index', async () => {
    writeIndex(path, filled(empty(), 200), about);
    const good = readFileSync(path);
    const refused = async (change: object = {}): Promise<void> => {
      const read = empty();
      expect(readIndex(path, read, { ...about, ...change })).toBe(false);
      expect(read.size).toBe(0);
      expect(await read.search(new Float32Array(DIMS).fill(0.2), 3)).toEqual([]);
    };
    await refused({ changes: 8 });
    await refused({ encoder: 'f'.repeat(64) });
    await refused({ dims: 32 });
    truncateSync(path, good.length - 1);
    await refused();
    // A bit of the ids, of the table of checksums, of the header's size.
    for (const at of [4096 + 3000, good.length - 2, good.indexOf('"size":200') + 7]) {
      const flipped = Buffer.from(good);
      flipped[at] = (flipped[at] as number) ^ 4;
      writeFileSync(path, flipped);
      await refused();
    }
    writeFileSync(path, 'no index at all');
    await refused();
    writeFileSync(path, '');
    await refused();
    rmSync(path);
    await refused();
    execFileSync('mkfifo', [path]);
    await refused();
    rmSync(path);
    writeFileSync(path, good);
    expect(readIndex(path, empty(), about)).toBe(true);
  });

  it('whose codes are damaged gives no answer from them: it is refused, or made again at the first search', async () => {
    const made = filled(empty(), 6000);
    writeIndex(path, made, about);
    const wanted = await made.search(query(), 20);
    const good = readFileSync(path);
    for (const at of [good.length - 100, 4096 + Math.ceil((6000 * 32) / 4096) * 4096, good.length - 60_000]) {
      const flipped = Buffer.from(good);
      flipped[at] = (flipped[at] as number) ^ 64;
      writeFileSync(path, flipped);
      const bare = empty();
      if (readIndex(path, bare, about))
        await expect(bare.search(query(), 20)).rejects.toMatchObject({ code: 'catalog_damaged' });
      const mended = int8Index(DIMS, (id) => kept.get(id) as Float32Array, { rows, all });
      readIndex(path, mended, about);
      if (mended.size === 0) continue;
      // Removing, adding and two searches at once, all before anything was checked.
      mended.remove('f'.repeat(64));
      const both = await Promise.all([mended.search(query(), 20), mended.search(query(), 20)]);
      expect(both).toEqual([wanted, wanted]);
      expect(mended.size).toBe(6000);
      // It can be kept again; a damaged one cannot.
      writeIndex(path, mended, about);
      expect(readFileSync(path).length).toBe(good.length);
      writeFileSync(path, flipped);
      expect(readIndex(path, bare, about)).toBe(true);
      expect(() => {
        writeIndex(path, bare, about);
      }).toThrow(/damaged/);
      expect(readFileSync(path).equals(flipped)).toBe(true);
    }
  });

  it('that vanishes while it is open goes on serving, one that is cut then is made again', async () => {
    writeIndex(path, filled(empty(), 6000), about);
    const wanted = await filled(empty(), 6000).search(query(), 20);
    const open = (): Int8Index => {
      const read = int8Index(DIMS, (id) => kept.get(id) as Float32Array, { rows, all });
      expect(readIndex(path, read, about)).toBe(true);
      return read;
    };
    const [vanished, cut] = [open(), open()];
    expect(await cut.search(query(), 20)).toEqual(wanted);
    truncateSync(path, 300_000);
    expect(await cut.search(query(), 20)).toEqual(wanted);
    expect(cut.size).toBe(6000);
    unlinkSync(path);
    expect(await vanished.search(query(), 20)).toEqual(wanted);
  });
});

describe('removals during a scan', () => {
  it('are never in its answer, and it is as long as was asked for', async () => {
    const rows = nativeRows((width) => kernel().scan.rows(width));
    const made = filled(
      int8Index(DIMS, (id) => kept.get(id) as Float32Array, { rows }),
      9000,
    );
    const first = await made.search(query(), 30);
    const running = made.search(query(), 30);
    for (const { id } of first.slice(0, 10)) made.remove(id);
    const after = await running;
    expect(after).toHaveLength(30);
    expect(after.slice(0, 20)).toEqual(first.slice(10));
    expect(await made.search(query(), 30)).toEqual(after);
  });

  it('of most rows copy those that are left', async () => {
    const rows = nativeRows((width) => kernel().scan.rows(width));
    const made = filled(
      int8Index(DIMS, (id) => kept.get(id) as Float32Array, { rows }),
      20_000,
    );
    const before = made.bytes;
    const ids = new Set([...kept.keys()].slice(0, 15_000));
    const running = made.search(query(), 10);
    for (const id of ids) made.remove(id);
    expect(made.size).toBe(5000);
    expect(made.bytes).toBeLessThan(before / 1.5);
    expect(await running).toEqual(await made.search(query(), 10));
    const scan = exactIndex(DIMS);
    for (const { id, vector } of all()) if (!ids.has(id)) scan.add(id, vector);
    expect(await made.search(query(), 10)).toEqual(scan.search(query(), 10));
  });
});
