/** A pack's manifest, read and checked before anything else of the pack. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError, PackManifest } from '#contract';

/** Reads and checks a manifest; BAD_MANIFEST names the field. */
export async function readManifest(folder: string): Promise<PackManifest> {
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
