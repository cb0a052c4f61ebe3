/**
 * Takes packs in and removes them. Files come in pieces into a folder of their own; only a pack whose every file has its hash and
 * whose every part agrees with the golden data is installed, so nothing half or foreign is ever run.
 */
import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError, PackManifest, because } from '#contract';
import type { PackIntake, PackSummary, PortReport, StudioServices } from '#contract';
import { isThere, writeAtomic } from '../../files.ts';
import { filesOf, verify } from './files.ts';
import type { PacksCare } from './index.ts';

export interface IntakeOptions {
  readonly packs: Pick<PacksCare, 'list' | 'get' | 'forget'>;
  /** Where imported packs are installed, one folder each. */
  readonly folder: string;
  /** Opens an installed pack in the engine and probes every part. */
  readonly inspect: (packId: string) => Promise<readonly PortReport[]>;
  /** The engine lets go of a pack whose folder goes. */
  readonly release: (packId: string) => void;
}

type Intake = Pick<StudioServices['packs'], 'take' | 'takeBytes' | 'install' | 'remove'>;

/** Of the card; every other size is in the manifest. */
const MOST_CARD = 256 * 1024;

export function makeIntake({ packs, folder, inspect, release }: IntakeOptions): Intake {
  const taking = (packId: string): string => join(folder, '.taking', packId);
  const sizeOf = (path: string): Promise<number> =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  let line: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = line.then(work);
    line = mine.catch(() => undefined);
    return mine;
  };

  async function lacks(manifest: PackManifest): Promise<PackIntake> {
    const at = taking(manifest.id);
    const out: PackIntake['lacks'] = [];
    for (const { file, bytes } of filesOf(manifest)) {
      const from = await sizeOf(join(at, file));
      if (from < bytes) out.push({ file, from, bytes });
    }
    if ((await sizeOf(join(at, manifest.card.file))) === 0)
      out.push({ file: manifest.card.file, from: 0, bytes: null });
    return { packId: manifest.id, lacks: out };
  }

  async function manifestOf(packId: string): Promise<PackManifest> {
    const text = await readFile(join(taking(packId), 'manifest.json'), 'utf8').catch(() => null);
    if (text === null) throw new AppError('not_found', `No pack "${packId}" is being imported.`);
    return v.parse(v.pipe(v.string(), v.parseJson(), PackManifest), text);
  }

  async function refuseInstalled(packId: string): Promise<void> {
    const { packs: here } = await packs.list();
    const other = here.find((pack) => pack.packId === packId);
    if (other)
      throw because(other.removable ? 'pack_installed' : 'pack_shipped', {
        pack: packId,
        version: other.version,
      });
  }

  async function take(manifest: PackManifest): Promise<PackIntake> {
    await refuseInstalled(manifest.id);
    const names = [...filesOf(manifest).map(({ file }) => file), manifest.card.file];
    if (new Set(names).size !== names.length || names.includes('manifest.json'))
      throw new AppError('bad_manifest', 'manifest.json names one file for two parts.');
    const at = taking(manifest.id);
    const text = JSON.stringify(manifest);
    // Pieces of another version would not fit.
    if ((await readFile(join(at, 'manifest.json'), 'utf8').catch(() => null)) !== text) {
      await rm(at, { recursive: true, force: true });
      await mkdir(at, { recursive: true });
      await writeAtomic(join(at, 'manifest.json'), text);
    }
    return lacks(manifest);
  }

  async function takeBytes(
    packId: string,
    file: string,
    from: number,
    data: Uint8Array,
  ): Promise<PackIntake> {
    const manifest = await manifestOf(packId);
    const before = await lacks(manifest);
    const wanted = before.lacks.find((one) => one.file === file);
    if (!wanted) throw new AppError('invalid_input', 'The pack has no such file, or it is there already.');
    if (from !== wanted.from)
      throw new AppError(
        'invalid_input',
        `Expected the bytes from ${wanted.from} on, got those from ${from}.`,
      );
    if (from + data.length > (wanted.bytes ?? MOST_CARD))
      throw new AppError('too_large', `The file ${file} is larger than the manifest says.`);
    await appendFile(join(taking(packId), file), data);
    return lacks(manifest);
  }

  async function install(packId: string): Promise<PackSummary> {
    const manifest = await manifestOf(packId);
    const missing = (await lacks(manifest)).lacks.map(({ file }) => file);
    if (missing.length > 0) throw because('pack_incomplete', { pack: packId, files: missing.join(', ') });
    await refuseInstalled(packId);
    const at = join(folder, packId);
    if (await isThere(at)) throw because('pack_folder_taken', { pack: packId });
    try {
      await verify(taking(packId), manifest);
      await rename(taking(packId), at);
      const ports = await inspect(packId);
      const bad = ports.find(({ chosen }) => chosen === null || (chosen.goldenError ?? 0) > 1);
      if (bad)
        throw because('pack_fails_golden', {
          part: bad.port,
          pack: packId,
          refused: bad.refused.map(({ reason }) => reason).join('; '),
        });
      return (await packs.get(packId)).summary;
    } catch (error) {
      // What does not pass is not kept: neither what was installed nor the pieces it was made of.
      release(packId);
      packs.forget(packId);
      await rm(at, { recursive: true, force: true });
      await rm(taking(packId), { recursive: true, force: true });
      throw error;
    }
  }

  async function remove(packId: string): Promise<Record<string, never>> {
    const found = (await packs.list()).packs.find((pack) => pack.packId === packId);
    if (!found) throw because('pack_gone', { pack: packId });
    if (!found.removable) throw because('pack_stays', { pack: packId });
    release(packId);
    packs.forget(packId);
    await rm(join(folder, packId), { recursive: true, force: true });
    return {};
  }

  return {
    take: (manifest) => inTurn(() => take(manifest)),
    takeBytes: ({ packId, file, from, data }) => inTurn(() => takeBytes(packId, file, from, data)),
    install: ({ packId }) => inTurn(() => install(packId)),
    remove: ({ packId }) => inTurn(() => remove(packId)),
  };
}
