import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIndex, writeIndex } from '../../../../../main/services/catalog/index-file.ts';
import { int8Index } from '../../../../../main/services/catalog/int8-index.ts';
import type { Int8Index } from '../../../../../main/services/catalog/int8-index.ts';

const DIMS = 24;
const about = { encoder: 'e'.repeat(64), dims: DIMS, changes: 7 };
let folder: string;
let path: string;
const kept = new Map<string, Float32Array>();
const empty = (): Int8Index => int8Index(DIMS, (id) => kept.get(id) as Float32Array);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-index-'));
  path = join(folder, 'index.bin');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function filled(n: number): Int8Index {
  let state = 11;
  const draw = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const made = empty();
  for (let i = 0; i < n; i++) {
    const x = Float32Array.from({ length: DIMS }, () => draw() - 0.5);
    const norm = Math.hypot(...x);
    const id = i.toString(16).padStart(64, '0');
    kept.set(
      id,
      x.map((v) => v / norm),
    );
    made.add(id, kept.get(id) as Float32Array);
  }
  return made;
}

describe('the file of an index', () => {
  it('gives the same answers, takes dims + 8 bytes an image beside the ids, and can be added to', () => {
    const made = filled(1000);
    writeIndex(path, made, about);
    expect(statSync(path).size).toBe(4096 + 1000 * (32 + 8 + 32));
    const read = empty();
    expect(readIndex(path, read, about)).toBe(true);
    const query = kept.get((77).toString(16).padStart(64, '0')) as Float32Array;
    expect(read.search(query, 20)).toEqual(made.search(query, 20));
    read.remove((77).toString(16).padStart(64, '0'));
    made.remove((77).toString(16).padStart(64, '0'));
    expect(read.search(query, 20)).toEqual(made.search(query, 20));
    expect(read.size).toBe(999);
  });

  it('does not count when the vectors have changed, for another encoder, cut off, or with a flipped bit', () => {
    writeIndex(path, filled(200), about);
    const good = readFileSync(path);
    const refused = (change: object = {}): void => {
      const read = empty();
      expect(readIndex(path, read, { ...about, ...change })).toBe(false);
      expect(read.size).toBe(0);
      expect(read.search(new Float32Array(DIMS).fill(0.2), 3)).toEqual([]);
    };
    refused({ changes: 8 });
    refused({ encoder: 'f'.repeat(64) });
    refused({ dims: 32 });
    truncateSync(path, good.length - 1);
    refused();
    const flipped = Buffer.from(good);
    flipped[good.length - 100] = (flipped[good.length - 100] as number) ^ 4;
    writeFileSync(path, flipped);
    refused();
    writeFileSync(path, 'no index at all');
    refused();
    rmSync(path);
    refused();
    writeFileSync(path, good);
    expect(readIndex(path, empty(), about)).toBe(true);
  });
});
