/** Finds packs, checks them before anything of theirs is run, and tells the engine about them. */
import { lstat, readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { because, errorBody, parseManifest } from '#contract';
import type { FileCheck, PackManifest, PackSummary, RefusedPack } from '#contract';
import { checkFiles, verify } from './files.ts';

export { makeCheckText } from './check-text.ts';
export { makeIntake } from './intake.ts';

export interface InstalledPack {
  readonly folder: string;
  readonly manifest: PackManifest;
  readonly summary: PackSummary;
}

export interface PacksService {
  list(): Promise<{ packs: PackSummary[]; refused: RefusedPack[] }>;
  /** The pack with its files checked once per process. Throws `not_found` naming what is there. */
  get(id: string): Promise<InstalledPack>;
  /** Checked packs so far, for an engine that starts again. */
  checked(): InstalledPack[];
}

/** What else is done with packs, besides running them. */
export interface PacksCare extends PacksService {
  /** Every file of a pack read again, with what is wrong with it. Throws `not_found`. */
  verify(id: string): Promise<FileCheck[]>;
  /** The pack's card. Throws `not_found`. */
  card(id: string): Promise<string>;
  /** Forgets that a pack was checked: its folder is new or gone. */
  forget(id: string): void;
}

async function readManifest(folder: string): Promise<PackManifest> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch((cause: unknown) => {
    throw because('manifest_unreadable', {}, { cause });
  });
  return parseManifest(text);
}

function summarise(manifest: PackManifest, removable: boolean): PackSummary {
  const parts = Object.entries(manifest.parts).filter(([, p]) => p !== undefined);
  return {
    packId: manifest.id,
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    ...(manifest.domain === undefined ? {} : { domain: manifest.domain }),
    role: manifest.role ?? 'generation',
    licence: manifest.licence,
    attribution: manifest.attribution,
    imageSize: manifest.image.size,
    maxTokens: manifest.text.maxTokens,
    maxReferences: manifest.denoiser.maxReferences,
    levels: manifest.schedule.levels,
    bytes: parts.reduce((sum, [, p]) => sum + p.bytes, manifest.golden.bytes),
    parts: parts.map(([name]) => name),
    imagesSeen: manifest.imagesSeen,
    sampling: manifest.sampling,
    removable,
  };
}

/** A folder with a manifest is a pack; one without holds packs, or something else (the sample images lie beside the packs). */
const isPack = (folder: string): Promise<boolean> =>
  lstat(join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  );

async function packsIn(folder: string): Promise<string[]> {
  if (await isPack(folder)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inside = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const packs = await Promise.all(
    inside.sort((a, b) => a.localeCompare(b)).map(async (path) => ({ path, is: await isPack(path) })),
  );
  return packs.filter(({ is }) => is).map(({ path }) => path);
}

/**
 * `folders` are packs or hold packs, one folder each; the first pack of an id wins. Those below `own` were imported and can be
 * removed.
 */
export function makePacks(folders: readonly string[], own?: string): PacksCare {
  const isOwn = (folder: string): boolean => own !== undefined && dirname(folder) === own;
  const checked = new Map<string, Promise<InstalledPack>>();
  const done: InstalledPack[] = [];

  async function scan(): Promise<{
    found: Map<string, { folder: string; manifest: PackManifest }>;
    refused: RefusedPack[];
  }> {
    const found = new Map<string, { folder: string; manifest: PackManifest }>();
    const refused: RefusedPack[] = [];
    for (const folder of (await Promise.all(folders.map(packsIn))).flat())
      try {
        const manifest = await readManifest(folder);
        if (!found.has(manifest.id)) found.set(manifest.id, { folder, manifest });
      } catch (error) {
        refused.push({ folder: basename(folder), error: errorBody(error) });
      }
    return { found, refused };
  }

  function entryOf(found: Awaited<ReturnType<typeof scan>>['found'], id: string) {
    const entry = found.get(id);
    if (entry) return entry;
    throw because('pack_unknown', { pack: id, installed: [...found.keys()].join(', ') || 'none' });
  }

  return {
    async verify(id) {
      const { folder, manifest } = entryOf((await scan()).found, id);
      return checkFiles(folder, manifest);
    },
    async card(id) {
      const { folder, manifest } = entryOf((await scan()).found, id);
      return readFile(join(folder, manifest.card.file), 'utf8').catch(() => '');
    },
    forget(id) {
      checked.delete(id);
      const at = done.findIndex((pack) => pack.manifest.id === id);
      if (at >= 0) done.splice(at, 1);
    },
    async list() {
      const { found, refused } = await scan();
      const packs = [...found.values()].map(({ folder, manifest }) => summarise(manifest, isOwn(folder)));
      return { packs, refused };
    },
    get(id) {
      let pending = checked.get(id);
      if (!pending) {
        pending = scan().then(async ({ found }) => {
          const entry = entryOf(found, id);
          await verify(entry.folder, entry.manifest);
          const pack = { ...entry, summary: summarise(entry.manifest, isOwn(entry.folder)) };
          done.push(pack);
          return pack;
        });
        checked.set(id, pending);
        pending.catch(() => checked.delete(id));
      }
      return pending;
    },
    checked: () => [...done],
  };
}
