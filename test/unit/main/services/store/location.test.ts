/** What is said about a bad place for the data folder, before anything is written there. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertWritable, placeProblems } from '../../../../../main/services/store/index.ts';
import type { System } from '../../../../../main/services/store/index.ts';

const MOUNTS = [
  '/dev/sda1 / ext4 rw 0 0',
  'server:/home /home nfs4 rw 0 0',
  '/dev/sdb1 /home/ann/disk ext4 rw 0 0',
  '//nas/pictures /mnt/my\\040nas cifs rw 0 0',
  'remote: /mnt/remote fuse.rclone rw 0 0',
  'fuse /mnt/own fuse.ext4 rw 0 0',
].join('\n');
const system = (change: Partial<System> = {}): System => ({
  platform: 'linux',
  mounts: () => MOUNTS,
  exists: () => false,
  free: () => Promise.resolve(2 ** 40),
  writable: () => Promise.resolve(true),
  ...change,
});
const kinds = async (folder: string, change: Partial<System> = {}): Promise<string[]> =>
  (await placeProblems(folder, system(change))).map((p) => p.kind);

describe('the place of a data folder', () => {
  it('is told to be a network disk by the file system it lies on, and by a share of Windows', async () => {
    expect(await kinds('/home/ann/.local/share/accent')).toEqual(['network']);
    expect(await kinds('/home/ann/disk/accent')).toEqual([]);
    expect(await kinds('/mnt/my nas/accent')).toEqual(['network']);
    expect(await kinds('/mnt/remote')).toEqual(['network']);
    expect(await kinds('/mnt/remotely')).toEqual([]);
    expect(await kinds('/mnt/own/accent')).toEqual([]);
    expect(await kinds('\\\\nas\\accent', { platform: 'win32', mounts: () => null })).toContain('network');
    const [problem] = await placeProblems('/home/ann/accent', system());
    expect(problem?.message).toMatch(/network disk \(nfs4\).*Move it/);
  });

  it('is told to be synchronised by the name of a folder above it, or by what lies there', async () => {
    for (const name of ['Dropbox', 'OneDrive - Company', 'Google Drive', 'Nextcloud', 'com~apple~CloudDocs'])
      expect(await kinds(`/data/${name}/accent`)).toEqual(['synchronised']);
    for (const name of ['Boxes', 'Dropboxes', 'my-onedrives'])
      expect(await kinds(`/data/${name}/x`)).toEqual([]);
    expect(await kinds('/data/shared/a/b', { exists: (p) => p === '/data/shared/.stfolder' })).toEqual([
      'synchronised',
    ]);
  });

  it('is told to be nearly full, and nothing is made up where that cannot be asked', async () => {
    expect(await kinds('/data', { free: () => Promise.resolve(100 * 2 ** 20) })).toEqual(['nearly_full']);
    expect(await kinds('/data', { free: () => Promise.reject(new Error('no')), mounts: () => null })).toEqual(
      [],
    );
  });

  it('is told when it cannot be written any more, before all else', async () => {
    expect(await kinds('/home/ann/x', { writable: () => Promise.resolve(false) })).toEqual([
      'read_only',
      'network',
    ]);
  });

  it('names file system, program and room, and no path', async () => {
    const [network] = await placeProblems('/home/ann/accent', system());
    expect(network).toMatchObject({ kind: 'network', name: 'nfs4', free: null });
    const [synchronised] = await placeProblems('/data/Dropbox/accent', system());
    expect(synchronised).toMatchObject({ name: 'Dropbox', free: null });
    const [full] = await placeProblems('/data', system({ free: () => Promise.resolve(1000) }));
    expect(full).toMatchObject({ kind: 'nearly_full', name: null, free: 1000 });
  });

  it('says nothing about an ordinary folder of this machine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'accent-place-'));
    try {
      expect((await placeProblems(folder)).filter((p) => p.kind === 'synchronised')).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a data folder that cannot be written', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'accent-place-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is refused by name where a file stands in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'home')])
      expect(() => {
        assertWritable(path);
      }).toThrow(
        expect.objectContaining({ code: 'io_error', message: expect.stringContaining(path) as string }),
      );
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0)('is refused where the permissions forbid it', () => {
    mkdirSync(join(folder, 'home'));
    chmodSync(join(folder, 'home'), 0o500);
    expect(() => {
      assertWritable(join(folder, 'home'));
    }).toThrow(expect.objectContaining({ code: 'permission_denied' }));
    chmodSync(join(folder, 'home'), 0o700);
  });

  it('is made where it is missing, and otherwise left as it is', () => {
    assertWritable(join(folder, 'new', 'home'));
    expect(readdirSync(join(folder, 'new'))).toEqual(['home']);
    writeFileSync(join(folder, 'new', 'home', 'x'), '');
    assertWritable(join(folder, 'new', 'home'));
    expect(readdirSync(join(folder, 'new', 'home'))).toEqual(['x']);
  });
});
