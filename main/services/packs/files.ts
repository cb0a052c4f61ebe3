/** The files of a pack beside what its manifest says of them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, because } from '#contract';
import type { FileCheck, PackManifest } from '#contract';

export interface PackFile {
  readonly part: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Every file whose size and hash the manifest says: the parts and the golden data. */
export const filesOf = (manifest: PackManifest): PackFile[] =>
  [...Object.entries(manifest.parts), ['golden', manifest.golden] as const].flatMap(([part, entry]) =>
    entry ? [{ part, file: entry.file, bytes: entry.bytes, sha256: entry.sha256 }] : [],
  );

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Throws where the file is not a plain one of its own (no link in or out) with the size and hash that the manifest says. */
async function verifyFile(folder: string, { part, file, bytes, sha256: wanted }: PackFile): Promise<void> {
  const path = join(folder, file);
  const stat = await lstat(path).catch(() => null);
  if (!stat) throw because('pack_file_missing', { part, file });
  if (!stat.isFile() || stat.nlink !== 1) throw because('pack_file_linked', { part });
  if (stat.size !== bytes || (await sha256(path)) !== wanted)
    throw because('pack_file_changed', { part, file });
}

/** Throws for the first file that is not what the manifest says. */
export async function verify(folder: string, manifest: PackManifest): Promise<void> {
  for (const file of filesOf(manifest)) await verifyFile(folder, file);
}

/** Every file with what is wrong with it. */
export async function checkFiles(folder: string, manifest: PackManifest): Promise<FileCheck[]> {
  const out: FileCheck[] = [];
  for (const entry of filesOf(manifest)) {
    const { part, file, bytes } = entry;
    const error = await verifyFile(folder, entry).then(
      () => null,
      (thrown: unknown) => {
        if (thrown instanceof AppError) return { code: thrown.code, message: thrown.message };
        throw thrown;
      },
    );
    out.push({ part, file, bytes, error });
  }
  return out;
}
