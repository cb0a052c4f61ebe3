/** The user's files after everything that a studio does (T29, T7): the same bytes, times and inodes, and no try to change them. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jpegOf, pngOf } from '../../../../support/images.ts';
import { changesBelow, noTrace, readsBelow, trace } from '../../../../support/system-calls.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

const JOURNEY = fileURLToPath(new URL('../../../../support/originals-journey.ts', import.meta.url));
const IMAGES = 48;
/** What the journey must have done; a step that did nothing would prove nothing. */
const DONE = {
  imported: IMAGES,
  skipped: 4,
  hits: 50,
  alike: 5,
  results: 'done',
  purged: 1,
  removed: 1,
  whole: true,
  unchanged: IMAGES,
  forgotten: IMAGES - 1,
  left: 2,
};

let parent: string;
let users: string;
let pictures: string;
let second: string;
let packs: string;
beforeAll(async () => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), 'accent-originals-')));
  users = join(parent, "user's files");
  [pictures, second, packs] = [join(users, 'pictures'), join(users, 'second'), join(parent, 'packs')];
  for (const folder of [join(pictures, 'deep', 'er'), second, packs]) mkdirSync(folder, { recursive: true });
  writeTinyPack(packs);
  for (let i = 0; i < IMAGES; i++) {
    const make = i % 2 ? jpegOf : pngOf;
    const path = join(pictures, i % 3 ? 'deep' : '', `${i}.${i % 2 ? 'jpg' : 'png'}`);
    writeFileSync(path, await make([(i * 37) % 250, (i * 11) % 250, 250 - i * 5]));
    utimesSync(path, 1e9 + i, 1e9 + i);
  }
  writeFileSync(join(pictures, 'deep', '1.txt'), 'a caption');
  writeFileSync(join(pictures, 'deep', 'er', 'broken.jpg'), (await jpegOf([9, 9, 9])).subarray(0, 200));
  writeFileSync(join(pictures, 'deep', 'er', 'empty.png'), '');
  writeFileSync(join(pictures, 'deep', 'er', 'words.webp'), 'no picture');
  symlinkSync('0.png', join(pictures, 'link.png'));
  for (const name of ['x', 'y'])
    writeFileSync(join(second, `${name}.png`), await pngOf([name.charCodeAt(0), 3, 90]));
});
afterAll(() => {
  rmSync(parent, { recursive: true, force: true });
});

/** Everything that a program could change of a tree; not the access times, which reading moves. */
function state(folder: string): unknown[] {
  const all = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()];
  return all.map((name) => {
    const path = join(folder, name);
    const s = lstatSync(path, { bigint: true });
    const bytes = s.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    return [name, s.ino, s.size, s.mtimeNs, s.ctimeNs, s.mode, s.uid, s.nlink, bytes].map(String);
  });
}

const why = noTrace();
if (why !== null)
  process.stderr.write(`The journey is not traced: ${why}. Only the files themselves are compared.\n`);

describe('a whole journey', () => {
  it('leaves bytes, times and inodes of the originals as they were, and opens none of them for writing', () => {
    const before = state(users);
    const args = [JOURNEY, join(parent, 'home'), packs, pictures, second];
    const { status, stdout, calls } =
      why === null
        ? trace(process.execPath, args)
        : { ...spawnSync(process.execPath, args, { encoding: 'utf8' }), calls: null };
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(DONE);
    expect(state(users)).toEqual(before);
    if (calls === null) return;
    expect(changesBelow(calls, users)).toEqual([]);
    // Each image was read at least once, and the studio's own folder was written: the trace saw both processes.
    expect(readsBelow(calls, pictures).length).toBeGreaterThan(IMAGES);
    expect(changesBelow(calls, join(parent, 'home')).length).toBeGreaterThan(IMAGES);
  });

  it.skipIf(why !== null)('would be told by the trace if it changed a file', () => {
    const folder = join(parent, 'control');
    mkdirSync(folder);
    const script = `const fs = require('node:fs'); const at = ${JSON.stringify(folder)};
      fs.writeFileSync(at + '/a', 'x'); fs.utimesSync(at + '/a', 1, 1); fs.renameSync(at + '/a', at + '/b');
      fs.openSync(at + '/b', 'r+'); fs.chmodSync(at + '/b', 0o600); fs.readFileSync(at + '/b'); fs.rmSync(at + '/b');`;
    const { calls } = trace(process.execPath, ['-e', script]);
    expect(changesBelow(calls, folder).map((c) => /^\d+ +(\w+)\(/.exec(c)?.[1])).toEqual([
      'openat',
      expect.stringMatching(/^utime/) as string,
      expect.stringMatching(/^rename/) as string,
      'openat',
      expect.stringMatching(/chmod/) as string,
      expect.stringMatching(/^unlink/) as string,
    ]);
    expect(readsBelow(calls, folder)).toHaveLength(1);
  });
});

describe('a folder that cannot be written', () => {
  let mounted: string;
  beforeEach(() => {
    mounted = join(parent, 'mounted');
    mkdirSync(mounted, { recursive: true });
  });
  afterEach(() => {
    spawnSync('umount', [mounted]);
  });
  const canMount = ((): boolean => {
    const at = mkdtempSync(join(tmpdir(), 'accent-mount-'));
    const ok = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at]).status === 0;
    if (ok) spawnSync('umount', [at]);
    rmSync(at, { recursive: true, force: true });
    return ok;
  })();

  // Nothing but a mount keeps root from writing, and only root can mount.
  it.skipIf(!canMount)('is all that a journey needs of the originals (read-only mount)', () => {
    expect(spawnSync('mount', ['--bind', users, mounted]).status).toBe(0);
    expect(spawnSync('mount', ['-o', 'remount,bind,ro', mounted]).status).toBe(0);
    expect(() => {
      writeFileSync(join(mounted, 'x'), '');
    }).toThrow(/EROFS/);
    const args = [
      JOURNEY,
      join(parent, 'home-read-only'),
      packs,
      join(mounted, 'pictures'),
      join(mounted, 'second'),
    ];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(DONE);
  });

  it.skipIf(process.getuid?.() === 0)('is all that a journey needs of the originals (permissions)', () => {
    const all = readdirSync(users, { recursive: true, encoding: 'utf8', withFileTypes: true });
    const paths = all
      .filter((e) => !e.isSymbolicLink())
      .map((e) => [join(e.parentPath, e.name), e.isDirectory()] as const);
    for (const [path, isFolder] of paths) chmodSync(path, isFolder ? 0o555 : 0o444);
    try {
      const args = [JOURNEY, join(parent, 'home-permissions'), packs, pictures, second];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual(DONE);
    } finally {
      for (const [path, isFolder] of paths) chmodSync(path, isFolder ? 0o755 : 0o644);
    }
  });
});
