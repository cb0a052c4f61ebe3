/** Finds packs, checks them before anything of theirs is run, and tells the engine about them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError, PackManifest, toAppError } from '#contract';
import type { ErrorBody, PackSummary, RefusedPack } from '#contract';

export { makeCheckText } from './check-text.ts';

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

const bodyOf = (error: unknown): ErrorBody => {
  const { code, message } = toAppError(error);
  return { code, message };
};

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

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Every file a plain one of its own (no link in or out), with the size and hash that the manifest says. */
async function verify(folder: string, manifest: PackManifest): Promise<void> {
  const files = [...Object.entries(manifest.parts), ['golden', manifest.golden] as const];
  for (const [part, entry] of files) {
    if (!entry) continue;
    const path = join(folder, entry.file);
    const stat = await lstat(path).catch(() => null);
    if (!stat)
      throw new AppError(
        'part_missing',
        `The part "${part}" (${entry.file}) is missing. Install the pack again.`,
      );
    if (!stat.isFile() || stat.nlink !== 1)
      throw new AppError(
        'external_data',
        `The part "${part}" is a link; expected a plain file inside the pack.`,
      );
    if (stat.size !== entry.bytes || (await sha256(path)) !== entry.sha256)
      throw new AppError(
        'hash_mismatch',
        `The part "${part}" (${entry.file}) is not the file that the manifest describes. Install the pack again.`,
      );
  }
}

function summarise(manifest: PackManifest): PackSummary {
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
  };
}

/** `folders` hold packs, one folder each; the first pack of an id wins. */
export function makePacks(folders: readonly string[]): PacksService {
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
          refused.push({ folder: entry.name, error: bodyOf(error) });
        }
      }
    }
    return { found, refused };
  }

  return {
    async list() {
      const { found, refused } = await scan();
      return { packs: [...found.values()].map(({ manifest }) => summarise(manifest)), refused };
    },
    get(id) {
      let pending = checked.get(id);
      if (!pending) {
        pending = scan().then(async ({ found }) => {
          const entry = found.get(id);
          if (!entry)
            throw new AppError(
              'not_found',
              `There is no pack "${id}". Installed: ${[...found.keys()].join(', ') || 'none'}.`,
            );
          await verify(entry.folder, entry.manifest);
          const pack = { ...entry, summary: summarise(entry.manifest) };
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
