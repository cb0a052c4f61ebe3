import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage } from '../../../../main/page/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('readPage', () => {
  it('lists the page and what lies below static, with types, and nothing else', async () => {
    await mkdir(join(folder, 'static/deep'), { recursive: true });
    await writeFile(join(folder, 'index.html'), 'page');
    await writeFile(join(folder, 'private.txt'), 'no');
    await writeFile(join(folder, 'static/a-1.js'), 'js');
    await writeFile(join(folder, 'static/deep/b.css'), 'css');
    await writeFile(join(folder, 'static/odd.exe'), 'no');
    await symlink(join(folder, 'private.txt'), join(folder, 'static/link.txt'));
    const files = await readPage(folder);
    expect(Object.fromEntries([...files].map(([address, { type }]) => [address, type]))).toEqual({
      '/': 'text/html; charset=utf-8',
      '/static/a-1.js': 'text/javascript; charset=utf-8',
      '/static/deep/b.css': 'text/css; charset=utf-8',
    });
    expect(files.get('/static/a-1.js')?.bytes.toString()).toBe('js');
  });

  it('says what to do when the page is not built', async () => {
    await expect(readPage(folder)).rejects.toMatchObject({ code: 'not_found' });
    await expect(readPage(join(folder, 'missing'))).rejects.toThrow(/npm run build/);
  });
});
