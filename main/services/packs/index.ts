/** Finds packs, checks them before anything of theirs is run, and tells the engine about them. */
import { lstat, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { AppError, PackManifest, errorBody } from '#contract';
import type { FileCheck, PackSummary, RefusedPack } from '#contract';
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

/** Reads and checks a manifest; BAD_MANIFEST names the field. */
async function readManifest(folder: string): Promise<PackManifest> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  } catch (cause) {
    throw new AppError('bad_manifest', 'manifest.json is missing or not JSON. Install the pack again.', {
      cause,
    });
  }
  const result = v.safeParse(PackManifest, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new AppError(
    'bad_manifest',
    `manifest.json: ${v.getDotPath(issue) ?? 'whole file'}: ${issue.message}`,
  );
}

function summarise(manifest: PackManifest, removable: boolean): PackSummary {
  const parts = Object.entries(manifest.parts).filter(([, p]) => p !== undefined);
  return {
    packId: manifest.id,
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    role: manifest.role ?? 'generation',
    licence: manifest.licence,
    attribution: manifest.attribution,
    imageSize: manifest.image.size,
    maxTokens: manifest.text.maxTokens,
    maxReferences: manifest.denoiser.maxReferences,
    bytes: parts.reduce((sum, [, p]) => sum + p.bytes, manifest.golden.bytes),
    parts: parts.map(([name]) => name),
    imagesSeen: manifest.imagesSeen,
    sampling: manifest.sampling,
    removable,
  };
}

/**
 * `folders` hold packs, one folder each; the first pack of an id wins. Those below `own` were imported and can be removed.
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
    for (const parent of folders) {
      const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
        if (!entry.isDirectory()) continue;
        const folder = join(parent, entry.name);
        // A folder without manifest is not a pack (the sample images lie beside the packs).
        if (!(await lstat(join(folder, 'manifest.json')).catch(() => null))) continue;
        try {
          const manifest = await readManifest(folder);
          if (!found.has(manifest.id)) found.set(manifest.id, { folder, manifest });
        } catch (error) {
          refused.push({ folder: entry.name, error: errorBody(error) });
        }
      }
    }
    return { found, refused };
  }

  function entryOf(found: Awaited<ReturnType<typeof scan>>['found'], id: string) {
    const entry = found.get(id);
    if (entry) return entry;
    throw new AppError(
      'not_found',
      `There is no pack "${id}". Installed: ${[...found.keys()].join(', ') || 'none'}.`,
    );
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
