import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomic } from '../../../../main/files.ts';
import { makeSettings } from '../../../../main/services/settings/index.ts';
import { idle } from '../../../support/host.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('atomic writes', () => {
  it('replace a file as a whole, and leave nothing else', async () => {
    const path = join(folder, 'x');
    await Promise.all(['a', 'b', 'c'].map((c) => writeAtomic(path, c.repeat(100_000))));
    expect(readFileSync(path, 'utf8')).toMatch(/^(a{100000}|b{100000}|c{100000})$/);
    expect(readdirSync(folder)).toEqual(['x']);
  });

  it('leave the old file and no rest when they fail', async () => {
    const path = join(folder, 'taken');
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), 'old');
    await expect(writeAtomic(path, 'new')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(readFileSync(join(path, 'inside'), 'utf8')).toBe('old');
  });
});

describe('settings', () => {
  const path = (): string => join(folder, 'settings.json');

  it('have defaults without a file, and keep a change', async () => {
    const settings = makeSettings(path());
    expect(await settings.current()).toMatchObject({ packId: null, source: 'prior', compare: true });
    await settings.service.set({ source: 'retrieval', steps: 20 }, idle);
    expect(await makeSettings(path()).current()).toMatchObject({
      source: 'retrieval',
      steps: 20,
      compare: true,
    });
    await settings.service.set({ steps: null }, idle);
    expect(await settings.current()).toMatchObject({ source: 'retrieval', steps: null });
  });

  it('name the field of a damaged file, and never write over it', async () => {
    writeFileSync(path(), '{"steps": -3}');
    const settings = makeSettings(path());
    await expect(settings.current()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/steps.*1 to 1000/) as string,
    });
    await expect((async () => settings.service.set({ compare: false }, idle))()).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect(readFileSync(path(), 'utf8')).toBe('{"steps": -3}');
    writeFileSync(path(), 'steps: 3');
    await expect(settings.current()).rejects.toMatchObject({
      message: expect.stringContaining('not JSON') as string,
    });
  });
});
