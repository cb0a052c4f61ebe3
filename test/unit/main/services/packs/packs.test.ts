import { createHash } from 'node:crypto';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePacks } from '../../../../../main/services/packs/index.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-packs-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('packs', () => {
  it('are found in their folders, the first of an id wins, other folders are none', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    writeTinyPack(one, { manifest: (m) => ({ ...m, name: 'From one' }) });
    writeTinyPack(two, { manifest: (m) => ({ ...m, name: 'From two' }) });
    writeTinyPack(two, { id: 'judge', channels: 3 });
    mkdirSync(join(one, 'sample'));
    writeFileSync(join(one, 'README.md'), 'x');
    const packs = makePacks([one, two, join(folder, 'absent')]);
    const { packs: found, refused } = await packs.list();
    expect(found.map((p) => [p.packId, p.name, p.role])).toEqual([
      ['tiny', 'From one', 'generation'],
      ['judge', 'Tiny', 'evaluation'],
    ]);
    expect(refused).toEqual([]);
    const { folder: at, manifest } = await packs.get('tiny');
    expect(at).toBe(join(one, 'tiny'));
    const bytes = Object.values(manifest.parts).reduce((s, p) => s + (p?.bytes ?? 0), manifest.golden.bytes);
    expect(found[0]?.bytes).toBe(bytes);
    await expect(packs.get('absent')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('tiny, judge') as string,
    });
  });

  it('may be named by their own folder, whose neighbours are not looked at', async () => {
    writeTinyPack(folder, { id: 'beside' });
    writeTinyPack(folder, { manifest: (m) => ({ ...m, name: 'The named one' }) });
    const other = join(folder, 'other');
    writeTinyPack(other, { manifest: (m) => ({ ...m, name: 'From another folder' }) });
    const packs = makePacks([join(folder, 'tiny'), other]);
    expect((await packs.list()).packs.map((p) => [p.packId, p.name])).toEqual([['tiny', 'The named one']]);
    expect((await packs.get('tiny')).folder).toBe(join(folder, 'tiny'));
  });

  it.each([
    ['a newer schema', (m: object) => ({ ...m, schema: 2 }), /schema/],
    ['an unknown field', (m: object) => ({ ...m, script: 'run.sh' }), /script/],
    [
      'a file outside the pack',
      (m: { golden: object }) => ({ ...m, golden: { ...m.golden, file: '../x' } }),
      /golden\.file/,
    ],
    [
      'six channels missing',
      (m: { denoiser: object }) => ({ ...m, denoiser: { ...m.denoiser, channels: 3 } }),
      /denoiser\.channels/,
    ],
  ])('%s is refused with the field', async (_, change, message) => {
    writeTinyPack(folder, { id: 'odd', manifest: change });
    writeTinyPack(folder);
    const { packs: found, refused } = await makePacks([folder]).list();
    expect(found.map((p) => p.packId)).toEqual(['tiny']);
    expect(refused).toMatchObject([
      { folder: 'odd', error: { code: 'bad_manifest', message: expect.stringMatching(message) as string } },
    ]);
    expect(refused[0]?.error.details).toMatchObject({ reason: 'manifest_misfit' });
  });

  it('a manifest that is no JSON is refused', async () => {
    mkdirSync(join(folder, 'torn'));
    writeFileSync(join(folder, 'torn', 'manifest.json'), '{"format": "acc');
    expect((await makePacks([folder]).list()).refused[0]?.error).toMatchObject({ code: 'bad_manifest' });
  });

  it.each(['denoiser.onnx', 'encoder.safetensors', 'golden.safetensors', 'tokenizer.json'])(
    'a changed byte of %s is found',
    async (file) => {
      const pack = writeTinyPack(folder);
      const path = join(pack.folder, file);
      const bytes = readFileSync(path);
      const place = bytes.length >> 1;
      bytes[place] = (bytes[place] as number) ^ 1;
      writeFileSync(path, bytes);
      await expect(makePacks([folder]).get('tiny')).rejects.toMatchObject({
        code: 'hash_mismatch',
        message: expect.stringContaining(file) as string,
      });
    },
  );

  it('a longer, a missing and a linked file are found', async () => {
    const pack = writeTinyPack(folder);
    const prior = join(pack.folder, 'prior.onnx');
    const before = readFileSync(prior);
    appendFileSync(prior, 'x');
    await expect(makePacks([folder]).get('tiny')).rejects.toMatchObject({ code: 'hash_mismatch' });
    renameSync(prior, join(folder, 'elsewhere'));
    await expect(makePacks([folder]).get('tiny')).rejects.toMatchObject({ code: 'part_missing' });
    writeFileSync(join(folder, 'elsewhere'), before);
    if (process.platform !== 'win32') {
      symlinkSync(join(folder, 'elsewhere'), prior);
      await expect(makePacks([folder]).get('tiny')).rejects.toMatchObject({ code: 'external_data' });
      rmSync(prior);
    }
    linkSync(join(folder, 'elsewhere'), prior);
    await expect(makePacks([folder]).get('tiny')).rejects.toMatchObject({ code: 'external_data' });
  });

  it('are checked again after a repair, and only once while they are whole', async () => {
    const pack = writeTinyPack(folder);
    const packs = makePacks([folder]);
    const prior = join(pack.folder, 'prior.onnx');
    const good = readFileSync(prior);
    writeFileSync(prior, 'broken');
    await expect(packs.get('tiny')).rejects.toMatchObject({ code: 'hash_mismatch' });
    writeFileSync(prior, good);
    const first = await packs.get('tiny');
    expect(await packs.get('tiny')).toBe(first);
    expect(first.manifest.parts.prior?.sha256).toBe(createHash('sha256').update(good).digest('hex'));
  });
});
