import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { PackManifest } from '#contract';
import type { PortReport } from '#contract';
import { makeIntake, makePacks } from '../../../../../main/services/packs/index.ts';
import { writeTinyPack } from '../../../../support/tiny-pack.ts';

const live = { signal: new AbortController().signal };
const good: PortReport = {
  port: 'denoiser',
  chosen: { name: 'x', detail: '', goldenError: 0.2 },
  refused: [],
};
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-intake-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function rig(ports: PortReport[] = [good]) {
  const given = join(folder, 'given');
  writeTinyPack(given);
  const own = join(folder, 'own');
  const packs = makePacks([own], own);
  const released: string[] = [];
  const intake = makeIntake({
    packs,
    folder: own,
    inspect: async (packId) => {
      await packs.get(packId);
      return ports;
    },
    release: (packId) => void released.push(packId),
  });
  const manifest = v.parse(
    PackManifest,
    JSON.parse(readFileSync(join(given, 'tiny', 'manifest.json'), 'utf8')),
  );
  const bytesOf = (file: string): Uint8Array => readFileSync(join(given, 'tiny', file));
  /** Sends what is missing in pieces; `change` alters a file's bytes on the way. */
  async function send(
    change: (file: string, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes,
  ): Promise<void> {
    let { lacks } = await intake.take(manifest, live);
    for (let next = lacks[0]; next; next = lacks[0]) {
      const data = change(next.file, bytesOf(next.file)).subarray(next.from, next.from + 700);
      ({ lacks } = await intake.takeBytes({ packId: 'tiny', file: next.file, from: next.from, data }, live));
    }
  }
  return { packs, intake, manifest, send, released, own, bytesOf };
}
const message = (text: string) =>
  expect.objectContaining({ message: expect.stringContaining(text) as string }) as Error;

describe('an import', () => {
  it('takes a pack in pieces, goes on after a break, checks it and installs it whole', async () => {
    const { packs, intake, manifest, send, own, bytesOf } = rig();
    const { lacks } = await intake.take(manifest, live);
    const { file } = manifest.parts.denoiser;
    expect(lacks).toContainEqual({ file, from: 0, bytes: manifest.parts.denoiser.bytes });
    expect(lacks.at(-1)).toEqual({ file: manifest.card.file, from: 0, bytes: null });
    const piece = { packId: 'tiny', file, from: 0, data: bytesOf(file).subarray(0, 100) };
    await intake.takeBytes(piece, live);
    await expect(intake.takeBytes(piece, live)).rejects.toEqual(message('from 100 on, got those from 0'));
    await expect(intake.install({ packId: 'tiny' }, live)).rejects.toMatchObject({ code: 'part_missing' });
    expect((await intake.take(manifest, live)).lacks.find((one) => one.file === file)?.from).toBe(100);
    expect((await packs.list()).packs).toEqual([]);
    await send();
    expect(await intake.install({ packId: 'tiny' }, live)).toMatchObject({ packId: 'tiny', removable: true });
    expect(readdirSync(join(own, 'tiny'))).toContain(manifest.card.file);
    expect((await packs.verify('tiny')).map(({ error }) => error)).not.toContainEqual(expect.anything());
    expect(await packs.card('tiny')).not.toBe('');
    await expect(intake.take(manifest, live)).rejects.toEqual(message('installed already'));
  });

  it.each([
    [
      'a part is another file',
      (file: string, b: Uint8Array) => (file.includes('denoiser') ? b.map((x) => x ^ 1) : b),
      'hash_mismatch',
    ],
    [
      'a part is larger',
      (file: string, b: Uint8Array) => (file.includes('denoiser') ? Buffer.concat([b, b]) : b),
      'too_large',
    ],
  ])('keeps nothing that runs where %s', async (_, change, code) => {
    const { packs, intake, send, own } = rig();
    const work = send(change).then(() => intake.install({ packId: 'tiny' }, live));
    await expect(work).rejects.toMatchObject({ code });
    expect((await packs.list()).packs).toEqual([]);
    expect(readdirSync(own).filter((name) => name !== '.taking')).toEqual([]);
  });

  it.each([
    [
      'nothing runs a part',
      { ...good, chosen: null, refused: [{ name: 'all', reason: 'no such operator' }] },
      'no such operator',
    ],
    [
      'a part is beyond its golden data',
      { ...good, chosen: { name: 'x', detail: '', goldenError: 3 } },
      'golden data',
    ],
  ])('takes a pack out again where %s', async (_, port, text) => {
    const { packs, intake, send, released, own } = rig([good, port]);
    await send();
    await expect(intake.install({ packId: 'tiny' }, live)).rejects.toMatchObject({
      code: 'golden_mismatch',
      message: expect.stringContaining(text) as string,
    });
    expect((await packs.list()).packs).toEqual([]);
    await expect(packs.get('tiny')).rejects.toMatchObject({ code: 'not_found' });
    expect(released).toEqual(['tiny']);
    expect(readdirSync(join(own, '.taking'))).toEqual([]);
  });

  it('leaves a folder of its name alone that it did not make', async () => {
    const { intake, send, own } = rig();
    await send();
    mkdirSync(join(own, 'tiny'));
    writeFileSync(join(own, 'tiny', 'manifest.json'), 'mine');
    await expect(intake.install({ packId: 'tiny' }, live)).rejects.toMatchObject({ code: 'conflict' });
    expect(readFileSync(join(own, 'tiny', 'manifest.json'), 'utf8')).toBe('mine');
  });

  it('refuses files that the manifest does not name, and pieces of no import', async () => {
    const { intake, manifest } = rig();
    const data = Uint8Array.of(1);
    await expect(intake.takeBytes({ packId: 'tiny', file: 'x', from: 0, data }, live)).rejects.toMatchObject({
      code: 'not_found',
    });
    await intake.take(manifest, live);
    for (const file of ['manifest.json', '../x', 'other.onnx'])
      await expect(intake.takeBytes({ packId: 'tiny', file, from: 0, data }, live)).rejects.toMatchObject({
        code: 'invalid_input',
      });
    const twice = { ...manifest, golden: { ...manifest.golden, file: manifest.parts.denoiser.file } };
    await expect(intake.take(twice, live)).rejects.toMatchObject({ code: 'bad_manifest' });
  });
});

describe('a removal', () => {
  it('deletes an imported pack and only such a one', async () => {
    const { packs, intake, send, released, own } = rig();
    await send();
    await intake.install({ packId: 'tiny' }, live);
    await intake.remove({ packId: 'tiny' }, live);
    expect((await packs.list()).packs).toEqual([]);
    expect(readdirSync(own)).toEqual(['.taking']);
    expect(released).toEqual(['tiny']);
    await expect(intake.remove({ packId: 'tiny' }, live)).rejects.toMatchObject({ code: 'not_found' });

    const shipped = makePacks([join(folder, 'given')], own);
    const other = makeIntake({
      packs: shipped,
      folder: own,
      inspect: async () => [],
      release: () => undefined,
    });
    await expect(other.remove({ packId: 'tiny' }, live)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await shipped.list()).packs).toHaveLength(1);
  });
});
